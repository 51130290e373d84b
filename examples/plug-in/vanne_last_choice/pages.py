"""The page that tells a member when they last chose."""

from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from vanne.plugins import MenuLink, Pages
from vanne.terms import Member
from vanne.web.pages.access import members_only
from vanne.web.site import page, site_of
from vanne.words import sentence
from vanne_last_choice import store


@members_only
def show(request: Request, member: Member) -> Response:
    """Show it."""
    with store(site_of(request).home) as db:
        row = db.execute(
            "SELECT at FROM last_choice WHERE member_id = ?", [member.member_id]
        ).fetchone()
    at = datetime.fromisoformat(row[0]) if row else None
    return page(request, "last-choice.html", member=member, at=at)


PAGES = Pages(
    routes=(Route("/last-choice", show),),
    templates="vanne_last_choice",
    links=(MenuLink("settings", "/last-choice", sentence("My last choice")),),
)
