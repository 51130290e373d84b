"""Global Privacy Control (W3C): a browser says no for its member, once, where the policy counts it.

`Sec-GPC: 1` is the only value that says something. What it says is an entry of the ledger like any
other, so it has a receipt; the member's own choice, once made, is never overridden by it.
"""

import logging
from collections.abc import Sequence

from starlette.requests import Request

from vanne.errors import VanneError
from vanne.plugins import tell_choices
from vanne.policy.schedule import policy_at
from vanne.report.member import open_ledger
from vanne.report.settings import signalled
from vanne.terms import Choice, Member
from vanne.web.session import keyed
from vanne.web.site import Site, site_of

log = logging.getLogger("vanne.web")


def is_sent(request: Request) -> bool:
    """Say whether the member's browser sends the signal."""
    return request.headers.get("sec-gpc") == "1"


def heed(request: Request, member: Member) -> None:
    """Record what the signal says, if it says something that is not recorded yet.

    For pages that are shown: what a member saves is their own word, and none of the browser's
    precedes it. If it cannot be recorded, the page is shown as the ledger knows it, and the next
    page tries again.
    """
    if not is_sent(request):
        return
    site = site_of(request)
    try:
        now = site.now()
        with open_ledger(site.home) as ledger:
            history = ledger.history(member.member_id)
        said = signalled(policy_at(site.home, now), history, member, now)
        if said:
            with site.ledger() as ledger:
                ledger.append(said, key=_key(site, member, said))
            tell_choices(site.home, said, now)
    except VanneError as error:
        log.error("a signal was not recorded: %s", error)


def _key(site: Site, member: Member, said: Sequence[Choice]) -> str:
    """Return a key by which pages that are opened at once record the signal once."""
    purposes = (choice.purpose for choice in said)
    return keyed(site.home.root, "gpc", member.member_id, *purposes)
