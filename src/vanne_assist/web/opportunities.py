"""The page «Job offers for you»: which offers fit a member and why, and what is missing.

Only the member sees it. It uses what `job-matching` may read of them now. A member who opts out is
shown nothing.
"""

from starlette.requests import Request
from starlette.responses import Response

from vanne.terms import Member
from vanne.web.pages.access import members_only
from vanne.web.pages.save_choice import saving
from vanne.web.pages.switches import standing_of, switch_values
from vanne.web.site import page, site_of, words_of
from vanne_assist.jobs import PURPOSE
from vanne_assist.jobs.board import latest
from vanne_assist.jobs.match import FAR_KM, offers_for
from vanne_assist.own import may_be_read, passages_of
from vanne_assist.report.opportunities import offer_words

PATH = "/opportunities"
_MOST = 20
"""Offers on the page: further down they fit less."""


def _show(request: Request, member: Member, *, status: int = 200, failed: bool = False) -> Response:
    site, lang = site_of(request), words_of(request).lang
    switch = standing_of(request, member, PURPOSE)
    anywhere = request.query_params.get("within") == "all"
    found = offers_for(
        latest(site.home),
        member.member_id,
        passages_of(site.home, member, switch),
        switch.as_of,
        lang=lang,
        within_km=None if anywhere else FAR_KM,
        count=_MOST,
    )
    return page(
        request,
        "opportunities.html",
        status=status,
        member=member,
        may_read=may_be_read(switch),
        found=found,
        offers=[offer_words(each, lang) for each in found.opportunities],
        anywhere=anywhere,
        far_km=FAR_KM,
        **switch_values(request, switch, failed=failed),
    )


show = members_only(_show)


save = saving(None, PURPOSE)
