"""What the pages show of a search, now or later.

`vanne_assist.fairness.searching` searches and writes a page of people down. Only what was written
down is shown: a page of results is a record, seen again as often as anybody likes, less whoever has
said no since.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from vanne.screening import without_placeholders
from vanne.terms import MemberId
from vanne_assist.brief.criteria import Brief, Criterion, Fact, Kind, Profile, State
from vanne_assist.brief.judge import judge, short_of
from vanne_assist.brief.lexicon import LANGS, name_of
from vanne_assist.fairness.record import Search
from vanne_assist.fairness.searching import DEEP, brief_of
from vanne_assist.recruiting.quoting import Quote, quote
from vanne_assist.search.find import Results, find
from vanne_assist.search.index import Index

A_PAGE = 10
MOST_PEOPLE = DEEP
"""How many people of a search can be looked at: who wants others narrows the brief."""
_LATIN_NAMES = (Kind.SKILL, Kind.INDUSTRY, Kind.COMPANY, Kind.EDUCATION, Kind.CAREER)


@dataclass(frozen=True, slots=True)
class Judged:
    """A criterion as it was judged of somebody, with the words that say so.

    `short` is how many years are missing, or kilometres too many.
    """

    criterion: Criterion
    state: State
    quotes: tuple[Quote, ...]
    short: float | None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who was found, in words of their own."""

    member_id: MemberId
    place: int
    headline: str | None
    where: str | None
    judged: tuple[Judged, ...]
    parts: Mapping[str, float]


def new_thread() -> str:
    """Return what ties together a brief and the searches that came of changing it."""
    return secrets.token_hex(8)


def everybody(index: Index, brief: Brief) -> Results:
    """Find everybody who can be looked at for a brief: what an alert compares."""
    return find(index, brief, count=MOST_PEOPLE)


# What is shown of a record


def people_of(index: Index, recorded: Search) -> list[Person]:
    """Return who was shown and may be shown still, judged by what they show now."""
    brief, found = brief_of(recorded), []
    for hit in recorded.hits:
        person = person_of(index, hit.member_id, brief)
        if person is not None:
            found.append(replace(person, place=hit.place, parts=hit.parts))
    return found


def person_of(index: Index, member_id: MemberId, brief: Brief | None = None) -> Person | None:
    """Return somebody as they may be shown now; None if they may not."""
    row = index.row(member_id)
    if row is None:
        return None
    profile = index.profile(row)
    judged = tuple(judged_of(profile, each) for each in (brief.criteria if brief else ()))
    return Person(member_id, 0, headline(profile), where(profile), judged, {})


def judged_of(profile: Profile, criterion: Criterion) -> Judged:
    """Judge a criterion, and quote what was judged by."""
    judgement = judge(criterion, profile)
    quotes = [quote(profile, fact) for fact in judgement.evidence]
    once = {each.whole: each for each in quotes if each}
    return Judged(criterion, judgement.state, tuple(once.values())[:2], short_of(judgement) or None)


def headline(profile: Profile) -> str | None:
    """Return the title that somebody has, else their headline, else the first words they show."""
    titles = [fact for fact in profile.facts if fact.kind is Kind.TITLE]
    present = [fact for fact in titles if fact.until is None]
    for fact in (*present, *titles):
        if found := quote(profile, fact):
            return found.said
    headlines = [passage.fields.get("headline", "") for passage in profile.passages]
    prose = [passage.text for passage in profile.passages if not passage.fields]
    texts = (without_placeholders(text).strip() for text in (*headlines, *prose))
    return next((text.partition("\n")[0][:80] for text in texts if text), None)


def where(profile: Profile) -> str | None:
    """Return the place where somebody says that they are, in their own words."""
    for fact in present(profile, Kind.PLACE):
        if found := quote(profile, fact):
            return found.said
    return None


def present(profile: Profile, kind: Kind) -> list[Fact]:
    """Return what somebody says of a kind that has no end."""
    return [fact for fact in profile.facts if fact.kind is kind and fact.until is None]


def expansions(brief: Brief) -> list[tuple[str, list[str]]]:
    """Return what else stands for a criterion: its form for everybody, its names elsewhere."""
    found = []
    for each in brief.criteria:
        names: Sequence[str | None] = ()
        if each.kind is Kind.TITLE:
            names = [each.value]
        elif each.kind in _LATIN_NAMES:
            names = [name_of(each.kind, each.value, lang) for lang in LANGS]
        said = each.said.casefold()
        others = [name for name in dict.fromkeys(names) if name and name.casefold() != said]
        if others:
            found.append((each.said, others))
    return found
