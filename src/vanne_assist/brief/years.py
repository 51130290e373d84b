"""Read the years that a brief asks: spelt or in figures, at least, at most, between, in months."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from vanne_assist.brief.lexicon import FoldedLine, alternatives
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
_MORE = ("fifteen quinze funfzehn quindici", 15), ("twenty vingt zwanzig venti", 20)
_NUMBERS = {word: n for n, words in enumerate(_SPELT, 1) for word in words} | {
    word: n for words, n in _MORE for word in words.split()
}
_MOST_YEARS = 60


@dataclass(frozen=True, slots=True)
class YearsSpan:
    """The years that are asked, and the words that say it."""

    least: float | None
    most: float | None
    first: int
    last: int
    is_tenure: bool
    is_months: bool = False
    is_experience: bool = False


def years_in(words: Sequence[Word]) -> Iterator[YearsSpan]:
    """Yield the years that are asked, in their order.

    >>> from vanne_assist.brief.text import split
    >>> [(a.least, a.most) for a in years_in(split("mindestens 5 Jahre, 3-5 ans, 7+ years"))]
    [(5.0, None), (3.0, 5.0), (7.0, None)]
    """
    line = FoldedLine.of(words)
    for match in _years().finditer(line.line):
        scale = 12 if match["months"] else 1
        one, other = (
            None if number is None
            else _NUMBERS.get(number) or float(number.replace(",", "."))
            for number in (match["one"], match["other"])
        )  # fmt: skip
        least = (one or 0) / scale
        most = None if other is None else other / scale
        if most is not None:
            bounds: tuple[float | None, float | None] = (min(least, most), max(least, most))
        elif match["most"] and not match["plus"]:
            bounds = None, least
        else:
            bounds = least, None
        if max(least, most or 0) <= _MOST_YEARS:
            first, last = line.words(match.start(), len(match[0].rstrip()) + match.start())
            yield YearsSpan(
                *bounds,
                first,
                last,
                is_tenure=bool(match["tenure"]),
                is_months=bool(match["months"]),
                is_experience=bool(match["experience"] or match["least"]),
            )


@cache
def _years() -> re.Pattern[str]:
    """Return the pattern of one number or of two, and of what bounds it: «at least 3», «3 to 5»."""
    a = alternatives
    spelt = "|".join(sorted(_NUMBERS, key=len, reverse=True))
    number = rf"(?:\d+(?:[.,]\d+)?|{spelt})"
    return re.compile(
        rf"(?<!\S)(?:(?P<least>{a('least')})\s|(?P<most>{a('most')})\s|{a('between')}\s|{a('around')}\s)?"
        rf"(?P<one>{number})(?:\s?(?P<plus>\+)|\s?(?:{a('to')})\s(?P<other>{number}))?"
        rf"\s(?:{a('more')}\s)?(?:{a('year')}|(?P<months>{a('month')}))(?!\S)(?!\s(?:/|par|pro|per)\s)"
        rf"(?:\s{a('more')}(?!\S))?"
        rf"(?:\s(?:di|de|of|d)\s)?(?:\s?(?P<experience>{a('experience')})(?!\S))?(?:\s(?P<tenure>{a('tenure')})(?!\S))?"
    )
