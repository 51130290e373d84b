"""Every item of a member, with its verdict, what holds it, and its own switch."""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from vanne.report.member import MemberReport, OthersItem, OwnItem, member_report
from vanne.report.settings import item_switch, purpose_switch
from vanne.terms import MAIN_PURPOSE, Member
from vanne.web.pages.access import members_only
from vanne.web.pages.purpose import shown
from vanne.web.pages.saving import saving
from vanne.web.site import number_in, page, site_of

ITEMS_A_PAGE = 8


def _items(
    request: Request, member: Member, *, status: int = 200, failed: bool = False
) -> Response:
    """Show one page of the member's items, of one category or of all, or of others' items."""
    site = site_of(request)
    report = member_report(site.home, member.member_id, site.now())
    switch = purpose_switch(member, report.policy, MAIN_PURPOSE, report.history, report.as_of)
    asked = request.query_params
    of_others = asked.get("of") == "others"
    chosen = asked.get("category")
    listed = _listed(report, of_others=of_others, category=chosen)
    pages = max(1, -(-len(listed) // ITEMS_A_PAGE))
    number = min(number_in(asked.get("page")), pages)
    first = (number - 1) * ITEMS_A_PAGE
    return page(
        request,
        "used.html",
        status=status,
        member=member,
        report=report,
        listed=listed[first : first + ITEMS_A_PAGE],
        total=len(listed),
        first=first + 1,
        number=number,
        pages=pages,
        chosen=chosen,
        of_others=of_others,
        item_switch=partial(item_switch, rules=switch.rules),
        **shown(request, switch, failed=failed),
    )


def _listed(
    report: MemberReport, *, of_others: bool, category: str | None
) -> tuple[OwnItem | OthersItem, ...]:
    whole: tuple[OwnItem | OthersItem, ...] = report.others if of_others else report.items
    return whole if not category else tuple(i for i in whole if i.category == category)


items = members_only(_items)
save = saving(_items, MAIN_PURPOSE)
