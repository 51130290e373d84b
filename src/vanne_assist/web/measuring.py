"""Whether the tools help: what the operator sees, and what each person is told and can switch.

Nobody who is counted sees less than the operator: the same numbers, and which experiments run.
"""

import logging

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from vanne.errors import VanneError
from vanne.terms import Member
from vanne.web.pages.access import members_only, staff_only
from vanne.web.pages.purpose import PATHS, shown, standing_of
from vanne.web.pages.saving import saving
from vanne.web.session import Person
from vanne.web.site import page, site_of
from vanne_assist.report import measuring
from vanne_assist.use import PURPOSE, Account, said_yes
from vanne_assist.use.consent import choose
from vanne_assist.use.experiments import every
from vanne_assist.use.telling import told as numbers
from vanne_assist.web.counting import who_of
from vanne_assist.web.desk import ROLE, recruiting

log = logging.getLogger("vanne.web")

OF_MEMBERS = PATHS[PURPOSE]
OF_RECRUITERS = "/find/counting"


@staff_only("operator")
def operator(request: Request, person: Person) -> Response:
    """Show the numbers of whole weeks, and where every experiment stands."""
    site = site_of(request)
    with site.ledger() as ledger:
        document = numbers(site.home, ledger, site.now())
    return page(request, "use.html", member=None, told=document, say=measuring)


def _member(
    request: Request, member: Member, *, status: int = 200, failed: bool = False
) -> Response:
    """Show a member what is counted, and their switch."""
    site, switch = site_of(request), standing_of(request, member, PURPOSE)
    with site.ledger() as ledger:
        is_counted = said_yes(site.home, ledger, member, switch.as_of)
    return page(
        request,
        "counting.html",
        status=status,
        member=member,
        is_counted=is_counted,
        **shown(request, switch, failed=failed),
        **_counted(request),
    )


def _counted(request: Request) -> dict[str, object]:
    """Return what is counted of everybody who says yes, and which experiments run."""
    site = site_of(request)
    running = [each.plan for each in every(site.home) if each.stands(site.now()) == "running"]
    return {"say": measuring, "events": list(measuring.EVENTS), "running": running}


member = members_only(_member)
save = saving(_member, PURPOSE)


@staff_only(ROLE)
def recruiter(request: Request, person: Person) -> Response:
    """Show a recruiter what is counted, and their switch; that of a member is in their settings."""
    return _recruiter(request, failed=False)


def _recruiter(request: Request, *, failed: bool) -> Response:
    site, who = site_of(request), who_of(request)
    with site.ledger() as ledger:
        is_counted = who is not None and said_yes(site.home, ledger, who, site.now())
    return page(
        request,
        "find-counting.html",
        status=503 if failed else 200,
        member=None,
        failed=failed,
        is_counted=is_counted,
        own_switch=isinstance(who, Account),
        settings=OF_MEMBERS,
        **_counted(request),
    )


def _choose(request: Request, person: Person, sent: dict[str, str]) -> Response:
    """Keep a recruiter's yes or no."""
    site, who = site_of(request), who_of(request)
    if not isinstance(who, Account) or sent.get("set") not in ("on", "off"):
        raise HTTPException(400)
    try:
        choose(site.home, who, site.now(), on=sent["set"] == "on")
    except VanneError as error:
        log.error("%s", error)
        return _recruiter(request, failed=True)
    return RedirectResponse(OF_RECRUITERS, 303)


decide = recruiting(_choose)
