"""Find the members to whom recruiters may show a job offer.

Only the member sees what `job-matching` finds for them. So a recruiter's search for a posting is
limited to members who may be found (`recruiter-search`), by what they show there, without those of
whom job matching may read nothing. The posting becomes the brief of an ordinary search. In it only
the title and the distance filter people: years and skills that prose asks for are read with errors.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from vanne.config import Home
from vanne.policy.schedule import policy_at
from vanne.report.member_items import members_of, open_ledger
from vanne.report.switches import purpose_switch
from vanne_assist.brief.criteria import Brief, Kind
from vanne_assist.fairness.search import Asker, RecordedPage, search
from vanne_assist.jobs import PURPOSE
from vanne_assist.jobs.board import Offer
from vanne_assist.jobs.match import FAR_KM, away_km, is_near
from vanne_assist.own import may_be_read
from vanne_assist.search.find import Hit
from vanne_assist.search.index import Index


def brief_of(offer: Offer) -> Brief:
    """Return the brief of a search for an offer: all but its title are wishes.

    Its place is none, as the distance filters.
    """
    criteria = tuple(
        each if each.kind is Kind.TITLE else replace(each, force="nice")
        for each in offer.brief.criteria
        if each.kind is not Kind.PLACE
    )
    return replace(offer.brief, criteria=criteria)


def candidates(
    home: Home,
    index: Index,
    offer: Offer,
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
        ConfigError: the policy in force does not know the purpose.
        StorageError, BusyError: the search could not be recorded: nobody is shown.
    """
    posting = offer.posting

    def may_come(hit: Hit) -> bool:
        return is_near(posting, away_km(posting.workplaces, hit.profile), within_km)

    return search(
        home,
        index,
        brief_of(offer),
        asker,
        now,
        count=count,
        offset=offset,
        among=lambda hits: tuple(filter(may_come, _may_be_matched(home, hits, now))),
        about={
            **(about or {}),
            "posting": posting.posting_id,
            "workplaces": list(posting.workplaces),
            "within_km": within_km,
        },
    )


def _may_be_matched(home: Home, hits: Sequence[Hit], now: datetime) -> list[Hit]:
    """Return of whom job matching may read something at this moment."""
    policy, ids = policy_at(home, now), sorted(hit.member_id for hit in hits)
    with open_ledger(home) as ledger:
        histories = ledger.histories(ids)
    members = {
        member.member_id
        for member in members_of(home, ids)
        if may_be_read(purpose_switch(member, policy, PURPOSE, histories[member.member_id], now))
    }
    return [hit for hit in hits if hit.member_id in members]
