"""«How I appear to recruiters»: what of a member can be found, why they were, and who looked.

The switch is that of being found alone. Which searches showed somebody is told without naming who
searched, and with the criteria that were met, never the brief: that is the recruiter's.
"""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from vanne.fields import as_json
from vanne.report.member import MemberReport, OwnItem, member_report
from vanne.report.switches import PurposeSwitch, item_switch
from vanne.terms import ItemId, Member, Reason
from vanne.web.pages.access import members_only
from vanne.web.pages.save_choice import saving
from vanne.web.pages.switches import standing_of, switch_values
from vanne.web.site import number_in, page, site_of
from vanne_assist.brief.criteria import Passage
from vanne_assist.brief.facts import facts_of
from vanne_assist.fairness.record import SearchLog, explanation
from vanne_assist.recruiting.lists import PURPOSE
from vanne_assist.report.finding import Say
from vanne_assist.web.desk import say_of

ITEMS_A_PAGE = 8
_TOLD = (Reason.ALLOWED, Reason.OFF, Reason.OFF_ITEM, Reason.OFF_CATEGORY, Reason.OFF_BY_DEFAULT)
"""Items that are shown, or would be if the member said so; of others the settings tell."""
_FACTS_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Appearing:
    """An item, whether recruiters see it, what was read from it, and its switch if it has one."""

    item_id: ItemId
    category: str | None
    created_at: datetime | None
    text: str
    lang: str | None
    reason: Reason
    facts: tuple[str, ...]
    on: bool | None

    @property
    def is_shown(self) -> bool:
        """Whether recruiters see it."""
        return self.reason is Reason.ALLOWED


def _show(request: Request, member: Member, *, status: int = 200, failed: bool = False) -> Response:
    site, say = site_of(request), say_of(request)
    switch = standing_of(request, member, PURPOSE)
    report = member_report(site.home, member.member_id, switch.as_of, purpose=PURPOSE)
    listed = [item for item in report.items if item.text and item.reason in _TOLD]
    pages = max(1, -(-len(listed) // ITEMS_A_PAGE))
    number = min(number_in(request.query_params.get("page")), pages)
    rows = listed[(number - 1) * ITEMS_A_PAGE : number * ITEMS_A_PAGE]
    told = explanation(SearchLog(site.home), member.member_id, site.now())
    days = (date.fromisoformat(search["day"]) for search in told["searches"])
    weeks = Counter(day - timedelta(days=day.weekday()) for day in days)  # by their Mondays
    return page(
        request,
        "appear.html",
        status=status,
        member=member,
        report=report,
        may_be_found=report.state.used and any(item.allowed for item in report.items),
        items=[_appearing(item, report, switch, say) for item in rows],
        number=number,
        pages=pages,
        told=told,
        weeks=sorted(weeks.items(), reverse=True)[:12],
        **switch_values(request, switch, failed=failed),
    )


def _appearing(item: OwnItem, report: MemberReport, switch: PurposeSwitch, say: Say) -> Appearing:
    passage = Passage.of(
        {
            "item_id": item.item_id,
            "category": item.category,
            "fields": as_json(item.fields),
            "text": item.text,
        }
    )
    facts = facts_of([passage], report.as_of) if item.allowed else ()
    said = dict.fromkeys(say.fact(f.kind, _words(passage, f.span)) for f in facts)
    on = item_switch(item, switch.rules)
    return Appearing(
        item_id=item.item_id,
        category=item.category,
        created_at=item.created_at,
        text=item.text or "",
        lang=None,
        reason=item.reason,
        facts=tuple(said)[:_FACTS_SHOWN],
        on=on,
    )


def _words(passage: Passage, span: tuple[int, int]) -> str:
    return " ".join(passage.text[slice(*span)].split())


show = members_only(_show)
save = saving(None, PURPOSE)


@members_only
def download(request: Request, member: Member) -> Response:
    """Send the explanation as a document: which searches showed them, by which criteria."""
    site = site_of(request)
    told = explanation(SearchLog(site.home), member.member_id, site.now())
    data = json.dumps(told, ensure_ascii=False, indent=1).encode()
    name = 'attachment; filename="vanne-search-explanation.json"'
    return Response(data, media_type="application/json", headers={"Content-Disposition": name})
