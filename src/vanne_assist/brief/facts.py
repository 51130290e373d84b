"""Reads what a member's items say of them: titles, skills, languages, places, years, education.

Each fact quotes the words that say it. What no item says stays unknown: nothing is concluded from a
name, a photo or a silence. Experience is what the positions cover together, each year once; if no
position has a date, it is what the text says itself («after 12 years in the trade»).
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from vanne_assist.brief.criteria import Fact, Kind, Passage
from vanne_assist.brief.items import read_passage
from vanne_assist.brief.periods import Period, years_together
from vanne_assist.brief.text import fold

EXPERIENCE, TENURE = "experience", "tenure"
_SAID = re.compile(
    r"\b(\d{1,2})\+?\s*(?:years?|ans|jahren?|anni)\b(?!\s*(?:old|alt|d['’]âge))", re.IGNORECASE
)
_WORK = re.compile(
    r"experience|erfahrung|esperienza|beruf|metier|mestiere|trade|job|work|arbeit|lavor|als|come|comme"
    r"|depuis|seit"
)
_MOST_YEARS = 60


def facts_of(passages: Sequence[Passage], as_of: datetime) -> tuple[Fact, ...]:
    """Return what a member's items say of them at a time, in the order of the items."""
    facts: list[Fact] = []
    work: list[tuple[str, Period]] = []
    for passage in passages:
        reading = read_passage(passage)
        facts += reading.facts
        work += [(passage.item_id, period) for period in reading.work]
    now = as_of.year + (as_of.month - 1) / 12
    return (*dict.fromkeys(facts), *_years(passages, work, now))


def _years(
    passages: Sequence[Passage], work: list[tuple[str, Period]], now: float
) -> Iterator[Fact]:
    begun = [(item_id, period) for item_id, period in work if period.since <= now]
    if not begun:
        yield from _years_said(passages)
        return
    item_id, first = min(begun, key=lambda each: (each[1].since, each[0]))
    total = round(years_together((period for _, period in begun), now), 1)
    yield Fact(Kind.YEARS, EXPERIENCE, item_id, first.span, number=total, since=int(first.since))
    held = [each for each in begun if each[1].until is None]
    if held:
        item_id, last = max(held, key=lambda each: (each[1].since, each[0]))
        stay = round(now - last.since, 1)
        yield Fact(Kind.YEARS, TENURE, item_id, last.span, number=stay, since=int(last.since))


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
