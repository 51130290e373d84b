"""The page of a purpose: where the member stands for it, and its one switch.

No page switches more than one purpose, and each purpose is switched on one page. Those that do
something here have it among what they do; any other that a policy names has this page.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from vanne import plugins
from vanne.report.member import MemberReport, open_ledger
from vanne.report.settings import PurposeSwitch, purpose_switches, standing, words_shown
from vanne.terms import MAIN_PURPOSE, Member, Purpose
from vanne.web import session
from vanne.web.pages.access import members_form, members_only
from vanne.web.pages.saving import keep, new_key
from vanne.web.pages.signal import is_sent
from vanne.web.site import page, site_of, words_of
from vanne.words import purpose_words

MAIN = "/settings/data-privacy/generative-ai"
ANY = "/settings/data-privacy/purposes/{purpose}"


class PurposeRow(NamedTuple):
    """A line of the settings: a purpose, the address of its page, and where the member stands."""

    title: str
    path: str
    switch: PurposeSwitch


def path_of(purpose: Purpose) -> str:
    """Return the address of the page on which a purpose is switched."""
    return own_page(purpose) or ANY.format(purpose=quote(purpose, safe=""))


def own_page(purpose: Purpose) -> str | None:
    """Return the address of the page that shows what a purpose does, if it has one of its own."""
    if purpose == MAIN_PURPOSE:
        return MAIN
    return next((p.switches[purpose] for p in plugins.pages() if purpose in p.switches), None)


def rows(request: Request, member: Member, report: MemberReport) -> Iterator[PurposeRow]:
    """Give the line of each purpose of the policy in force, the main one first.

    Raises:
        MissingError: there is no ledger.
    """
    lang = words_of(request).lang
    with open_ledger(site_of(request).home) as ledger:
        history = ledger.history(member.member_id)
    for switch in purpose_switches(member, report.policy, history, report.as_of):
        title = purpose_words(switch.purpose, switch.rules.words, lang).title
        yield PurposeRow(title, path_of(switch.purpose), switch)


def standing_of(request: Request, member: Member, purpose: Purpose) -> PurposeSwitch:
    """Return where a member stands for a purpose.

    Raises:
        HTTPException: the policy in force has no such purpose (404).
    """
    site = site_of(request)
    switch = standing(site.home, member, purpose, site.now())
    if switch is None:
        raise HTTPException(404)
    return switch


def shown(request: Request, switch: PurposeSwitch, *, failed: bool) -> dict[str, Any]:
    """Return what every page with a purpose's switch shows of it (`switch-parts.html`)."""
    return {
        "switch": switch,
        "shown": words_shown(site_of(request).home, switch, words_of(request).lang),
        "signal": is_sent(request),
        "key": new_key(),
        "saved": None if failed else session.announced(request),
        "failed": failed,
    }


def _show(request: Request, member: Member, *, status: int = 200, failed: bool = False) -> Response:
    purpose = request.path_params["purpose"]
    switch = standing_of(request, member, purpose)
    if path := own_page(purpose):
        return RedirectResponse(path, 303)
    values = shown(request, switch, failed=failed)
    return page(request, "purpose.html", status=status, member=member, **values)


def _save(request: Request, member: Member, sent: dict[str, str]) -> Response:
    return keep(_show, request.path_params["purpose"], request, member, sent)


show = members_only(_show)
save = members_form(_save)
