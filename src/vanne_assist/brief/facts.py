"""What a member's items say of them: titles, skills, languages, places, years, education.

Each fact quotes the words that say it. What no item says stays unknown: nothing is concluded from a
name, a photo or a silence. Experience is what the positions cover together, each year once; if no
position has a date, it is what the text says itself («after 12 years in the trade»).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from vanne.folding import fold
from vanne_assist.brief.criteria import Fact, Kind, Passage
from vanne_assist.brief.items import facts_in

EXPERIENCE, TENURE = "experience", "tenure"
_SAID = re.compile(
    r"\b(\d{1,2})\+?\s*(?:years?|ans|jahren?|anni)\b(?!\s*(?:old|alt|d['’]âge))", re.IGNORECASE
)
_WORK = re.compile(
    r"experience|erfahrung|esperienza|beruf|metier|mestiere|trade|job|work|arbeit|lavor|als|come|comme"
    r"|depuis|seit"
)
_MOST_YEARS = 60


@dataclass(frozen=True, slots=True)
class Period:
    """When somebody had a position, in years; `until` None is until now, or not known."""

    since: float
    until: float | None
    item_id: str
    span: tuple[int, int]


def facts_of(passages: Sequence[Passage], as_of: datetime) -> tuple[Fact, ...]:
    """Return what a member's items say of them at a time, in the order of the items."""
    facts = [fact for passage in passages for fact in facts_in(passage)]
    return (*dict.fromkeys(facts), *_years(passages, _moment(f"{as_of:%Y-%m}")))


def _years(passages: Sequence[Passage], now: float) -> Iterator[Fact]:
    periods = [_period(each) for each in passages if each.category == "position"]
    begun = [each for each in periods if each and each.since <= now]
    if not begun:
        yield from _years_said(passages)
        return
    first = min(begun, key=lambda each: (each.since, each.item_id))
    total = round(years_together(begun, now), 1)
    yield Fact(
        Kind.YEARS, EXPERIENCE, first.item_id, first.span, number=total, since=int(first.since)
    )
    if held := [each for each in begun if each.until is None]:
        last = max(held, key=lambda each: (each.since, each.item_id))
        stay = round(now - last.since, 1)
        yield Fact(Kind.YEARS, TENURE, last.item_id, last.span, number=stay, since=int(last.since))


def _period(position: Passage) -> Period | None:
    start, end, spans = position.fields.get("start"), position.fields.get("end"), position.spans()
    if start is None or (end is not None and _moment(end) < _moment(start)):
        return None
    since, until = _moment(start), None if end is None else _moment(end)
    if start == end and len(start) == 4:  # within one year of which no month is known
        until = since + 0.5
    span = (spans["start"][0], spans.get("end", spans["start"])[1])
    return Period(since, until, position.item_id, span)


def _moment(day: str) -> float:
    """Return a date in years; without a month it is the year's beginning.

    >>> _moment("2019"), _moment("2019-07"), _moment("2019-07-31")
    (2019.0, 2019.5, 2019.5)
    """
    year, month = day[:4], day[5:7]
    return int(year) + (int(month) - 1) / 12 if month else float(year)


def years_together(periods: Iterable[Period], now: float) -> float:
    """Return how many years periods cover; those that overlap are counted once.

    >>> years_together([Period(2010, 2014, "a", (0, 0)), Period(2012, None, "b", (0, 0))], 2020)
    10.0
    """
    total, covered = 0.0, float("-inf")
    for each in sorted(periods, key=lambda one: one.since):
        until = now if each.until is None else min(each.until, now)
        total += max(0.0, until - max(each.since, covered))
        covered = max(covered, until)
    return total


def _years_said(passages: Sequence[Passage]) -> Iterator[Fact]:
    """Yield the most years that a profile or a CV says in words."""
    said = [
        (int(found[1]), passage.item_id, found.span())
        for passage in passages
        if passage.category in ("profile", "cv")
        for found in _SAID.finditer(passage.text)
        if int(found[1]) <= _MOST_YEARS and _is_of_work(passage.text, found)
    ]
    if said:
        number, item_id, span = max(said, key=lambda each: each[0])
        yield Fact(Kind.YEARS, EXPERIENCE, item_id, span, number=float(number))


def _is_of_work(text: str, found: re.Match[str]) -> bool:
    return bool(_WORK.search(fold(text[max(0, found.start() - 12) : found.end() + 40])))
