"""The switch itself: its page, and saving what a member wants.

A post carries the *wanted* state, so that sending it twice is harmless. It answers 303 to the page,
once the ledger has returned; if the ledger fails it answers 503 with the page, in the old state.
"""

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from vanne.errors import VanneError
from vanne.report.member import MemberReport, member_report
from vanne.terms import MAIN_PURPOSE, Choice, Member
from vanne.web import session
from vanne.web.pages.access import member_or_nobody, members_only, to_sign_in
from vanne.web.pages.form import field
from vanne.web.site import Site, page, site_of

CHANNEL = "web"
NOTICE = "generative-ai/1"
"""The version of the text that the page shows: the ledger keeps which one a member saw."""

WANTED = {"on": True, "off": False}


@members_only
def show(request: Request, member: Member) -> Response:
    """Show where the member stands, and what the switch does."""
    return _page(request, member, saved=session.announced(request))


async def save(request: Request) -> Response:
    """Save what the member wants, then show the page again."""
    member = await run_in_threadpool(member_or_nobody, request)
    if member is None:
        return to_sign_in(request)
    wanted = WANTED.get(await field(request, "wanted"))
    if wanted is None:
        raise HTTPException(400)
    return await run_in_threadpool(_save, request, member, wanted)


def _save(request: Request, member: Member, wanted: bool) -> Response:
    try:
        index = _append(site_of(request), member, wanted)
    except VanneError:
        return _not_saved(request, member)
    session.announce(request, index)
    return RedirectResponse(request.url.path, 303)


def _append(site: Site, member: Member, wanted: bool) -> int:
    choice = Choice(
        member_id=member.member_id,
        purpose=MAIN_PURPOSE,
        scope="all",
        on=wanted,
        at=site.now(),
        channel=CHANNEL,
        notice=NOTICE,
    )
    with site.ledger() as ledger:
        return ledger.append([choice])[0]


def _not_saved(request: Request, member: Member) -> Response:
    """Say that nothing changed: on the page as it was, or without it if that cannot be read."""
    try:
        return _page(request, member, status=503, saved=None, failed=True)
    except VanneError:
        return page(request, "not-saved.html", status=503, member=member)


def _page(
    request: Request,
    member: Member,
    *,
    status: int = 200,
    saved: int | None,
    failed: bool = False,
) -> Response:
    site = site_of(request)
    report = member_report(site.home, member.member_id, site.now())
    return page(
        request,
        "switch.html",
        status=status,
        member=member,
        report=report,
        never=_never(report),
        saved=saved,
        failed=failed,
    )


def _never(report: MemberReport) -> list[str]:
    return sorted(report.policy.purpose(report.purpose).never)
