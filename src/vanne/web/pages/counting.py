"""Count what people do on the pages, if they said yes; no page waits for it or fails by it."""

import logging

from starlette.requests import Request

from vanne.assist.use import Account, Event, Who
from vanne.assist.use import count as count_event
from vanne.errors import VanneError
from vanne.web.session import person_of
from vanne.web.site import member_of, site_of

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


def who_of(request: Request) -> Who | None:
    """Return who is signed in, as a member if they are one: then their own switch counts."""
    person = person_of(request)
    if person is None:
        return None
    return member_of(request) or (None if "member" in person.roles else Account(person.subject))
