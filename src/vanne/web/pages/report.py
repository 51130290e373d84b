"""«What was used of me»: a page, the whole of it to print, and the same as JSON."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from vanne.report import telling
from vanne.report.document import certificate_page, report_file, verify_line
from vanne.report.usage import Usage, UsageReport, usage_report
from vanne.terms import Member
from vanne.web.pages.access import members_only
from vanne.web.paper import title, whole_page
from vanne.web.site import page, site_of, words_of


@members_only
def show(request: Request, member: Member) -> Response:
    """Show what was used for one purpose, in short: the page stays small."""
    report = _report(request, member)
    lang = words_of(request).lang
    return page(
        request,
        "report.html",
        member=member,
        whole=report,
        usage=_asked(report, request.query_params.get("purpose")),
        linked=True,
        tell=telling,
        title=lambda usage: title(usage, lang),
        address=certificate_page,
        verify=verify_line,
    )


@members_only
def whole(request: Request, member: Member) -> Response:
    """Show everything on one page, as long as it is: it is made to be printed."""
    w = words_of(request)
    html = whole_page(_report(request, member), w.lang)
    return HTMLResponse(html, headers={"Content-Language": w.lang})


@members_only
def download(request: Request, member: Member) -> Response:
    """Send the report as a file."""
    name = 'attachment; filename="vanne-report.json"'
    data = report_file(_report(request, member))
    return Response(data, media_type="application/json", headers={"Content-Disposition": name})


def _report(request: Request, member: Member) -> UsageReport:
    site = site_of(request)
    return usage_report(site.home, member.member_id, site.now())


def _asked(report: UsageReport, purpose: str | None) -> Usage:
    named = (usage for usage in report.usages if usage.report.purpose == purpose)
    return next(named, report.usages[0])
