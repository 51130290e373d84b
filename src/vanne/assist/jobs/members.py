"""Whom an offer could be shown to by recruiters, and who may be matched with offers at all.

A member alone sees what comes of `job-matching`. So whoever looks for people for a posting finds
those who may be found (`recruiter-search`), by what they show there, and of them nobody who has
switched job matching off. What a posting asks is put as the brief of an ordinary search, in which
only the place keeps anybody out: years and skills that prose asks for are read with errors.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from vanne.assist.brief.criteria import Brief, Judgement, Kind
from vanne.assist.jobs import PURPOSE
from vanne.assist.jobs.asking import Asked
from vanne.assist.jobs.match import FAR_KM, away_km, judge_all
from vanne.assist.search.find import MOST, Hit, find
from vanne.assist.search.searchable import Searchable
from vanne.config import Home
from vanne.corpus import Manifest, build, read_batches, refresh
from vanne.corpus.manifest import has_current
from vanne.ledger import Ledger
from vanne.terms import Choice, MemberId


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may be found and fits a posting, as the search gives them."""

    hit: Hit
    judgements: tuple[Judgement, ...]
    away_km: float | None


@dataclass(frozen=True, slots=True)
class Candidates:
    """The people for a posting. `shown` may be found at all, `off` switched job matching off."""

    people: tuple[Candidate, ...]
    shown: int
    off: int
    far: int


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


def candidates(
    index: Searchable,
    asked: Asked,
    matched: set[MemberId],
    *,
    within_km: float | None = FAR_KM,
    count: int = 10,
    record: Callable[[Brief, tuple[Candidate, ...]], None] | None = None,
) -> Candidates:
    """Return the people for a posting, the best first; `within_km` None looks everywhere."""
    criteria = [replace(c, force="nice") for c in asked.brief.criteria if c.kind is not Kind.PLACE]
    brief = replace(asked.brief, criteria=tuple(criteria))
    results = find(index, brief, count=MOST)
    found: list[Candidate] = []
    off = far = 0
    for hit in results.hits:
        away = away_km(asked.posting, hit.profile)
        if hit.member_id not in matched:
            off += 1
        elif within_km is not None and away is not None and away > within_km:
            far += 1
        else:
            found.append(Candidate(hit, judge_all(asked.brief.criteria, hit.profile), away))
    people = tuple(found[:count])
    if record:
        record(asked.brief, people)
    return Candidates(people, results.shown, off, far)
