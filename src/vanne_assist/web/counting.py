"""Count what people do on the pages, if they said yes; no page waits for it or fails by it."""

import logging

from starlette.requests import Request

from vanne.errors import VanneError
from vanne.web.session import person_of
from vanne.web.site import member_of, site_of
from vanne_assist.use import Account, Event, Part, Who
from vanne_assist.use import count as count_event
from vanne_assist.use import look_of as look_now
from vanne_assist.use.parts import LOOKS

log = logging.getLogger("vanne.web")

_BEGUN = "begun"
"""Under which name the session keeps what somebody has begun."""


def count(request: Request, event: Event) -> None:
    """Count something that whoever is signed in did, if they said yes to being counted."""
    site = site_of(request)
    try:
        who = who_of(request)
        if who is None:
            return
        before = request.session.get(_BEGUN, {})
        with site.ledger() as ledger:
            going = count_event(site.home, ledger, who, event, site.now(), before)
    except VanneError as error:
        log.error("nothing was counted: %s", error)
        return
    if going:
        request.session[_BEGUN] = going
    else:
        request.session.pop(_BEGUN, None)


def look_of(request: Request, part: Part) -> str:
    """Return how a part of a page looks to whoever is signed in: as usual when in doubt."""
    site = site_of(request)
    try:
        who = who_of(request)
        if who is not None:
            with site.ledger() as ledger:
                return look_now(site.home, ledger, who, part, site.now())
    except VanneError as error:
        log.error("no experiment: %s", error)
    return LOOKS[part].usual


def who_of(request: Request) -> Who | None:
    """Return who is signed in, as a member if they are one: then their own switch counts."""
    person = person_of(request)
    if person is None:
        return None
    return member_of(request) or (None if "member" in person.roles else Account(person.subject))
