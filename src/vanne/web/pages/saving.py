"""Save what a member wants, for every page that has switches.

A form carries the *wanted* state (`set=off:all:PURPOSE`, `on:category:PURPOSE:KIND`,
`off:item:PURPOSE:ITEM`, `off:everything`) and a key that was made with the page. Sent twice, it is
recorded once; sent again after the member changed their mind, it changes nothing. It answers 303
to the same page, once the ledger has returned; if that fails, 503 with the page in the old state.
"""

import logging
import secrets
from collections.abc import Callable
from datetime import datetime
from functools import partial

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from vanne.assist.recruiting.leaving import catch_up
from vanne.errors import ConflictError, InputError, VanneError
from vanne.ledger import Ledger
from vanne.policy.schedule import notice_shown, policy_at
from vanne.report.belongings import items_of
from vanne.report.settings import Place, Wish, purpose_switches, receipt_of, wished
from vanne.terms import MAIN_PURPOSE, Choice, ItemId, Member, Scope
from vanne.web import session
from vanne.web.pages.access import members_form
from vanne.web.site import Site, page, site_of

log = logging.getLogger("vanne.web")

CHANNEL = "web"

_STATES = {"on": True, "off": False}
_SCOPES: dict[str, Scope] = {"all": "all", "category": "category", "item": "item"}

Show = Callable[..., Response]
"""A page with switches: `show(request, member, status=503, failed=True)`."""


def new_key() -> str:
    """Return the key of a form: whatever is sent with it is recorded once."""
    return secrets.token_urlsafe(9)


def saving(show: Show) -> Callable[[Request], object]:
    """Make the address that a page's forms are posted to."""
    return members_form(partial(keep, show))


def read_wish(text: str) -> Wish | None:
    """Read the wanted state that a form carries; None if it is none.

    Without a purpose it is for the main one: a page with many switches stays small.

    >>> read_wish("off:category::photo")
    Wish(on=False, scope='category', purpose='generative-ai-training', target='photo')
    >>> read_wish("toggle:all:generative-ai-training")
    """
    state, _, rest = text.partition(":")
    if state not in _STATES:
        return None
    if rest == "everything":
        return Wish(_STATES[state], "everything")
    scope, _, rest = rest.partition(":")
    purpose, _, target = rest.partition(":")
    if scope not in _SCOPES or (scope == "all") == bool(target):
        return None
    return Wish(_STATES[state], _SCOPES[scope], purpose or MAIN_PURPOSE, target or None)


def keep(show: Show, request: Request, member: Member, sent: dict[str, str]) -> Response:
    """Save what a form wants, and lead back to its page.

    Raises:
        HTTPException: it wants nothing that there is (400).
    """
    site = site_of(request)
    wish = read_wish(sent.get("set", ""))
    if wish is None:
        raise HTTPException(400)
    try:
        saved = _save(site, member, wish, sent)
    except InputError as error:
        raise HTTPException(400) from error
    except ConflictError:  # the same form came before and moved something else since
        saved = None
    except VanneError as error:
        log.error("a choice was not saved: %s", error)
        return _not_saved(show, request, member)
    if saved is not None:
        session.announce(request, saved)
    return RedirectResponse(_here(request), 303)


def _save(site: Site, member: Member, wish: Wish, sent: dict[str, str]) -> session.Saved | None:
    """Record what is not already so; return the receipts to announce.

    What was sent before, when the member has changed their mind since, is not announced as saved.
    """
    now = site.now()
    with site.ledger() as ledger:
        history = ledger.history(member.member_id)
        switches = list(purpose_switches(member, policy_at(site.home, now), history, now))
        moved, kept = wished(wish, switches, partial(_owns, site, member))
        key = _key(site, member, sent)
        if not moved:
            if key and not ledger.knows(key):
                ledger.append([], key=key)  # sent again after a change of mind it moves nothing
            index = receipt_of(history, kept)
            return None if index is None else (index, 1)
        notice = notice_shown(site.home, now)
        choices = [_choice(member, place, wish, now, notice) for place in moved]
        indices = ledger.append(choices, key=key)
        is_replay = indices[0] in dict(history)
        heard(site, ledger)
        return None if is_replay else (indices[0], len(indices))


def heard(site: Site, ledger: Ledger) -> None:
    """Let the recruiters' desks hear of a choice at once; that they cannot keeps no choice back.

    A desk also hears of whatever it missed before anything of it is shown.
    """
    try:
        catch_up(site.home, ledger, site.now())
    except VanneError as error:
        log.error("%s", error)


def _choice(member: Member, place: Place, wish: Wish, now: datetime, notice: str) -> Choice:
    purpose, scope, target = place
    return Choice(member.member_id, purpose, scope, wish.on, now, target, CHANNEL, notice)


def _key(site: Site, member: Member, sent: dict[str, str]) -> str | None:
    """Bind a form's key to who sent it and what for: two switches of one page do not collide."""
    if not sent.get("key"):
        return None
    return session.keyed(site.home.root, member.member_id, sent["key"], sent["set"])


def _owns(site: Site, member: Member, item_id: ItemId) -> bool:
    items = items_of(site.home, member.member_id).values()
    return any(i.item_id == item_id and i.owner == member.member_id for i in items)


def _here(request: Request) -> str:
    """Return the page that the form is on: path and query, on this host."""
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path


def _not_saved(show: Show, request: Request, member: Member) -> Response:
    """Say that nothing changed: on the page as it was, or without it if that cannot be read."""
    try:
        return show(request, member, status=503, failed=True)
    except VanneError:
        return page(request, "not-saved.html", status=503, member=member)
