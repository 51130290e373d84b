"""What things are called in the languages that are screened: `words/*.toml`, one file a language.

Members mix languages and items do not always say theirs, so the words of all of them count always.
"""

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

_LANGUAGES = ("fr", "en", "de", "it")
_ANYTHING = r"\w*"


@cache
def listed(table: str, key: str) -> tuple[str, ...]:
    """Return everything that a key of a table lists, in every language, the longest first."""
    found = [each for data in _all() for each in data.get(table, {}).get(key, ())]
    return tuple(sorted(dict.fromkeys(found), key=len, reverse=True))


def words(table: str, key: str) -> str:
    """Return an alternation of it."""
    return "|".join(listed(table, key))


@cache
def word_pattern(table: str, key: str) -> re.Pattern[str]:
    """Return a pattern that finds one of them as a word, however it is capitalised.

    What is listed with `\\w*` in front also ends compounds, and is found without them: a pattern
    that begins with anything is slow.
    """
    whole = "|".join(each for each in listed(table, key) if not each.startswith(_ANYTHING))
    ends = "|".join(
        each.removeprefix(_ANYTHING) for each in listed(table, key) if each.startswith(_ANYTHING)
    )
    pattern = rf"(?<![\w\[])(?:{whole})(?![\w\]])" + (rf"|(?:{ends})(?!\w)" if ends else "")
    return re.compile(pattern, re.IGNORECASE)


@cache
def _all() -> tuple[dict[str, Any], ...]:
    folder = files("vanne.screening").joinpath("words")
    return tuple(
        tomllib.loads(folder.joinpath(f"{lang}.toml").read_text(encoding="utf-8"))
        for lang in _LANGUAGES
    )
