"""The front page: what this is for a stranger; what there is for whoever is signed in."""

from starlette.requests import Request
from starlette.responses import Response

from vanne.report.member import member_report
from vanne.report.notice import unseen
from vanne.web.session import ROLES, person_of
from vanne.web.site import member_of, page, site_of


def home(request: Request) -> Response:
    """Show a member their home, staff what their roles open, and anybody else what this is."""
    person, member, site = person_of(request), member_of(request), site_of(request)
    roles = [role for role in ROLES[1:] if person and role in person.roles]
    if member:
        report = member_report(site.home, member.member_id, site.now())
        news = unseen(site.home, member, report.as_of)
        return page(request, "home.html", member=member, report=report, roles=roles, news=news)
    if person and roles:
        return page(request, "home-staff.html", member=None, person=person, roles=roles)
    return page(request, "welcome.html", member=None)
