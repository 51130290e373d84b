"""Find the members to whom recruiters may show a job offer.

Only the member sees what `job-matching` finds for them. So a recruiter's search for a posting is
limited to members who may be found (`recruiter-search`), by what they show there, without those who
opted out of job matching. The posting becomes the brief of an ordinary search. In it only the title
and the distance filter people: years and skills that prose asks for are read with errors.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from vanne.config import Home
from vanne.corpus import Manifest, build, read_batches, refresh
from vanne.corpus.manifest import has_current
from vanne.ledger import Ledger
from vanne.terms import Choice, MemberId
from vanne_assist.brief.criteria import Kind
from vanne_assist.fairness.search import Among, Asker, RecordedPage, search
from vanne_assist.jobs import PURPOSE
from vanne_assist.jobs.board import Offer
from vanne_assist.jobs.match import FAR_KM, away_km
from vanne_assist.search.find import Hit
from vanne_assist.search.index import Index


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


def _narrowed(matched: set[MemberId], workplaces: Sequence[str], within_km: float | None) -> Among:
    """Return who of those whom a posting's brief finds may be in its list."""

    def among(hit: Hit) -> bool:
        km = away_km(workplaces, hit.profile)
        is_far = km is not None and within_km is not None and km > within_km
        return hit.member_id in matched and not is_far

    return among


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
) -> RecordedPage:
    """Return the people for a posting, the best first; `within_km` None looks everywhere.

    Only the title keeps somebody out, who holds none near it; all else that is asked is a wish.
    `about` is what else is recorded of the search.

    Raises:
        StorageError, BusyError: the search could not be recorded: nobody is shown.
    """
    posting = offer.posting
    criteria = tuple(
        each if each.kind is Kind.TITLE else replace(each, force="nice")
        for each in offer.brief.criteria
        if each.kind is not Kind.PLACE
    )
    return search(
        home,
        index,
        replace(offer.brief, criteria=criteria),
        asker,
        now,
        count=count,
        offset=offset,
        among=_narrowed(matched, posting.workplaces, within_km),
        about={
            **(about or {}),
            "posting": posting.posting_id,
            "workplaces": list(posting.workplaces),
            "within_km": within_km,
        },
    )
