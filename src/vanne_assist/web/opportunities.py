"""The page «Job offers for you»: which offers fit a member and why, and what is missing.

Only the member sees it. It uses what `job-matching` may read of them now. A member who opts out is
shown nothing, and their muted reasons are deleted.
"""

import logging

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from vanne.errors import InputError, VanneError
from vanne.terms import Member
from vanne.web.pages.access import members_form, members_only
from vanne.web.pages.save_choice import save_choice
from vanne.web.pages.switches import standing_of, switch_values
from vanne.web.site import page, site_of, words_of
from vanne.words import sentence
from vanne_assist.jobs import PURPOSE
from vanne_assist.jobs.match import FAR_KM, MutedReason, mute, offers_for
from vanne_assist.own import may_be_read, passages_of
from vanne_assist.report.opportunities import muted_words, offer_words
from vanne_assist.web.desk import tell, told
from vanne_assist.web.postings import Offers

log = logging.getLogger("vanne.web")

PATH = "/opportunities"
_MOST = 20
"""Offers on the page: further down they fit less."""
_DONE = {
    "mute": sentence("We will not match on this any more."),
    "unmute": sentence("It counts again."),
}


def _show(request: Request, member: Member, *, status: int = 200, failed: bool = False) -> Response:
    site, lang = site_of(request), words_of(request).lang
    switch = standing_of(request, member, PURPOSE)
    anywhere = request.query_params.get("within") == "all"
    found = offers_for(
        site.home,
        site.part(Offers).latest(),
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
        offers=[offer_words(each, lang) for each in found.matches.offers],
        muted=[(each.code, muted_words(each, lang)) for each in found.muted],
        anywhere=anywhere,
        far_km=FAR_KM,
        said=told(request, _DONE),
        **switch_values(request, switch, failed=failed),
    )


show = members_only(_show)


@members_form
def act(request: Request, member: Member, sent: dict[str, str]) -> Response:
    """Mute a reason or let it count again, or keep what the switch of the page says."""
    if "set" in sent:
        return save_choice(None, PURPOSE, request, member, sent)
    site, do = site_of(request), "unmute" if "unmute" in sent else "mute"
    if not may_be_read(standing_of(request, member, PURPOSE)):
        raise HTTPException(400)
    try:
        reason = MutedReason.of(sent.get(do, ""))
        mute(site.home, member.member_id, reason, site.now() if do == "mute" else None)
    except InputError as error:
        raise HTTPException(400) from error
    except VanneError as error:
        log.error("%s", error)
        return _show(request, member, status=503, failed=True)
    tell(request, do)
    return RedirectResponse(f"{PATH}?{request.url.query}" if request.url.query else PATH, 303)
