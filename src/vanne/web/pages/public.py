"""The home page, staff pages, guides, public items, and the files that crawlers read.

A crawler combines all preferences about a page, and one `train-ai=n` outweighs every `train-ai=y`
(AIPREF vocabulary). So `robots.txt` says `train-ai=n` for the whole site except the public items,
each of which states its own in the header `Content-Usage`. For these, the longest matching path in
`robots.txt` states no preference about training.
"""

import logging
from contextlib import suppress
from functools import lru_cache

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from vanne.config import Home
from vanne.corpus.lookup import Current
from vanne.corpus.photos import read_photo
from vanne.errors import VanneError
from vanne.messages import messages_of
from vanne.policy.schedule import in_force_since, policy_at
from vanne.report.document import certificate_page
from vanne.report.guide import all_guides, guide_values
from vanne.report.member_items import picture_of
from vanne.report.messages import message_text
from vanne.report.notice import unseen
from vanne.report.person import page_of
from vanne.report.public import public_item
from vanne.train.store import ModelStore
from vanne.web.session import ROLES, person_of
from vanne.web.site import member_of, page, site_of, words_of

log = logging.getLogger("vanne.web")


def home(request: Request) -> Response:
    """Show a member their home, staff what their roles open, and anybody else what this is."""
    person, member, site = person_of(request), member_of(request), site_of(request)
    roles = [role for role in ROLES[1:] if person and role in person.roles]
    if member:
        shown = page_of(site.home, member, site.now())
        messages = [each for each in messages_of(site.home, member.member_id) if not each.read]
        return page(
            request,
            "home.html",
            member=member,
            gate=shown.person,
            purposes=shown.report.policy.purposes,
            roles=roles,
            news=unseen(site.home, member, shown.person.as_of),
            messages=messages,
            said={each.id: message_text(each, words_of(request)) for each in messages},
            address=certificate_page,
            stopped="still" in request.query_params,
        )
    if person and roles:
        return page(request, "home-staff.html", member=None, person=person, roles=roles)
    trains = ModelStore(site.home.model).current_version() is not None
    return page(request, "welcome.html", member=None, trains=trains)


PICTURE_SIDE = 80  # pixels: twice as many as it takes on a page


def picture(request: Request) -> Response:
    """Show a member their own picture, small, and without what its file says besides."""
    member, home = member_of(request), site_of(request).home
    name = picture_of(home, member.member_id) if member else None
    pixels = None
    if name:
        with suppress(VanneError):
            pixels = read_photo(home.media, name)
    if pixels is None:
        raise HTTPException(404)
    return Response(pixels.thumbnail(PICTURE_SIDE), media_type="image/jpeg")


# What everybody may see


def all_guides_page(request: Request) -> Response:
    """List the guides."""
    return page(request, "guides.html", member=member_of(request), guides=all_guides())


def guide_page(request: Request) -> Response:
    """Show the guide of one network."""
    today = site_of(request).now().date()
    values = guide_values(request.path_params["platform"], words_of(request).lang, today)
    if values is None:
        raise HTTPException(404)
    return page(request, "guide.html", member=member_of(request), **values)


ITEM_HEADERS = {"Cache-Control": "private, max-age=60", "Vary": "Accept-Language, Cookie"}
"""Kept for a minute: who switches off is not kept waiting, and no shared cache holds a cookie."""


def item_page(request: Request) -> Response:
    """Show an item that its owner shares with everybody."""
    site, item_id = site_of(request), request.path_params["item"]
    verdict = None  # what cannot be looked up in the current corpus is not allowed
    try:
        verdict = _current(site.home).get().reason(item_id)
    except VanneError as error:
        log.error("a public item is shown as reserved: %s", error)
    public = public_item(site.home, item_id, verdict, site.now())
    if public is None:
        raise HTTPException(404)
    answer = page(request, "item.html", member=None, item=public.item)
    answer.headers.update(ITEM_HEADERS)
    if public.usage:
        answer.headers["Content-Usage"] = public.usage
    return answer


@lru_cache(maxsize=4)
def _current(home: Home) -> Current:
    """Hold the look-up of a home open: to open it costs more than to ask it."""
    return Current(home)


ROBOTS = """\
# Members' pages are nobody else's. Public items say by themselves, in the field
# Content-Usage, whether AI may be trained on them: `by-item` is no preference.
User-agent: *
Allow: /$
Allow: /guide
Allow: /items/
Allow: /object$
Allow: /static/
Allow: /.well-known/
Disallow: /
Content-Usage: / train-ai=n
Content-Usage: /items/ by-item
"""
"""RFC 9309 with the rule of draft-ietf-aipref-attach: what is not named is not crawled."""

WELL_KNOWN_HEADERS = {"Cache-Control": "public, max-age=3600"}


def robots(request: Request) -> Response:
    """Say what may be crawled, and for what it may be used."""
    return PlainTextResponse(ROBOTS, headers=WELL_KNOWN_HEADERS)


def gpc(request: Request) -> Response:
    """Say whether Global Privacy Control is heeded (W3C): as the policy in force says."""
    site = site_of(request)
    now = site.now()
    heeded = any(rules.gpc for rules in policy_at(site.home, now).purposes.values())
    since = in_force_since(site.home, now).date().isoformat()
    return JSONResponse({"gpc": heeded, "lastUpdate": since}, headers=WELL_KNOWN_HEADERS)
