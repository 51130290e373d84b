"""The settings pages: the list of purposes, the page of each purpose, and the switches of items.

Each page switches one purpose, and each purpose is switched on one page. A purpose that has pages
of its own has its switch there (`own_page`). Any other purpose of the policy has the plain page of
a purpose.
"""

import logging
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from vanne import plugins
from vanne.errors import VanneError
from vanne.policy.schedule import notices
from vanne.report.contacts import authority_of, contact_of
from vanne.report.document import certificate_page
from vanne.report.guide import all_guides
from vanne.report.member import (
    RULED_OUT,
    MemberReport,
    OthersItem,
    OwnItem,
    ReportItem,
    member_report,
    open_ledger,
)
from vanne.report.notice import unseen
from vanne.report.person import page_of, state_of_member
from vanne.report.person_words import details, exports
from vanne.report.switches import (
    PurposeSwitch,
    item_switch,
    purpose_switch,
    purpose_switches,
    standing,
    words_shown,
)
from vanne.terms import MAIN_PURPOSE, Member, Purpose
from vanne.web import session
from vanne.web.pages.access import has_signal, members_form, members_only
from vanne.web.pages.save_choice import Failed, new_key, save_choice, saving, seal
from vanne.web.site import page, paged, site_of, words_of
from vanne.words import purpose_words

log = logging.getLogger("vanne.web")


@members_only
def sections(request: Request, member: Member) -> Response:
    """Show every section of the settings."""
    return _sections(request, "settings.html", member)


@members_only
def data_privacy(request: Request, member: Member) -> Response:
    """Show the section of data privacy alone."""
    return _sections(request, "data-privacy.html", member)


def _sections(request: Request, template: str, member: Member) -> Response:
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


def switch_values(request: Request, switch: PurposeSwitch, *, failed: Failed) -> dict[str, Any]:
    """Return what every page with a purpose's switch shows of it (`switch-parts.html`)."""
    shown = words_shown(site_of(request).home, switch, words_of(request).lang)
    unsaved = session.unsaved(request)
    return {
        "switch": switch,
        "shown": shown,
        "seal": seal(request, shown),
        "signal": has_signal(request),
        "key": new_key(),
        "saved": None if failed else session.announced(request),
        "failed": failed or ("signed-out" if unsaved else False),
    }


def _purpose_page(
    request: Request, member: Member, *, status: int = 200, failed: Failed = False
) -> Response:
    purpose = request.path_params["purpose"]
    switch = standing_of(request, member, purpose)
    if path := own_page(purpose):
        return RedirectResponse(path, 303)
    home = site_of(request).home
    person = state_of_member(home, member.member_id, purpose, switch.as_of)
    return page(
        request,
        "purpose.html",
        status=status,
        member=member,
        person=person,
        messages=[*details(person), *exports(person)],
        **switch_values(request, person.switch, failed=failed),
    )


def _save_purpose(request: Request, member: Member, sent: dict[str, str]) -> Response:
    return save_choice(_purpose_page, request.path_params["purpose"], request, member, sent)


purpose_page = members_only(_purpose_page)
save_purpose = members_form(_save_purpose)


SHOWN_OF_RECORD = 3
"""How many entries of the record this page shows; the rest have a page of their own."""


def _training_page(
    request: Request, member: Member, *, status: int = 200, failed: Failed = False
) -> Response:
    site = site_of(request)
    shown = page_of(site.home, member, site.now())
    contact = None
    try:
        contact = contact_of(site.home)
    except VanneError as error:  # a mistake in the operator's file takes no switch away
        log.error("%s", error)

    return page(
        request,
        "switch.html",
        status=status,
        member=member,
        gate=shown.person,
        report=shown.report,
        kinds=shown.kinds,
        history=shown.history,
        newest=shown.report.history[-SHOWN_OF_RECORD:],
        never=sorted(shown.person.switch.rules.never),
        authority=authority_of(member.region),
        contact=contact,
        has_notices=bool(notices(site.home)),
        address=certificate_page,
        stopped="still" in request.query_params,
        **switch_values(request, shown.person.switch, failed=failed),
    )


training_page = members_only(_training_page)
save_training = saving(_training_page, MAIN_PURPOSE)


ITEMS_A_PAGE = 8


def _used_page(
    request: Request, member: Member, *, status: int = 200, failed: Failed = False
) -> Response:
    """Show one page of the member's items, of one category or of all, or of others' items."""
    site = site_of(request)
    report = member_report(site.home, member.member_id, site.now())
    switch = purpose_switch(member, report.policy, MAIN_PURPOSE, report.history, report.as_of)
    query = request.query_params
    of_others = query.get("of") == "others"
    chosen = query.get("category")

    def listed(item: ReportItem, *, is_fixed: bool) -> bool:
        if isinstance(item, OthersItem) != of_others or (chosen and item.category != chosen):
            return False
        return (isinstance(item, OwnItem) and item.reason in RULED_OUT) == is_fixed

    # what a choice can change comes first; no press moves an item
    places = report.places(partial(listed, is_fixed=False), partial(listed, is_fixed=True))
    shown = paged(request, places, ITEMS_A_PAGE)
    return page(
        request,
        "used.html",
        status=status,
        member=member,
        report=report,
        listed=shown._replace(rows=[report.item(place) for place in shown.rows]),
        others=len(report.data) - report.count(),
        chosen=chosen,
        of_others=of_others,
        item_switch=partial(item_switch, rules=switch.rules),
        **switch_values(request, switch, failed=failed),
    )


used_page = members_only(_used_page)
save_used = saving(_used_page, MAIN_PURPOSE)
