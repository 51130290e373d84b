"""The evidence for each person who was found: each criterion, its state, and the person's words.

`vanne_assist.fairness.search` searches and records a page of people. The pages show only what is
recorded. So a page of results can be opened again at any time, without the people who have opted
out since.

>>> from vanne_assist.brief.criteria import Passage
>>> passage = Passage("i1", "position", "Since 2019 I build Rust services for trains.", "en")
>>> profile = Profile("m", (passage,), ())
>>> quotation = quote(profile, Fact(Kind.SKILL, "rust", "i1", (19, 23)), around=10)
>>> quotation.before, quotation.said, quotation.after
('…I build ', 'Rust', ' services…')
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, TypeVar

from pydantic import Field

from vanne.terms import MemberId
from vanne_assist.brief.criteria import Brief, Criterion, Fact, Kind, Profile, State, together
from vanne_assist.brief.judge import ORDER, STATES, judge
from vanne_assist.fairness.record import SearchRecord
from vanne_assist.fairness.search import brief_of
from vanne_assist.search.fact_table import Codes
from vanne_assist.search.find import titles_of
from vanne_assist.search.index import Index

_T = TypeVar("_T")
A_PAGE = 10
MOST_PEOPLE = 200
"""How many people of a search can be looked at: who wants others narrows the brief."""
_Unwritten = Annotated[_T, Field(exclude=True)]
"""A part that the pages show, and that documents do not hold."""
AROUND = 60
"""How many letters stand around a quotation: about a line, enough to judge it."""
_QUOTES = 2
"""How many quotations speak for a criterion: more repeat the first."""


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
    """Whether somebody meets a criterion, and the words that say so; unknown is not no.

    `criterion` is its place in the brief, from 0, and `asked` itself. `short` is how many years are
    missing, or kilometres too many. `others` are the alternatives of which this one is met best.
    """

    criterion: int
    state: State
    short: float | None
    evidence: tuple[Quotation, ...]
    asked: _Unwritten[Criterion]
    others: _Unwritten[tuple[Criterion, ...]] = ()

    @property
    def group(self) -> tuple[Criterion, ...]:
        """The criteria of which one suffices, the one that is met best first."""
        return (self.asked, *self.others)


@dataclass(frozen=True, slots=True)
class PersonView:
    """Somebody who was found, in words of their own, and why they stand where they do.

    `parts` are what meaning, words and criteria add to the order.
    """

    member_id: MemberId
    place: int
    title: str | None
    parts: Mapping[str, float]
    judgements: tuple[CriterionEvidence, ...]
    where: _Unwritten[str | None]

    @property
    def decided(self) -> list[CriterionEvidence]:
        """The evidence by which each criterion is decided: alternatives are one criterion."""
        criteria = [each.asked for each in self.judgements]
        found = []
        for places in together(criteria):
            best = max((self.judgements[at] for at in places), key=lambda e: ORDER.index(e.state))
            others = tuple(criteria[at] for at in places if criteria[at] != best.asked)
            found.append(replace(best, others=others))
        return found


def people_of(index: Index, recorded: SearchRecord) -> list[PersonView]:
    """Return who was shown and may be shown still, judged by what they show now."""
    brief = brief_of(recorded)
    people, titles = index.people(hit.member_id for hit in recorded.hits), titles_of(index, brief)
    return [
        _view(index, people[hit.member_id], brief, titles, place=hit.place, parts=hit.parts)
        for hit in recorded.hits
        if hit.member_id in people
    ]


def seen(index: Index, profile: Profile, brief: Brief | None) -> PersonView:
    """Return what is shown of somebody who may be found, for a brief if there is one."""
    return _view(index, profile, brief, titles_of(index, brief) if brief else {})


def _view(
    index: Index,
    profile: Profile,
    brief: Brief | None,
    titles: Mapping[int, Codes],
    *,
    place: int = 0,
    parts: Mapping[str, float] | None = None,
) -> PersonView:
    """Return what is shown of somebody for a brief.

    `titles` is how the search judges everybody's titles, by the place of the criterion: it knows
    their meaning, the words alone do not.
    """
    judged = []
    for at, each in enumerate(brief.criteria if brief else ()):
        judgement = judge(each, profile)
        if at in titles:
            state = STATES[int(titles[at][index.row_of[profile.member_id]])]
            if each.force == "not" and judgement.state != "unknown":
                state = "not-met" if state == "met" else "met"
            judgement = replace(judgement, state=state)
        quotes = {q.whole: q for fact in judgement.evidence if (q := quote(profile, fact))}
        said = tuple(quotes.values())[:_QUOTES]
        judged.append(CriterionEvidence(at, judgement.state, judgement.short, said, each))
    title, home = headline(profile), where(profile)
    return PersonView(profile.member_id, place, title, parts or {}, tuple(judged), home)


def headline(profile: Profile) -> str | None:
    """Return the title that somebody has; never other first words, which may be their name."""
    titles = [fact for fact in profile.facts if fact.kind is Kind.TITLE]
    quotations = (quote(profile, fact) for fact in (*present(profile, Kind.TITLE), *titles))
    return next((each.said for each in quotations if each), None)


def where(profile: Profile) -> str | None:
    """Return the place where somebody says that they are, in their own words."""
    quotations = (quote(profile, fact) for fact in present(profile, Kind.PLACE))
    return next((each.said for each in quotations if each), None)


def present(profile: Profile, kind: Kind) -> list[Fact]:
    """Return what somebody says of a kind that has no end."""
    return [fact for fact in profile.facts if fact.kind is kind and fact.until is None]


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
