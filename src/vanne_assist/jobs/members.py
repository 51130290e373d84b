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
from vanne_assist.jobs.asking import Asked
from vanne_assist.jobs.match import FAR_KM, away_km, judge_all
from vanne_assist.search.find import Hit
from vanne_assist.search.index import Index


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may be found and fits a posting, as the search gives them."""

    hit: Hit
    judgements: tuple[Judgement, ...]
    away_km: float | None


@dataclass(frozen=True, slots=True)
class Candidates:
    """The people for a posting, and the record of it.

    `shown` may be found at all, `off` switched job matching off.
    """

    people: tuple[Candidate, ...]
    shown: int
    off: int
    far: int
    search: SearchRecord


def up_to_date(home: Home, as_of: datetime) -> Manifest:
    """Bring the corpus of job matching up to date.

    Raises:
        ConfigError: the policy in force does not know the purpose.
    """
    fresh = not has_current(home, PURPOSE)
    return (build if fresh else refresh)(home, as_of, purpose=PURPOSE)


def may_be_matched(home: Home, manifest: Manifest) -> set[MemberId]:
    """Return who has something that job matching may read, and has not switched it off since."""
    found = {
        str(owner)
        for batch in read_batches(home, manifest, ("item_id", "owner"))
        for owner in batch["owner"].to_pylist()
    }
    with Ledger.of(home, read_only=True) as ledger:
        size = ledger.size
        if size > manifest.ledger_size:
            for _, said in ledger.records(manifest.ledger_size, size):
                if isinstance(said, Choice) and said.purpose == PURPOSE and not said.on:
                    found.discard(said.member_id)
    return found


class _Among:
    """Who of those whom a posting's brief finds may be in its list; counts who is left out."""

    def __init__(
        self, matched: set[MemberId], workplaces: Sequence[str], within_km: float | None
    ) -> None:
        self._matched, self._workplaces, self._within_km = matched, workplaces, within_km
        self.off = self.far = 0

    def __call__(self, hit: Hit) -> bool:
        if hit.member_id not in self._matched:
            self.off += 1
            return False
        away = away_km(self._workplaces, hit.profile)
        reach = self._within_km
        is_far = away is not None and reach is not None and away > reach
        self.far += is_far
        return not is_far


def candidates(
    home: Home,
    index: Index,
    asked: Asked,
    matched: set[MemberId],
    asker: Asker,
    now: datetime,
    *,
    within_km: float | None = FAR_KM,
    count: int = 10,
    offset: int = 0,
    about: Mapping[str, Any] | None = None,
) -> Candidates:
    """Return the people for a posting, the best first; `within_km` None looks everywhere.

    Only the title keeps somebody out, who holds none near it; all else that is asked is a wish.
    `about` is what else is recorded of the search.

    Raises:
        StorageError, BusyError: the search could not be recorded: nobody is shown.
    """
    posting = asked.posting
    criteria = [
        c if c.kind is Kind.TITLE else replace(c, force="nice")
        for c in asked.brief.criteria
        if c.kind is not Kind.PLACE
    ]
    brief = replace(asked.brief, criteria=tuple(criteria))
    among = _Among(matched, posting.workplaces, within_km)
    noted = {
        **(about or {}),
        "posting": posting.posting_id,
        "workplaces": list(posting.workplaces),
        "within_km": within_km,
    }
    listed = search(
        home, index, brief, asker, now, count=count, offset=offset, among=among, about=noted
    )
    people = tuple(
        Candidate(
            hit,
            judge_all(asked.brief.criteria, hit.profile),
            away_km(posting.workplaces, hit.profile),
        )
        for hit in listed.hits
    )
    return Candidates(people, listed.results.shown, among.off, among.far, listed.search)


def narrowed_as(home: Home, recorded: SearchRecord) -> Among | None:
    """Return who may be in the list of a recorded search for a posting; None if it is for none.

    Who has switched job matching off since is out of it.
    """
    about = recorded.filters
    if "posting" not in about:
        return None
    matched = may_be_matched(home, current(home, PURPOSE))
    return _Among(matched, about["workplaces"], about["within_km"])
