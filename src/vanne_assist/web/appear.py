"""The page «How I appear to recruiters»: what recruiters can find, and which searches did.

The switch on this page is that of being found, and no other. The page shows which searches found
the member and which criteria were met. It names no recruiter and shows no brief, which belongs to
the recruiter.
"""

import json
from collections import Counter
from datetime import date, timedelta

from starlette.requests import Request
from starlette.responses import Response

from vanne.fields import as_json
from vanne.report.member import member_report
from vanne.report.switches import item_switch
from vanne.terms import Member, Reason
from vanne.web.pages.access import members_only
from vanne.web.pages.save_choice import saving
from vanne.web.pages.switches import standing_of, switch_values
from vanne.web.rendering import number_in
from vanne.web.site import page, site_of
from vanne_assist.brief.criteria import Passage
from vanne_assist.brief.facts import facts_of
from vanne_assist.fairness.record import SearchLog, explanation
from vanne_assist.recruiting.lists import PURPOSE
from vanne_assist.web.desk import say_of

ITEMS_A_PAGE = 8
_TOLD = (Reason.ALLOWED, Reason.OFF, Reason.OFF_ITEM, Reason.OFF_CATEGORY, Reason.OFF_BY_DEFAULT)
"""Items that are shown, or would be if the member said so; of others the settings tell."""
_FACTS_SHOWN = 6


def _show(request: Request, member: Member, *, status: int = 200, failed: bool = False) -> Response:
    site, say = site_of(request), say_of(request)
    switch = standing_of(request, member, PURPOSE)
    report = member_report(site.home, member.member_id, switch.as_of, purpose=PURPOSE)
    listed = [item for item in report.items if item.text and item.reason in _TOLD]
    pages = max(1, -(-len(listed) // ITEMS_A_PAGE))
    number = min(number_in(request.query_params.get("page")), pages)
    rows = listed[(number - 1) * ITEMS_A_PAGE : number * ITEMS_A_PAGE]
    items = []
    for item in rows:
        passage = Passage.of(
            {
                "item_id": item.item_id,
                "category": item.category,
                "fields": as_json(item.fields),
                "text": item.text,
            }
        )
        facts = facts_of([passage], report.as_of) if item.allowed else ()
        quotes = [(fact.kind, " ".join(passage.text[slice(*fact.span)].split())) for fact in facts]
        read = list(dict.fromkeys(say.fact(*quote) for quote in quotes))[:_FACTS_SHOWN]
        items.append((item, read, item_switch(item, switch.rules)))
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
        items=items,
        number=number,
        pages=pages,
        told=told,
        weeks=sorted(weeks.items(), reverse=True)[:12],
        **switch_values(request, switch, failed=failed),
    )


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
