"""Which postings fit a member, with reasons and with what is missing.

The order is a sum of three parts that are shown, as in the search for people: how near the title of
the posting is in meaning to a title the member holds or held, stretched to [0, 1] among the open
ones; the words that both use (BM25 over the whole texts); and the share of what is asked that the
member's items say. What is too far away is left out if both say where. Pay is no part of it.

A posting is only called a fit if a title of the member names its occupation or comes near to it:
the best of a bad lot is no opportunity.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from vanne.terms import MemberId
from vanne_assist.brief import places
from vanne_assist.brief.criteria import Criterion, Fact, Judgement, Kind, Passage, Profile
from vanne_assist.brief.facts import facts_of
from vanne_assist.brief.judge import decisive, judge
from vanne_assist.jobs.asking import Asked
from vanne_assist.jobs.board import Board
from vanne_assist.jobs.posting import Posting
from vanne_assist.search.ngrams import Floats
from vanne_assist.search.title_index import best, stretched

FAR_KM = 100.0
"""How far a workplace may be if nobody says otherwise."""
NEAR = 0.35
"""The cosine of two titles from which one is called near the other."""
NEAR_AT_ALL = 0.25
"""The same of two titles of one occupation, such as «software developer» and «Rust developer»."""
LETTERS_WEIGHT = 0.5
WORDS_WEIGHT = 0.5
_STATES = {"met": 1.0, "partly": 0.5, "not-met": 0.0, "unknown": 0.0}


@dataclass(frozen=True, slots=True)
class Muted:
    """Something that a member does not want to be a reason: a title, a skill, an employer..."""

    kind: str
    value: str

    @property
    def code(self) -> str:
        """How commands and documents name it: `skill:rust`."""
        return f"{self.kind}:{self.value}"


@dataclass(frozen=True, slots=True)
class Opportunity:
    """A posting for a member: the parts of its score, how each criterion stands, how far it is.

    `title` is the member's title that is nearest, `likeness` its cosine with the posting's.
    """

    asked: Asked
    score: float
    meaning: float
    words: float
    criteria: float
    judgements: tuple[Judgement, ...]
    title: Fact | None
    likeness: float
    away_km: float | None

    @property
    def posting(self) -> Posting:
        """The posting."""
        return self.asked.posting

    @property
    def is_fit(self) -> bool:
        """Say whether it is more than the best of a bad lot."""
        states = {j.state for j in self.judgements if j.criterion.kind is Kind.TITLE}
        same = "partly" in states and self.likeness >= NEAR_AT_ALL
        return "met" in states or same or self.likeness >= NEAR

    @property
    def missing(self) -> tuple[Judgement, ...]:
        """What is asked and not met: too little, elsewhere, or not said at all."""
        return tuple(each for each in self.judgements if each.state != "met")


@dataclass(frozen=True, slots=True)
class Matches:
    """The postings for a member, the best first. `open` could be applied for; `far` are away."""

    opportunities: tuple[Opportunity, ...]
    open: int
    far: int


def profile_of(
    member: MemberId,
    passages: Sequence[Passage],
    as_of: datetime,
    muted: Collection[Muted] = (),
) -> Profile:
    """Return a member's items and facts without what they muted: its words are blanked out."""
    facts = facts_of(passages, as_of)
    silent = {(each.kind, each.value) for each in muted}
    hidden = [fact for fact in facts if (fact.kind.value, fact.value) in silent]
    left = tuple(fact for fact in facts if fact not in hidden)
    return Profile(member, tuple(_without(each, hidden) for each in passages), left)


def _without(passage: Passage, hidden: Sequence[Fact]) -> Passage:
    text = passage.text
    for start, end in (fact.span for fact in hidden if fact.item_id == passage.item_id):
        text = text[:start] + " " * (end - start) + text[end:]
    return replace(passage, text=text)


