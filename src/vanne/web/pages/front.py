"""The front page, and the demonstration's sign-in without a password."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from vanne.report.belongings import find_member
from vanne.report.member import member_report
from vanne.report.words import LANGUAGES
from vanne.web import session
from vanne.web.pages.form import field
from vanne.web.roster import people
from vanne.web.site import member_of, page, site_of


def home(request: Request) -> Response:
    """Show a member their home, and anybody else whom they may sign in as."""
    member, site = member_of(request), site_of(request)
    if member is None:
        return _welcome(request, request.query_params.get("q", "").strip()[:100])
    report = member_report(site.home, member.member_id, site.now())
    return page(request, "home.html", member=member, report=report)


async def sign_in(request: Request) -> Response:
    """Sign in as a made-up member."""
    return await run_in_threadpool(_sign_in, request, await field(request, "member"))


def _sign_in(request: Request, member_id: str) -> Response:
    if find_member(site_of(request).home, member_id) is None:
        return _welcome(request, member_id, status=404)
    session.sign_in(request, member_id)
    return RedirectResponse("/", 303)


async def sign_out(request: Request) -> Response:
    """Sign out, whoever it is."""
    session.sign_out(request)
    return RedirectResponse("/", 303)


async def to_front(request: Request) -> Response:
    """Lead who reloads what a form answered, or changes its language, to the front page."""
    lang = request.query_params.get("lang")
    return RedirectResponse(f"/?lang={lang}" if lang in LANGUAGES else "/", 303)


def _welcome(request: Request, wanted: str, status: int = 200) -> Response:
    found = people(site_of(request).home, wanted)
    return page(request, "welcome.html", status=status, member=None, people=found, wanted=wanted)
