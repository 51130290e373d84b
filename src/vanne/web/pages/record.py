"""The member's whole record: every choice, when, how it came, and its receipt."""

from starlette.requests import Request
from starlette.responses import Response

from vanne.policy.schedule import policy_at
from vanne.report.member import open_ledger
from vanne.terms import Member
from vanne.web.pages.access import members_only
from vanne.web.site import number_in, page, site_of

ENTRIES_A_PAGE = 20


@members_only
def show(request: Request, member: Member) -> Response:
    """Show one page of the record, newest first."""
    site = site_of(request)
    with open_ledger(site.home) as ledger:
        history = ledger.history(member.member_id)[::-1]
    pages = max(1, -(-len(history) // ENTRIES_A_PAGE))
    number = min(number_in(request.query_params.get("page")), pages)
    first = (number - 1) * ENTRIES_A_PAGE
    listed = history[first : first + ENTRIES_A_PAGE]
    return page(
        request,
        "record.html",
        member=member,
        listed=listed,
        rules=policy_at(site.home, site.now()).purposes,
        start=len(history) - first,
        number=number,
        pages=pages,
    )
