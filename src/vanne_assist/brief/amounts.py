"""Reads amounts: years of experience, and how many people a company has.

>>> from vanne_assist.brief.text import split
>>> [(a.least, a.most) for a in years_in(split("mindestens 5 Jahre, 3-5 ans, 7+ years"))]
[(5.0, None), (3.0, 5.0), (7.0, None)]
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from vanne_assist.brief.phrases import FoldedLine, alternatives
from vanne_assist.brief.text import Word

_SPELT = (
    ("one", "un", "une", "ein", "eine", "einem", "uno", "una"),
    ("two", "deux", "zwei", "due"),
    ("three", "trois", "drei", "tre"),
    ("four", "quatre", "vier", "quattro"),
    ("five", "cinq", "funf", "fuenf", "cinque"),
    ("six", "sechs", "sei"),
    ("seven", "sept", "sieben", "sette"),
    ("eight", "huit", "acht", "otto"),
    ("nine", "neuf", "neun", "nove"),
    ("ten", "dix", "zehn", "dieci"),
)
_MORE = {"fifteen": 15, "quinze": 15, "funfzehn": 15, "quindici": 15, "twenty": 20, "vingt": 20}
_NUMBERS = {word: n for n, words in enumerate(_SPELT, 1) for word in words} | _MORE | {"venti": 20}
_MOST_YEARS = 60


@dataclass(frozen=True, slots=True)
class AmountSpan:
    """What is asked of an amount, and the words that say it."""

    least: float | None
    most: float | None
    first: int
    last: int
    is_tenure: bool = False


@cache
def _number() -> str:
    spelt = "|".join(sorted(_NUMBERS, key=len, reverse=True))
    return rf"(?:\d+(?:[.,]\d+)?k?|{spelt})"


def _amount() -> str:
    """Return the pattern of a number or of two, and of what bounds it: «at least 3», «3 to 5»."""
    a, number = alternatives, _number()
    return (
        rf"(?<!\S)(?:(?P<least>{a('least')})\s|(?P<most>{a('most')})\s|{a('between')}\s|{a('around')}\s)?"
        rf"(?P<one>{number})(?:\s?(?P<plus>\+)|\s?(?:{a('to')})\s(?P<other>{number}))?"
    )


@cache
def _years() -> re.Pattern[str]:
    a = alternatives
    return re.compile(
        _amount() + rf"\s(?:(?P<more>{a('more')})\s)?(?:{a('year')}|(?P<months>{a('month')}))(?!\S)"
        rf"(?:\s(?P<after>{a('more')})(?!\S))?"
        rf"(?:\s(?:di|de|of|d)\s)?(?:\s?{a('experience')}(?!\S))?(?:\s(?P<tenure>{a('tenure')})(?!\S))?"
    )


@cache
def _people() -> re.Pattern[str]:
    return re.compile(_amount() + rf"\s{alternatives('size')}(?!\S)")


def years_in(words: Sequence[Word]) -> Iterator[AmountSpan]:
    """Yield the years that are asked, in their order."""
    yield from _amounts(words, _years(), _MOST_YEARS)


def people_in(words: Sequence[Word]) -> Iterator[AmountSpan]:
    """Yield the sizes of companies that are asked."""
    yield from _amounts(words, _people(), None)


def _amounts(
    words: Sequence[Word], pattern: re.Pattern[str], top: int | None
) -> Iterator[AmountSpan]:
    line = FoldedLine.of(words)
    for match in pattern.finditer(line.line):
        groups = match.groupdict()
        scale = 1 / 12 if groups.get("months") else 1.0
        least, most = _bounds(groups, _value(groups["one"]) * scale, scale)
        if top is not None and max(least or 0, most or 0) > top:
            continue
        first, last = line.words(match.start(), len(match[0].rstrip()) + match.start())
        yield AmountSpan(least, most, first, last, is_tenure=bool(groups.get("tenure")))


def _bounds(
    groups: dict[str, str | None], one: float, scale: float
) -> tuple[float | None, float | None]:
    if other := groups["other"]:
        two = _value(other) * scale
        return min(one, two), max(one, two)
    if groups["most"] and not groups["plus"]:
        return None, one
    return one, None


def _value(said: str | None) -> float:
    if not said:
        return 0.0
    if said in _NUMBERS:
        return float(_NUMBERS[said])
    thousand = 1000 if said.endswith("k") else 1
    digits = said.rstrip("k")
    if re.fullmatch(r"\d{1,3}[.,]\d{3}", digits):
        digits = re.sub(r"[.,]", "", digits)
    return float(digits.replace(",", ".")) * thousand
