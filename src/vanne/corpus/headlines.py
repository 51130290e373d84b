"""What goes with a photo: its owner's headline, if both may be used.

The photo is one item and the profile that holds the headline another; the pair is there only if
both are allowed, and either one's no takes it away.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vanne.config import Home
from vanne.corpus.manifest import Manifest
from vanne.corpus.view import read_batches
from vanne.terms import Category

_LONGEST = 220
_COLUMNS = ("owner", "category", "text", "lang", "source")


@dataclass(frozen=True, slots=True)
class Headline:
    """What somebody says of themselves in a line, and in which language."""

    text: str
    lang: str | None


def headlines(home: Home, manifest: Manifest) -> dict[str, Headline]:
    """Return the headline of each member who has one that may be used."""
    found = {}
    for row in _rows(home, manifest):
        if row["category"] == Category.PROFILE and (text := row.get("text")):
            line = headline_of(text, row.get("source"))
            if line:
                found[str(row["owner"])] = Headline(line, row.get("lang"))
    return found


def headline_of(profile: str, source: str | None) -> str:
    """Return the headline of a profile: the line after the name.

    The name is one line, in LinkedIn's archives two: first and last name.

    >>> headline_of("Anna Muster\\nNurse in Bern\\n\\nI work ...", "demo")
    'Nurse in Bern'
    """
    lines = [line.strip() for line in profile.splitlines() if line.strip()]
    names = 2 if (source or "").startswith("linkedin/") else 1
    return lines[names][:_LONGEST] if len(lines) > names else ""


def _rows(home: Home, manifest: Manifest) -> Iterator[dict[str, Any]]:
    for batch in read_batches(home, manifest, _COLUMNS):
        yield from batch.to_pylist()
