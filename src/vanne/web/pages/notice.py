"""What changes in the policy: from when, in which words, and what it means for the member's items.

Showing a notice is remembered in the ledger, once. That it is remembered is said only if it is, and
if it cannot be, the page is shown all the same and the next time tries again.
"""

import logging

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from vanne.errors import VanneError
from vanne.policy.schedule import PublishedNotice, notices
from vanne.report.notice import effects_of, marked, to_show
from vanne.terms import Channel, Member, Seen
from vanne.web.pages.access import members_only
from vanne.web.session import keyed
from vanne.web.site import Site, page, site_of, words_of

log = logging.getLogger("vanne.web")


@members_only
def show(request: Request, member: Member) -> Response:
    """Show the notice of that id; without one, the first that concerns people now."""
    site, now = site_of(request), site_of(request).now()
    known, current = notices(site.home), to_show(site.home, now)
    notice = _asked(request.path_params.get("notice"), known, current)
    effects = effects_of(site.home, member, notice, now, words_of(request).lang) if notice else []
    entry = _remembered(request, member, notice) if notice else None
    return page(
        request,
        "notice.html",
        member=member,
        notice=notice,
        stands=notice in current,
        waits=notice is not None and notice.effective_at > now,
        effects=effects,
        marked=marked,
        known=known[::-1],
        entry=entry,
    )


def _asked(
    name: str | None, known: list[PublishedNotice], current: list[PublishedNotice]
) -> PublishedNotice | None:
    if name is None:
        return next(iter(current), None)
    found = next((each for each in known if each.notice == name), None)
    if found is None:
        raise HTTPException(404)
    return found


def _remembered(request: Request, member: Member, notice: PublishedNotice) -> int | None:
    """Return the entry that says that the member was shown it; None if it cannot be written."""
    site = site_of(request)
    try:
        with site.ledger() as ledger:
            shown = [i for i, said in ledger.seen(member.member_id) if said.notice == notice.notice]
            if shown or request.method != "GET":
                return next(iter(shown), None)
            seen = Seen(member.member_id, notice.notice, site.now(), Channel.WEB)
            return ledger.append([seen], key=_key(site, member, notice))[0]
    except VanneError as error:
        log.error("it was not recorded that a notice was shown: %s", error)
        return None


def _key(site: Site, member: Member, notice: PublishedNotice) -> str:
    """Return a key by which two pages that are opened at once are recorded once."""
    return keyed(site.home.root, "seen", member.member_id, notice.notice)
