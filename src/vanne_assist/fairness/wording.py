"""Offer a lawful wording of a brief, or none.

A wording is offered only after the rules and the meaning have judged it as they judge a brief, and
only if it still looks for somebody by their work. Else a person writes the brief anew.

>>> offered("infirmière suisse, moins de 35 ans"), offered("jeune femme, sans enfants")
('infirmière', None)
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from vanne_assist.brief.criteria import Kind
from vanne_assist.brief.judge import occupations_of
from vanne_assist.brief.parse import read_brief
from vanne_assist.fairness.meaning import doubts
from vanne_assist.fairness.protected import names_a_sex, protected_asks, reworded

_OF_WORK = (Kind.SKILL, Kind.INDUSTRY)
_TERMS = frozenset({"travel"})
"""Skills of the lexicon that are terms of work: each kind of work may have them."""
_AGE = r"(?:1[4-9]|[2-6]\d)"
_AGES = re.compile(
    rf"(?<![\d.]){_AGE}\s?(?:[-–—/]|to|and|à|et|bis|und|a|e)\s?{_AGE}\s*(?=[,.;]|$)"
    rf"|(?:^|,)\s*{_AGE}\s*(?=[,.;]|$)"
)
"""Two numbers of nothing, and one alone between commas: «Kellnerin 20-25», «waiter, 25»."""


def offered(text: str) -> str | None:
    """Return the lawful wording of a brief; None if it asks for nothing else, or needs none."""
    asks = protected_asks(text)
    wording = reworded(text, asks)
    kept = reworded(text, [ask if ask.keeps_role else replace(ask, lawful=None) for ask in asks])
    if not asks or not _names_work(kept) or names_a_sex(wording) or _AGES.search(wording):
        return None
    return None if any(map(protected_asks, _readings(wording))) or doubts(wording) else wording


def _readings(wording: str) -> Iterator[str]:
    """Yield a wording, and each word by itself beside the work: «nurse, Swiss» is a Swiss nurse.

    >>> list(_readings("nurse, Swiss"))
    ['nurse, Swiss', 'Swiss nurse', 'nurse Swiss']
    """
    yield wording
    work, *parts = (part.strip() for part in wording.split(","))
    for part in filter(str.isalpha, parts):
        yield from (f"{part} {work}", f"{work} {part}")


def _names_work(text: str) -> bool:
    if not any(map(str.isalnum, text)):
        return False
    return any(
        occupations_of(each.value)
        if each.kind is Kind.TITLE
        else each.kind in _OF_WORK and each.value not in _TERMS
        for each in read_brief(text).criteria
        if each.force != "not"
    )
