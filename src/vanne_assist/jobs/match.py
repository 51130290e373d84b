"""Match job offers to a member: which fit, with reasons and with what is missing.

The score is the sum of three parts, which are shown. They are: how near the title of the posting is
in meaning to a title that the member holds or held; the words that both use; and the share of the
criteria that the member's items meet. An offer that is too far away is left out. So is one of which
it is not known how far it is, unless the work is remote. Pay plays no part.

An offer fits only if a title of the member names its occupation or comes near to it: the best of
many poor offers is no fit.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import numpy as np

from vanne.places import distance_km, place_of
from vanne.terms import LANGUAGES, ItemId, MemberId
from vanne_assist.brief.criteria import Judgement, Kind, Passage, Profile
from vanne_assist.brief.facts import facts_of
from vanne_assist.brief.judge import decisive, judge, occupations_of
from vanne_assist.jobs.board import Board, ProtectedFlag
from vanne_assist.jobs.posting import JobPosting
from vanne_assist.search.encoder import best

MOST = 10
"""How many offers are shown if nobody says otherwise."""
_RANKED = 200
"""So many of the best are asked whether they fit: further down the order nothing does."""
FAR_KM = 100.0
"""How far a workplace may be if nobody says otherwise."""
NEAR = 0.35
"""The cosine of two titles from which one is called near the other."""
NEAR_THOUGH_OTHER = 0.5
"""The same of two titles that name different occupations, such as «nurse» and «midwife» (0.61).
Between 26 occupations in four languages none had more than 0.496: «Winzer» and «Schreiner»."""
NEAR_AT_ALL = 0.2
"""The same of two titles of one occupation, such as «software developer» and «Rust developer»."""
WORDS_WEIGHT = 0.5
"""Words are worth half of meaning: they settle what meaning leaves open."""
_STATES = {"met": 1.0, "partly": 0.5, "not-met": 0.0, "unknown": 0.0}


@dataclass(frozen=True, slots=True)
class OfferMatch:
    """An offer for a member: the parts of its score, how each criterion stands, how far it is.

    `title` is the member's title that is nearest, as they wrote it, `likeness` its cosine with the
    posting's, and `is_other` says that the two name different occupations. `flags` were compared
    with nobody.
    """

    posting: JobPosting
    score: float
    parts: Mapping[str, float]
    likeness: float
    away_km: float | None
    title: str | None
    judgements: tuple[Judgement, ...]
    flags: tuple[ProtectedFlag, ...]
    is_other: bool = False

    @property
    def is_fit(self) -> bool:
        """Say whether it is more than the best of a bad lot."""
        states = {j.state for j in self.judgements if j.criterion.kind is Kind.TITLE}
        is_same = "partly" in states and self.likeness >= NEAR_AT_ALL
        is_near = self.likeness >= (NEAR_THOUGH_OTHER if self.is_other else NEAR)
        return "met" in states or is_same or is_near


@dataclass(frozen=True, slots=True)
class Matches:
    """The offers for a member, the best first. `open` could be applied for; `far` are away.

    Of `unplaced` it is not known how far they are.
    """

    offers: tuple[OfferMatch, ...] = ()
    open: int = 0
    far: int = 0
    unplaced: int = 0


@dataclass(frozen=True, slots=True)
class MemberOffers:
    """What fits a member, the best first; `why_none` says why nothing does.

    `open` offers could be applied for. `far` of them are further away, and of `unplaced` it is not
    known how far they are.
    """

    member: MemberId
    lang: str
    as_of: datetime
    why_none: Literal["nothing-to-read", "nothing-fits"] | None = "nothing-to-read"
    open: int = 0
    far: int = 0
    unplaced: int = 0
    items_read: tuple[ItemId, ...] = ()
    opportunities: tuple[OfferMatch, ...] = ()
    schema: Literal["vanne/opportunities/1"] = "vanne/opportunities/1"


def offers_for(
    board: Board,
    member: MemberId,
    passages: tuple[Passage, ...],
    as_of: datetime,
    *,
    lang: str | None = None,
    within_km: float | None = FAR_KM,
    count: int = MOST,
) -> MemberOffers:
    """Return what fits a member, by what may be read of theirs at this moment."""
    if not passages:
        return MemberOffers(member, lang or "en", as_of)
    profile = Profile(member, passages, facts_of(passages, as_of))
    matches = match(board, profile, as_of, within_km=within_km, count=_RANKED)
    fits = tuple(each for each in matches.offers if each.is_fit)[:count]
    langs = Counter(each.lang for each in passages if each.lang in LANGUAGES).most_common(1)
    return MemberOffers(
        member,
        lang or (langs[0][0] if langs else None) or "en",
        as_of,
        None if fits else "nothing-fits",
        matches.open,
        matches.far,
        matches.unplaced,
        tuple(each.item_id for each in passages),
        fits,
    )


def match(
    board: Board,
    profile: Profile,
    as_of: datetime,
    *,
    within_km: float | None = FAR_KM,
    count: int = MOST,
) -> Matches:
    """Return the offers that are open and near enough, the best first; `within_km` None: all."""
    away = {
        row: away_km(posting.workplaces, profile)
        for row, posting in enumerate(offer.posting for offer in board.offers)
        if posting.is_open(as_of)
    }
    rows = [row for row, km in away.items() if is_near(board.offers[row].posting, km, within_km)]
    unplaced = sum(away[row] is None for row in away.keys() - set(rows))
    here = board.forms[rows]
    likeness = np.full(len(rows), -1, np.float32)
    profile = _without_bare_roles(profile)
    titles = [fact for fact in profile.facts if fact.kind is Kind.TITLE]
    texts = {each.item_id: each.text for each in profile.passages}
    said = [texts[fact.item_id][slice(*fact.span)] for fact in titles]
    nearest: list[int] = []
    if titles and rows:
        forms = list(dict.fromkeys(fact.value for fact in titles))
        near = {form: board.titles.scores(form)[here] for form in forms}
        of_titles = np.stack([near[fact.value] for fact in titles])
        likeness, nearest = of_titles.max(axis=0), of_titles.argmax(axis=0).tolist()
    meaning = np.clip(likeness, 0, 1)
    words = board.words.share("\n".join(each.text for each in profile.passages))[0][rows]
    words = words / max(float(words.max()) if rows else 0.0, 1e-9) * np.float32(WORDS_WEIGHT)
    judged = [  # of alternatives the one that is met best counts
        tuple(decisive([judge(each, profile) for each in board.offers[row].brief.criteria]))
        for row in rows
    ]
    share = np.array(
        [sum(_STATES[j.state] for j in each) / max(len(each), 1) for each in judged], np.float32
    )
    parts = {"meaning": meaning, "words": words, "criteria": share}
    total = (meaning + words + share).astype(np.float32)
    offers = tuple(
        OfferMatch(
            posting=board.offers[rows[at]].posting,
            score=round(float(total[at]), 4),
            parts={name: round(float(part[at]), 4) for name, part in parts.items()},
            likeness=round(float(likeness[at]), 4),
            away_km=away[rows[at]],
            title=said[nearest[at]] if titles else None,
            judgements=judged[at],
            flags=board.offers[rows[at]].flags,
            is_other=bool(titles)
            and _are_other(titles[nearest[at]].value, board.offers[rows[at]].title_form),
        )
        for at in best(total, count).tolist()
    )
    return Matches(offers, len(away), len(away) - len(rows) - unplaced, unplaced)


def _without_bare_roles(profile: Profile) -> Profile:
    """Leave out titles of one word that say who leads and not what, such as «responsable»."""
    kept = tuple(
        fact
        for fact in profile.facts
        if fact.kind is not Kind.TITLE
        or " " in fact.value.strip()
        or occupations_of(fact.value) != {"head"}
    )
    return replace(profile, facts=kept)


def _are_other(one: str, other: str) -> bool:
    """Say whether two titles name occupations, and none that is the same."""
    named = occupations_of(one), occupations_of(other)
    return all(named) and not named[0] & named[1]


def is_near(posting: JobPosting, km: float | None, within_km: float | None) -> bool:
    """Say whether an offer is near enough; `within_km` None: every offer is.

    An unknown distance is not near, but for work that is remote.
    """
    return within_km is None or posting.is_remote or (km is not None and km <= within_km)


def away_km(workplaces: Sequence[str], profile: Profile) -> float | None:
    """Return how far the nearest workplace is; None if it is not known, or work is remote."""
    homes = [
        town
        for fact in profile.facts
        if fact.kind is Kind.PLACE and fact.until is None and (town := place_of(fact.value))
    ]
    sites = [site for value in workplaces if (site := place_of(value))]
    apart = [distance_km(home, site) for home in homes for site in sites]
    return min((round(km, 1) for km in apart if km is not None), default=None)
