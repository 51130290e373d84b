"""Compare names of places, and leave out the words that say of what kind a place is.

>>> key("St-Étienne"), key("Biel/Bienne")
('st etienne', 'biel bienne')
>>> bare(key("Zürich Metropolitan Area")), bare(key("Canton de Vaud"))
(('zurich', 'area'), ('vaud', 'division'))
"""

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from vanne.folding import fold

_WORD = re.compile(r"[^\W_]+")


def key(name: str) -> str:
    """Return a name as it is compared: folded words with one space between them."""
    return " ".join(_WORD.findall(fold(name)))


def bare(name: str) -> tuple[str, str | None]:
    """Return a key without the words of its kind, and the kind: `area`, `division` or `town`."""
    kind = None
    for pattern in _patterns():
        if match := pattern.fullmatch(name):
            kinds = (word for word in ("area", "division", "town") if match[word])
            name, kind = match["name"], kind or next(kinds)
    return name, kind


@cache
def data() -> dict[str, Any]:
    """Return what is written by hand about places: `areas.toml`."""
    return tomllib.loads((files("vanne.places") / "areas.toml").read_text("utf-8"))


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    """Return what matches a name with words before it, and one with words after it."""
    before, after = data()["before"], data()["after"]
    return (
        re.compile(rf"(?:{_groups(before)}) (?P<name>.+)"),
        re.compile(rf"(?P<name>.+?) (?:{_groups(after)})"),
    )


def _groups(phrases: dict[str, list[str]]) -> str:
    """Return a pattern with one group for each kind, the longest phrases first."""
    return "|".join(
        f"(?P<{kind}>{'|'.join(sorted(each, key=len, reverse=True))})"
        for kind, each in phrases.items()
    )
