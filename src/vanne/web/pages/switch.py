"""The page of training: where the member stands, its switches, and what each of them does."""

import logging

from starlette.requests import Request
from starlette.responses import Response

from vanne.config import Home
from vanne.errors import VanneError
from vanne.policy.schedule import notices
from vanne.report.contacts import Contact, authority_of, contact_of
from vanne.report.settings import settings_of
from vanne.terms import MAIN_PURPOSE, Member
from vanne.web.pages.access import members_only
from vanne.web.pages.purpose import shown
from vanne.web.pages.saving import saving
from vanne.web.site import page, site_of

log = logging.getLogger("vanne.web")

SHOWN_OF_RECORD = 3
"""How many entries of the record this page shows; the rest have a page of their own."""


def _show(request: Request, member: Member, *, status: int = 200, failed: bool = False) -> Response:
    site = site_of(request)
    settings = settings_of(site.home, member, site.now())
    return page(
        request,
        "switch.html",
        status=status,
        member=member,
        settings=settings,
        report=settings.report,
        newest=settings.history[-SHOWN_OF_RECORD:],
        never=sorted(settings.main.rules.never),
        authority=authority_of(member.region),
        contact=_contact(site.home),
        has_notices=bool(notices(site.home)),
        **shown(request, settings.main, failed=failed),
    )


def _contact(home: Home) -> Contact | None:
    """Return whom to write to; a mistake in the operator's file takes no switch away."""
    try:
        return contact_of(home)
    except VanneError as error:
        log.error("%s", error)
        return None


show = members_only(_show)
save = saving(_show, MAIN_PURPOSE)
