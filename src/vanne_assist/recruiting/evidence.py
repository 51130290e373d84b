"""What the pages show of people: each criterion with its answer, and the words that say so.

`vanne_assist.fairness.search` searches and records a page of people. The pages show only what is
recorded: a page of results can be looked at again as often as anybody likes, less whoever has opted
out since.

>>> from vanne_assist.brief.criteria import Passage
>>> passage = Passage("i1", "position", "Since 2019 I build Rust services for trains.", "en")
>>> profile = Profile("m", (passage,), ())
>>> quotation = quote(profile, Fact(Kind.SKILL, "rust", "i1", (19, 23)), around=10)
>>> quotation.before, quotation.said, quotation.after
('…I build ', 'Rust', ' services…')
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from vanne.screening import without_placeholders
from vanne.terms import MemberId
from vanne_assist.brief.criteria import Brief, Criterion, Fact, Kind, Profile, State
from vanne_assist.brief.judge import judge, short_of
from vanne_assist.brief.lexicon import LANGS, name_of
from vanne_assist.fairness.record import SearchRecord
from vanne_assist.fairness.search import DEEP, brief_of
from vanne_assist.search.find import Results, find
from vanne_assist.search.index import Index

A_PAGE = 10
AROUND = 60
"""How many letters stand around a quotation: about a line, enough to judge it."""
MOST_PEOPLE = DEEP
"""How many people of a search can be looked at: who wants others narrows the brief."""
_LATIN_NAMES = (Kind.SKILL, Kind.INDUSTRY, Kind.COMPANY, Kind.EDUCATION, Kind.CAREER)


@dataclass(frozen=True, slots=True)
class Quotation:
    """A part of an item: the words that say it, and what is around them."""

    item_id: str
    category: str
    lang: str | None
    before: str
    said: str
    after: str

    @property
    def whole(self) -> str:
        """The quotation as one text."""
        return self.before + self.said + self.after


@dataclass(frozen=True, slots=True)
class CriterionEvidence:
    """A criterion as it was judged of somebody, with the words that say so.

    `short` is how many years are missing, or kilometres too many.
    """

    criterion: Criterion
    state: State
    quotes: tuple[Quotation, ...]
    short: float | None


@dataclass(frozen=True, slots=True)
class PersonView:
    """Somebody who was found, in words of their own."""

    member_id: MemberId
    place: int
    headline: str | None
    where: str | None
    judged: tuple[CriterionEvidence, ...]
    parts: Mapping[str, float]


def new_thread() -> str:
    """Return what ties together a brief and the searches that came of changing it."""
    return secrets.token_hex(8)


def everybody(index: Index, brief: Brief) -> Results:
    """Find everybody who can be looked at for a brief: what an alert compares."""
    return find(index, brief, count=MOST_PEOPLE)


# What is shown of a record


def people_of(index: Index, recorded: SearchRecord) -> list[PersonView]:
    """Return who was shown and may be shown still, judged by what they show now."""
    brief, found = brief_of(recorded), []
    for hit in recorded.hits:
        person = person_of(index, hit.member_id, brief)
        if person is not None:
            found.append(replace(person, place=hit.place, parts=hit.parts))
    return found


def person_of(index: Index, member_id: MemberId, brief: Brief | None = None) -> PersonView | None:
    """Return somebody as they may be shown now; None if they may not."""
    row = index.row(member_id)
    if row is None:
        return None
    profile = index.profile(row)
    judged = tuple(judged_of(profile, each) for each in (brief.criteria if brief else ()))
    return PersonView(member_id, 0, headline(profile), where(profile), judged, {})


def judged_of(profile: Profile, criterion: Criterion) -> CriterionEvidence:
    """Judge a criterion, and quote what was judged by."""
    judgement = judge(criterion, profile)
    quotes = [quote(profile, fact) for fact in judgement.evidence]
    once = {each.whole: each for each in quotes if each}
    return CriterionEvidence(
        criterion, judgement.state, tuple(once.values())[:2], short_of(judgement) or None
    )


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


def quote(profile: Profile, fact: Fact, around: int = AROUND) -> Quotation | None:
    """Quote the words of a fact; None if its item is not among those that may be shown.

    The words around it begin and end at whole words.
    """
    passage = next((p for p in profile.passages if p.item_id == fact.item_id), None)
    if passage is None:
        return None
    (start, end), text = fact.span, passage.text
    first, last = max(0, start - around), min(len(text), end + around)
    if first and not text[first - 1].isspace():
        space = text.find(" ", first, start)
        first = space + 1 if space >= 0 else first
    if last < len(text) and not text[last].isspace():
        space = text.rfind(" ", end, last)
        last = space if space >= 0 else last
    before = ("…" if first else "") + text[first:start].replace("\n", " ")
    after = text[end:last].replace("\n", " ") + ("…" if last < len(text) else "")
    return Quotation(
        passage.item_id, passage.category, passage.lang, before, text[start:end], after
    )
