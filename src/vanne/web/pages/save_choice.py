"""Save a choice of a member, for every page that has switches.

Each page is about one purpose, and its form changes no other. A form carries the *wanted* state
(`set=off:all:PURPOSE`, `on:category:PURPOSE:KIND`, `off:item:PURPOSE:ITEM`,
`on:everything:PURPOSE`) and a key that was made with the page. A form that is sent twice is
recorded once. A form that is sent again after the member's next choice changes nothing. The answer
is 303 to the same page, once the ledger has returned; if the ledger fails, 503 with the page in the
old state.

A form also carries the words that stood beside its switch, sealed: the choice is recorded with
them, even if a new policy or another language has other words by then. An off is recorded whatever
the words are now. An on is refused if they have changed, with 409 and the page as it is now: nobody
permits what they have not read. An on of a member who is kept out by age or region is refused in
the same way: it would count by itself, unasked, once they are not kept out any more.
"""

import hmac
import logging
import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Literal, get_args

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from vanne.errors import ConflictError, InputError, RefusedError, VanneError
from vanne.plugins import tell_choices
from vanne.policy.schedule import policy_at
from vanne.report.member_items import items_of
from vanne.report.switches import (
    SwitchChange,
    purpose_switch,
    receipt_of,
    wished,
    words_shown,
)
from vanne.secrets import keyed
from vanne.terms import Channel, Choice, ItemId, Member, Purpose, Scope
from vanne.web import session
from vanne.web.pages.access import LONGEST_BODY, fields, members_form
from vanne.web.site import Site, page, site_of, words_of
from vanne.words import LANGUAGES, Message

log = logging.getLogger("vanne.web")

_STATES = {"on": True, "off": False}
Wide = Scope | Literal["everything"]
_SCOPES: dict[str, Wide] = {each: each for each in (*get_args(Scope), "everything")}

Failed = bool | Literal["signed-out"] | Message
"""Why nothing was saved; true: the ledger failed."""
Show = Callable[..., Response] | None
"""A page with switches: `show(request, member, status=503, failed=True)`; None: see `is_choice`."""


def new_key() -> str:
    """Return the key of a form: whatever is sent with it is recorded once."""
    return secrets.token_urlsafe(9)


def seal(request: Request, shown: Iterable[str]) -> str:
    """Return the words beside a switch in the form in which they are sent back and recorded."""
    text = "\n".join(shown)
    return f"{_mark(request, text)} {text}"


def unseal(request: Request, sent: str) -> str | None:
    """Return the words that a form sends back; None if they are not those that it was given."""
    mark, _, text = sent.replace("\r\n", "\n").partition(" ")  # browsers send CR LF
    return text if hmac.compare_digest(mark.encode(), _mark(request, text).encode()) else None


def _mark(request: Request, text: str) -> str:
    person = session.person_of(request)
    root, subject = site_of(request).home.root, person.subject if person else ""
    return keyed(root, "shown", subject, text)[:32]


def saving(show: Show, purpose: Purpose) -> Callable[[Request], object]:
    """Make the address that the forms of a purpose's page are posted to."""
    return members_form(partial(save_choice, show, purpose))


async def is_choice(request: Request) -> bool:
    """Say whether a form switches something, on a page that also reads texts.

    Such a page is made by a reader, and a choice waits for none. Nor does the answer to one that
    cannot be saved: it is a page of its own.
    """
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > LONGEST_BODY:
        return False
    await request.body()  # is read once, and kept for whoever answers
    return "set" in await fields(request)


def read_wish(text: str, purpose: Purpose) -> SwitchChange | None:
    """Read the wanted state that a form of a purpose's page carries; None if it is none.

    The purpose may be left out: a page with many switches stays small.

    >>> read_wish("off:category::photo", "generative-ai-training")
    SwitchChange(on=False, scope='category', target='photo')
    >>> read_wish("off:all:recruiter-search", "generative-ai-training")
    >>> read_wish("toggle:all:generative-ai-training", "generative-ai-training")
    """
    state, _, rest = text.partition(":")
    scope, _, rest = rest.partition(":")
    named, _, target = rest.partition(":")
    if state not in _STATES or scope not in _SCOPES or named not in ("", purpose):
        return None
    if (scope in ("all", "everything")) == bool(target) or (state, scope) == ("off", "everything"):
        return None
    return SwitchChange(_STATES[state], _SCOPES[scope], target or None)


def save_choice(
    show: Show, purpose: Purpose, request: Request, member: Member, sent: dict[str, str]
) -> Response:
    """Save what a form of a purpose's page wants, and lead back to that page.

    Raises:
        HTTPException: it wants nothing that there is (400).
    """
    site = site_of(request)
    wish = read_wish(sent.get("set", ""), purpose)
    if wish is None:
        raise HTTPException(400)
    try:
        words = unseal(request, sent.get("shown", ""))
        saved = _save(site, member, purpose, wish, sent, words_of(request).lang, words)
    except InputError as error:
        raise HTTPException(400) from error
    except RefusedError as error:
        if show is not None:
            return show(request, member, status=409, failed=error.what)
        return page(request, "not-saved.html", status=409, member=member, failed=error.what)
    except ConflictError:  # the same form came before and moved something else since
        saved = None
    except VanneError as error:
        log.error("a choice was not saved: %s", error)
        if show is not None:  # the page as it was, if it can be read
            with suppress(VanneError):
                return show(request, member, status=503, failed=True)
        return page(request, "not-saved.html", status=503, member=member, failed=True)
    if saved is not None:
        session.announce(request, saved)
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(request.url.path + query, 303)


def _save(
    site: Site,
    member: Member,
    purpose: Purpose,
    wish: SwitchChange,
    sent: dict[str, str],
    lang: str,
    shown: str | None,
) -> session.Saved | None:
    """Record what is not already so, with the words that the page showed; return the receipts.

    What was sent before, when the member has changed their mind since, is not announced as saved.
    """
    now = site.now()

    def owns(item_id: ItemId) -> bool:
        items = items_of(site.home, member.member_id)
        places = items.ids.get(item_id, ())
        return any(items.each[place].owner == member.member_id for place in places)

    with site.ledger() as ledger:
        history = ledger.history(member.member_id)
        policy = policy_at(site.home, now)
        if purpose not in policy.purposes:
            raise InputError("the policy in force has no such purpose", todo="load the page again")
        switch = purpose_switch(member, policy, purpose, history, now)
        if wish.on and switch.state.block:
            raise RefusedError(Message("not-saved-kept-out"))
        moved, unmoved = wished(wish, switch, owns)
        key = None  # bound to who sends it and what for: two switches of one page do not collide
        if sent.get("key"):
            key = keyed(site.home.root, member.member_id, sent["key"], sent["set"])
        if not moved:
            was_sent = key is not None and ledger.knows(key)
            if key and not was_sent:
                ledger.append([], key=key)  # sent again after a change of mind it moves nothing
            index = receipt_of(history, unmoved)
            return None if index is None else (index, int(was_sent))
        known = {each: "\n".join(words_shown(site.home, switch, each)) for each in LANGUAGES}
        notice = known[lang] if shown is None else shown
        if wish.on and notice not in known.values():
            raise RefusedError(Message("not-saved-changed"))
        choices = [
            Choice(member.member_id, purpose, scope, wish.on, now, target, Channel.WEB, notice)
            for purpose, scope, target in moved
        ]
        indices = ledger.append(choices, key=key)
        is_replay = indices[0] in dict(history)
    tell_choices(site.home, choices, now)
    return None if is_replay else (indices[0], len(indices))