def match(
    board: Board,
    profile: Profile,
    as_of: datetime,
    *,
    muted: Collection[Muted] = (),
    within_km: float | None = FAR_KM,
    count: int = 10,
) -> Matches:
    """Return the postings that are open and near enough, the best first; `within_km` None: all."""
    silent = {(each.kind, each.value) for each in muted}
    rows = [
        row
        for row, each in enumerate(board.asked)
        if each.posting.is_open(as_of) and not _is_muted(each.posting, silent)
    ]
    away = [away_km(board.asked[row].posting.workplaces, profile) for row in rows]
    near = [km is None or within_km is None or km <= within_km for km in away]
    kept = [row for row, is_near in zip(rows, near, strict=True) if is_near]
    there = dict(zip(rows, away, strict=True))
    found = _ranked(board, profile, kept, there, count)
    return Matches(tuple(found), len(rows), len(rows) - len(kept))


def _is_muted(posting: Posting, silent: Collection[tuple[str, str]]) -> bool:
    return ("posting", posting.posting_id) in silent or (
        "employer",
        posting.employer.casefold(),
    ) in silent


def away_km(workplaces: Sequence[str], profile: Profile) -> float | None:
    """Return how far the nearest workplace is; None if it is not known, or work is remote."""
    homes = [
        town
        for fact in profile.facts
        if fact.kind is Kind.PLACE and fact.until is None and (town := places.place(fact.value))
    ]
    sites = [site for value in workplaces if (site := places.place(value))]
    apart = [places.distance_km(home, site) for home in homes for site in sites]
    return min((round(km, 1) for km in apart if km is not None), default=None)


def _ranked(
    board: Board,
    profile: Profile,
    rows: Sequence[int],
    away: dict[int, float | None],
    count: int,
) -> list[Opportunity]:
    likeness, letters, nearest = _titles(board, profile, rows)
    meaning = stretched(likeness) + np.float32(LETTERS_WEIGHT) * letters
    words = _words(board, profile, rows) * np.float32(WORDS_WEIGHT)
    judged = [judge_all(board.asked[row].brief.criteria, profile) for row in rows]
    share = np.array([share_of(each) for each in judged], np.float32)
    total = (meaning + words + share).astype(np.float32)
    titles = [fact for fact in profile.facts if fact.kind is Kind.TITLE]
    return [
        Opportunity(
            asked=board.asked[rows[at]],
            score=round(float(total[at]), 4),
            meaning=round(float(meaning[at]), 4),
            words=round(float(words[at]), 4),
            criteria=round(float(share[at]), 4),
            judgements=judged[at],
            title=titles[nearest[at]] if titles else None,
            likeness=round(float(likeness[at]), 4),
            away_km=away[rows[at]],
        )
        for at in best(total, count).tolist()
    ]


def _titles(
    board: Board, profile: Profile, rows: Sequence[int]
) -> tuple[Floats, Floats, list[int]]:
    """Return how near the nearest title is in meaning and in letters, and which it is."""
    forms = [fact.value for fact in profile.facts if fact.kind is Kind.TITLE]
    here = board.forms[list(rows)]
    if not forms or not len(here):
        return np.full(len(here), -1, np.float32), np.zeros(len(here), np.float32), []
    once = {form: board.titles.scores(form, "meaning")[here] for form in dict.fromkeys(forms)}
    near = np.stack([once[form] for form in forms])
    spelt = {form: board.titles.letters.similar(form)[here] for form in once}
    letters = np.stack([spelt[form] for form in forms]).max(axis=0)
    return near.max(axis=0), letters, near.argmax(axis=0).tolist()


def _words(board: Board, profile: Profile, rows: Sequence[int]) -> Floats:
    text = "\n".join(passage.text for passage in profile.passages)
    found = board.words.scores(text)[list(rows)]
    out: Floats = found / max(float(found.max()) if len(found) else 0.0, 1e-9)
    return out


def judge_all(criteria: Sequence[Criterion], profile: Profile) -> tuple[Judgement, ...]:
    """Judge somebody by all that is asked; of alternatives the one that is met best counts."""
    return tuple(decisive([judge(each, profile) for each in criteria]))


def share_of(judged: Sequence[Judgement]) -> float:
    """Return which share of what is asked is met; in part counts half."""
    return sum(_STATES[each.state] for each in judged) / max(len(judged), 1)
