"""Sign in by way of the identity provider, and out again.

The way out of our pages is always a link or an answer to a link: the content security policy lets
no form lead to another site.
"""

from urllib.parse import urlencode

import httpx2
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from vanne.config import Home
from vanne.report.member_items import find_member
from vanne.web import oidc, session
from vanne.web.identity import local_sign_in
from vanne.web.pages.access import local_path
from vanne.web.session import Person
from vanne.web.sign_in import Vouched
from vanne.web.site import origin_of, page, site_of, words_of

FAILED = "/sign-in/failed"
STATUS: dict[oidc.Why, int] = {
    "cancelled": 403,
    "expired": 400,
    "refused": 403,
    "unreachable": 503,
    "not-a-member": 403,
}


async def begin(request: Request) -> Response:
    """Send the browser to the provider, and have it come back to `next`."""
    client = await _client(request)
    if client is None:
        return _failed("unreachable")
    more = {"prompt": "select_account"} if "other" in request.query_params else {}
    return await oidc.ask(
        request,
        client,
        origin_of(request) + oidc.CALLBACK,
        site_of(request).now().timestamp() + oidc.ASKED_SECONDS,
        local_path(request.query_params.get("next", "/")),
        ui_locales=words_of(request).lang,
        **more,
    )


async def end(request: Request) -> Response:
    """Sign in whom the provider vouches for."""
    client = await _client(request)
    if client is None:
        return _failed("unreachable")
    answer = await oidc.hear(request, client, site_of(request).now().timestamp())
    if isinstance(answer, str):
        return _failed(answer)
    vouched, after = answer
    person = await run_in_threadpool(person_here, site_of(request).home, vouched)
    if person is None:
        return _failed("not-a-member")
    await run_in_threadpool(session.sign_in, request, person, vouched.seconds)
    return RedirectResponse(after, 303)


def failed(request: Request) -> Response:
    """Say why nobody was signed in, and how to try again."""
    why = request.query_params.get("why")
    for known, status in STATUS.items():
        if known == why:
            return page(request, "sign-in-failed.html", status=status, member=None, why=known)
    raise HTTPException(404)


async def sign_out(request: Request) -> Response:
    """Sign out here, whoever it is."""
    await run_in_threadpool(session.sign_out, request)
    return RedirectResponse("/sign-out" if await _address(request) else "/", 303)


async def signed_out(request: Request) -> Response:
    """Say so, with the link that ends the session at the provider too."""
    address = await _address(request)
    if session.person_of(request) or address is None:
        lang = words_of(request).lang if "lang" in request.query_params else None
        return RedirectResponse(f"/?lang={lang}" if lang else "/", 303)
    return page(request, "signed-out.html", member=None, address=address)


def person_here(home: Home, vouched: Vouched) -> Person | None:
    """Return whom somebody is here: a member if there is such a member, staff as the roles say."""
    roles, subject = vouched.roles, vouched.subject
    if "member" in roles:
        if vouched.member_id and find_member(home, vouched.member_id):
            subject = vouched.member_id
        else:
            roles -= {"member"}
    return Person(subject, vouched.name or subject, roles) if roles else None


async def _client(request: Request) -> oidc.Client | None:
    """Return how to speak with the provider: the demonstration's is this very application."""
    provider = site_of(request).provider
    if provider:
        return await provider.client()
    at_home = httpx2.ASGITransport(app=request.app)
    return await oidc.discover(local_sign_in(origin_of(request)), at_home)


async def _address(request: Request) -> str | None:
    client = await _client(request)
    lang = words_of(request).lang
    return await oidc.sign_out_address(client, origin_of(request), lang) if client else None


def _failed(why: oidc.Why) -> Response:
    return RedirectResponse(f"{FAILED}?{urlencode({'why': why})}", 303)
