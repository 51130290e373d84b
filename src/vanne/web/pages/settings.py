"""The way to each switch: all settings, and those of data privacy: a line a purpose, its state."""

from starlette.requests import Request
from starlette.responses import Response

from vanne.report.member import member_report
from vanne.report.notice import unseen
from vanne.terms import Member
from vanne.web.pages.access import members_only
from vanne.web.pages.guides import all_guides
from vanne.web.pages.purpose import rows
from vanne.web.site import page, site_of


@members_only
def sections(request: Request, member: Member) -> Response:
    """Show every section of the settings."""
    return _answer(request, "settings.html", member)


@members_only
def data_privacy(request: Request, member: Member) -> Response:
    """Show the section of data privacy alone."""
    return _answer(request, "data-privacy.html", member)


def _answer(request: Request, template: str, member: Member) -> Response:
    site = site_of(request)
    report = member_report(site.home, member.member_id, site.now())
    news = unseen(site.home, member, report.as_of)
    return page(
        request,
        template,
        member=member,
        report=report,
        purposes=rows(request, member, report),
        guides=all_guides(),
        news=news,
    )
