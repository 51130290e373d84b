"""Whom an offer could be shown to by recruiters, and who may be matched with offers at all.

A member alone sees what comes of `job-matching`. So whoever looks for people for a posting finds
those who may be found (`recruiter-search`), by what they show there, and of them nobody who has
switched job matching off. What a posting asks is put as the brief of an ordinary search, in which
only the place keeps anybody out: years and skills that prose asks for are read with errors.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from vanne.config import Home
from vanne.corpus import Manifest, build, read_batches, refresh
from vanne.corpus.manifest import current, has_current
from vanne.ledger import Ledger
from vanne.terms import Choice, MemberId
from vanne_assist.brief.criteria import Judgement, Kind
from vanne_assist.fairness.record import SearchRecord
from vanne_assist.fairness.search import Among, Asker, search
from vanne_assist.jobs import PURPOSE
from vanne_assist.jobs.board import Offer
from vanne_assist.jobs.match import FAR_KM, away_km, judge_all
from vanne_assist.search.find import Hit
from vanne_assist.search.index import Index


@dataclass(frozen=True, slots=True)
class OfferCandidate:
    """Somebody who may be found and fits a posting, as the search gives them."""

    hit: Hit
    judgements: tuple[Judgement, ...]
    away_km: float | None


@dataclass(frozen=True, slots=True)
class OfferCandidates:
    """The people for a posting, and the record of it.

    `shown` may be found at all, `off` switched job matching off.
    """

    people: tuple[OfferCandidate, ...]
    shown: int
    off: int
    far: int
    search: SearchRecord


def up_to_date(home: Home, as_of: datetime) -> Manifest:
    """Bring the corpus of job matching up to date.

    Raises:
        ConfigError: the policy in force does not know the purpose.
    """
    is_new = not has_current(home, PURPOSE)
    return (build if is_new else refresh)(home, as_of, purpose=PURPOSE)


def may_be_matched(home: Home, manifest: Manifest) -> set[MemberId]:
    """Return who has something that job matching may read, and has not switched it off since."""
    owners = {
        str(owner)
        for batch in read_batches(home, manifest, ("item_id", "owner"))
        for owner in batch["owner"].to_pylist()
    }
    with Ledger.of(home, read_only=True) as ledger:
        later = (record for _, record in ledger.records(manifest.ledger_size, ledger.size))
        for choice in later:
            if isinstance(choice, Choice) and choice.purpose == PURPOSE and not choice.on:
                owners.discard(choice.member_id)
    return owners


class _Matched:
    """Says who of those whom a posting's brief finds may be in its list, and counts the others."""

    def __init__(
        self, matched: set[MemberId], workplaces: Sequence[str], within_km: float | None
    ) -> None:
        self._matched, self._workplaces, self._within_km = matched, workplaces, within_km
        self.off = self.far = 0

    def __call__(self, hit: Hit) -> bool:
        if hit.member_id not in self._matched:
            self.off += 1
            return False
        km, most = away_km(self._workplaces, hit.profile), self._within_km
        is_far = km is not None and most is not None and km > most
        self.far += is_far
        return not is_far


def candidates(
    home: Home,
    index: Index,
    offer: Offer,
    matched: set[MemberId],
    asker: Asker,
    now: datetime,
    *,
    within_km: float | None = FAR_KM,
    count: int = 10,
    offset: int = 0,
    about: Mapping[str, Any] | None = None,
) -> OfferCandidates:
    """Return the people for a posting, the best first; `within_km` None looks everywhere.

    Only the title keeps somebody out, who holds none near it; all else that is asked is a wish.
    `about` is what else is recorded of the search.

    Raises:
        StorageError, BusyError: the search could not be recorded: nobody is shown.
    """
    posting, asked = offer.posting, offer.brief.criteria
    criteria = tuple(
        each if each.kind is Kind.TITLE else replace(each, force="nice")
        for each in asked
        if each.kind is not Kind.PLACE
    )
    among = _Matched(matched, posting.workplaces, within_km)
    page = search(
        home,
        index,
        replace(offer.brief, criteria=criteria),
        asker,
        now,
        count=count,
        offset=offset,
        among=among,
        about={
            **(about or {}),
            "posting": posting.posting_id,
            "workplaces": list(posting.workplaces),
            "within_km": within_km,
        },
    )
    people = tuple(
        OfferCandidate(hit, judge_all(asked, hit.profile), away_km(posting.workplaces, hit.profile))
        for hit in page.hits
    )
    return OfferCandidates(people, page.results.shown, among.off, among.far, page.search)


def narrowed_as(home: Home, recorded: SearchRecord) -> Among | None:
    """Return who may be in the list of a recorded search for a posting; None if it is for none.

    Who has switched job matching off since is out of it.
    """
    about = recorded.filters
    if "posting" not in about:
        return None
    matched = may_be_matched(home, current(home, PURPOSE))
    return _Matched(matched, about["workplaces"], about["within_km"])
