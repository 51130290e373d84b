"""Reads when something was done: «2012–2019», «since 2012», «seit März 2012», «dal 2012 al 2019».

Time is counted in years; a date without a month counts from the year's beginning, and what was done
within one year of which no month is known counts as half of it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from vanne.screening.spans import Taken
from vanne_assist.brief.text import fold

_MONTHS = (
    ("jan", "gen"),
    ("fev", "feb"),
    ("mar", "mae", "mrz"),
    ("avr", "apr"),
    ("mai", "may", "mag"),
    ("juin", "jun", "giu"),
    ("juil", "jul", "lug"),
    ("aou", "aug", "ago"),
    ("sep", "set"),
    ("oct", "okt", "ott"),
    ("nov",),
    ("dec", "dez", "dic"),
)
_MONTH = r"(?:([^\W\d_]{3,10})\.?\s+|(\d{1,2})[./])?"
_YEAR = r"((?:19|20)\d\d)(?!\d)"
_NOW = (
    r"present|now|today|current|ongoing|heute|jetzt|dato|aujourd['’]hui|ce jour|pr[ée]sent"
    r"|actuel\w*|maintenant|oggi|presente|ora|attuale"
)
_RANGE = re.compile(
    rf"(?:\b{_MONTH})?(?<!\d){_YEAR}\s*(?:[-–—]|\b(?:to|until|till|bis|à|au|al|a|jusqu['’][àe]n?)\b)"
    rf"\s*(?:{_MONTH}{_YEAR}|\b({_NOW})\b)",
    re.IGNORECASE,
)
_SINCE = re.compile(
    rf"\b(?:since|depuis|seit|dall?['’]?|from|dès)\s*{_MONTH}{_YEAR}", re.IGNORECASE
)
_ONCE = re.compile(rf"\b(?:in|en|im Jahr|im|nel)\s+{_MONTH}{_YEAR}", re.IGNORECASE)
_ALONE = re.compile(rf"^[ \t]*{_MONTH}{_YEAR}[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Period:
    """From when to when, in years; `until` None is until now. `span` is where the text says it."""

    since: float
    until: float | None
    span: tuple[int, int]

    @property
    def years(self) -> tuple[int, int | None]:
        """The years in which it began and ended."""
        return int(self.since), None if self.until is None else int(self.until)


def periods_in(text: str) -> tuple[Period, ...]:
    """Return the periods that a text tells, in its order."""
    found = [*map(_range, _RANGE.finditer(text))]
    taken = Taken()
    for period in found:
        taken.take(*period.span)
    for others in (
        map(_since, _SINCE.finditer(text)),
        _lines(text),
        map(_once, _ONCE.finditer(text)),
    ):
        found += [period for period in others if taken.take(*period.span)]
    return tuple(sorted((p for p in found if _makes_sense(p)), key=lambda each: each.span))


def _range(found: re.Match[str]) -> Period:
    since = _moment(found[1], found[2], found[3])
    until = None if found[7] else _moment(found[4], found[5], found[6])
    return Period(since, _half(since, until), _span(found))


def _since(found: re.Match[str]) -> Period:
    return Period(_moment(found[1], found[2], found[3]), None, _span(found))


def _once(found: re.Match[str]) -> Period:
    year = _moment(found[1], found[2], found[3])
    return Period(year, _half(year, year), _span(found))


def _lines(text: str) -> list[Period]:
    """Read lines that hold a date and nothing else: when it began, and when it ended if it did."""
    dates = list(_ALONE.finditer(text))
    if not dates or len(dates) > 2:
        return []
    first, last = dates[0], dates[-1]
    since = _moment(first[1], first[2], first[3])
    until = _half(since, _moment(last[1], last[2], last[3])) if len(dates) == 2 else None
    return [Period(since, until, (first.start(), last.end()))]


def _span(found: re.Match[str]) -> tuple[int, int]:
    """Return where a period stands, without a word before it that is no month."""
    start = (
        found.start(3)
        if found[1] and found.start(1) == found.start() and not _month(found[1])
        else found.start()
    )
    return start, found.end()


def _makes_sense(period: Period) -> bool:
    return period.until is None or period.until >= period.since


def _half(since: float, until: float | None) -> float | None:
    return since + 0.5 if until == since and since.is_integer() else until


def _moment(month: str | None, number: str | None, year: str) -> float:
    if number:
        return int(year) + (min(max(int(number), 1), 12) - 1) / 12
    place = _month(month) if month else None
    return float(year) if place is None else int(year) + place / 12


def _month(word: str) -> int | None:
    folded = fold(word)
    return next((n for n, each in enumerate(_MONTHS) if folded.startswith(each)), None)


def years_together(periods: Iterable[Period], now: float) -> float:
    """Return how many years periods cover; those that overlap are counted once.

    >>> years_together([Period(2010, 2014, (0, 0)), Period(2012, None, (0, 0))], 2020)
    10.0
    """
    total, covered = 0.0, float("-inf")
    for each in sorted(periods, key=lambda one: one.since):
        until = now if each.until is None else min(each.until, now)
        total += max(0.0, until - max(each.since, covered))
        covered = max(covered, until)
    return total
