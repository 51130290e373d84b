"""Who holds a title that is asked, or one near it: whoever holds others does not pass.

Three things tell. All the words of what is asked are in the title; or it names the same occupation,
in any of four languages («Koch», «cuisinier»); or it is near in meaning («Juriste», «avocat»).
"""

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from vanne.assist.brief.criteria import Criterion
from vanne.assist.brief.judge import is_occupation, occupations_of
from vanne.assist.brief.lexicon import LANGS, data
from vanne.assist.search.table import MET, NOT_MET, PARTLY, UNKNOWN, Codes
from vanne.assist.titles import neutral

if TYPE_CHECKING:
    from vanne.assist.search.index import Index

NEAR = 0.3
"""The cosine of two titles from which somebody with one is shown for the other. Of other
occupations it is below 0.25, of the same in another language 0.5 (`docs/log.md`)."""
_SHORTEST_END = 5
"""A name of so many letters may end a word: «Softwareentwickler»."""


def title_codes(index: "Index", asked: Criterion, lang: str) -> Codes:
    """Return how everybody stands to a title that is asked; who tells no title is unknown."""
    by_words = index.facts.states(asked)
    starts, held = index.held
    out = np.full(len(index), UNKNOWN, np.int8)
    has = np.diff(starts) > 0
    if len(held):
        near = index.titles.meaning(neutral(asked.said, lang) or asked.said) >= NEAR
        codes = np.where(near, PARTLY, NOT_MET).astype(np.int8)
        if names := names_of(asked.value):
            same = MET if is_occupation(asked.value) else PARTLY
            codes[index.named(pattern_of(names))] = same
        out[has] = np.maximum.reduceat(codes[held], starts[:-1][has])
    return np.where(by_words == MET, MET, out).astype(np.int8)


@lru_cache(maxsize=1024)
def names_of(title: str) -> tuple[str, ...]:
    """Return what the occupations of a title are called, in their form for everybody."""
    entries = data("occupations")
    return tuple(
        dict.fromkeys(
            (neutral(name, lang) or name).casefold()
            for occupation in sorted(occupations_of(title))
            for lang, names in zip(LANGS, entries[occupation], strict=True)
            for name in names.split("|")
        )
    )


def pattern_of(names: tuple[str, ...]) -> str:
    """Return a regular expression for titles with one of some names (RE2)."""
    either = (("" if len(name) >= _SHORTEST_END else r"\b") + re.escape(name) for name in names)
    return rf"(?i)(?:{'|'.join(either)})\b"
