"""Every item of a member, with its verdict and what holds it."""

from starlette.requests import Request
from starlette.responses import Response

from vanne.report.member import MemberReport, OthersItem, OwnItem, member_report
from vanne.terms import Member
from vanne.web.pages.access import members_only
from vanne.web.site import page, site_of

ITEMS_A_PAGE = 15


@members_only
def items(request: Request, member: Member) -> Response:
    """Show one page of the member's items, of one category or of all, or of others' items."""
    site = site_of(request)
    report = member_report(site.home, member.member_id, site.now())
    asked = request.query_params
    of_others = asked.get("of") == "others"
    chosen = asked.get("category")
    listed = _listed(report, of_others=of_others, category=chosen)
    pages = max(1, -(-len(listed) // ITEMS_A_PAGE))
    number = min(_number(asked.get("page")), pages)
    first = (number - 1) * ITEMS_A_PAGE
    return page(
        request,
        "used.html",
        member=member,
        report=report,
        listed=listed[first : first + ITEMS_A_PAGE],
        total=len(listed),
        first=first + 1,
        number=number,
        pages=pages,
        chosen=chosen,
        of_others=of_others,
    )


def _listed(
    report: MemberReport, *, of_others: bool, category: str | None
) -> tuple[OwnItem | OthersItem, ...]:
    whole: tuple[OwnItem | OthersItem, ...] = report.others if of_others else report.items
    return whole if not category else tuple(i for i in whole if i.category == category)


def _number(text: str | None) -> int:
    return max(1, int(text)) if text and text.isascii() and text.isdigit() and len(text) < 9 else 1
