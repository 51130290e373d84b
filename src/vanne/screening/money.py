"""Pay in a text: which of its amounts are somebody's pay, and not a price, a budget or a turnover.

An amount is a number, with or without a currency, a scale («80k») or a period, or one that words
spell. `vanne.screening.weighing` decides what it is of; «six figures» are pay beside a word for it.
"""

import re
from collections.abc import Iterator
from functools import cache

from vanne.screening.amounts import stems_in
from vanne.screening.weighing import weighed_in
from vanne.screening.words import word_pattern, words

_REACH = 90
"""How far from «six figures», in characters, a word still says what they are of."""
_TOUCHING = 4
_BROKEN = re.compile(r"(?<=\d)\n(?=\d{3}(?:[ \u00a0\u202f]?[€$£]| (?:CHF|EUR|[Ff]r|euro)))")
"""A line break inside an amount."""


def pay_in(text: str) -> Iterator[tuple[int, int]]:
    """Yield where amounts of pay begin and end in a text.

    >>> text = "I make 4,200 euros a month and manage a budget of 90,000 euros."
    >>> [text[start:end] for start, end in pay_in(text)]
    ['4,200 euros a month']
    """
    small = in_small(_BROKEN.sub(" ", text))
    yield from weighed_in(small)
    if stems_in(small):
        yield from _figures_in(small)


def _figures_in(small: str) -> Iterator[tuple[int, int]]:
    """Yield where figures are counted, with the word for pay right beside: «six-figure salary»."""
    for found in _figures().finditer(small):
        near = (max(0, found.start() - _REACH), found.end() + _REACH)
        cues = [each.span() for each in word_pattern("salary", "cues").finditer(small, *near)]
        if cues:
            start, end = found.span()
            ends = [last for first, last in cues if 0 <= first - end <= _TOUCHING]
            starts = [first for first, last in cues if 0 <= start - last <= _TOUCHING]
            yield min([start, *starts]), max([end, *ends])


def in_small(text: str) -> str:
    """Return a text in small letters, each in its place, with one kind of apostrophe."""
    small = text.lower()
    if len(small) != len(text):
        small = "".join(letter if len(one := letter.lower()) > 1 else one for letter in text)
    return small.replace("’", "'")


@cache
def _figures() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{words('salary', 'figures')})(?!\w)")
