"""Pages to sign in and out: through the identity provider, or as any person of a demonstration.

Without a provider the pages are a demonstration: the visitor picks one of the made-up members, or a
member of the staff, and no password is asked. Then `serve` refuses every address that other
machines could reach, and the choice is offered only under host names of this machine.

To leave for the provider a page always uses a link, or the answer to a link: the content security
policy forbids forms that lead to another site.
"""

from dataclasses import replace
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from vanne.config import Home
from vanne.report.member_items import find_member, name_of, picture_of, some_members
from vanne.settings import is_loopback
from vanne.web import oidc, session
from vanne.web.pages.access import fields, local_path
from vanne.web.session import Person
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
    provider = site_of(request).provider
    if provider is None:
        wanted = request.query_params.get("q", "").strip()[:LONGEST_SEARCH]
        return await run_in_threadpool(_show_people, request, wanted)
    client = await provider.client()
    if client is None:
        return _failed("unreachable")
    request.session["asked"] = {
        "until": site_of(request).now().timestamp() + oidc.ASKED_SECONDS,
        "after": local_path(request.query_params.get("next", "/")),
    }
    more = {"prompt": "select_account"} if "other" in request.query_params else {}
    callback, lang = origin_of(request) + oidc.CALLBACK, words_of(request).lang
    answer: Response = await client.app.authorize_redirect(
        request, callback, ui_locales=lang, **more
    )
    return answer


async def end(request: Request) -> Response:
    """Sign in whom the provider vouches for."""
    provider = site_of(request).provider
    if provider is None:
        raise HTTPException(404)
    client = await provider.client()
    if client is None:
        return _failed("unreachable")
    answer = await oidc.hear(request, client, site_of(request).now().timestamp())
    if isinstance(answer, str):
        return _failed(answer)
    vouched, after = answer
    home, roles, subject = site_of(request).home, vouched.roles, vouched.subject
    if "member" in roles:
        member_id = vouched.member_id or ""
        member = await run_in_threadpool(find_member, home, member_id)
        subject = member.member_id if member else subject
        roles -= set() if member else {"member"}
    if not roles:
        return _failed("not-a-member")
    person = Person(subject, vouched.name or subject, roles)
    if "member" in roles:
        person = await run_in_threadpool(_with_face, home, person)
    await run_in_threadpool(session.sign_in, request, person, vouched.seconds)
    return RedirectResponse(after, 303)


def _with_face(home: Home, person: Person) -> Person:
    """Return a member with the name and the picture that they have here."""
    has_picture = picture_of(home, person.subject) is not None
    name = name_of(home, person.subject) or person.name
    return replace(person, name=name, has_picture=has_picture)


def failed(request: Request) -> Response:
    """Say why nobody was signed in, and how to try again."""
    why = request.query_params.get("why")
    for known, status in STATUS.items():
        if known == why:
            return page(request, "sign-in-failed.html", status=status, member=None, why=known)
    raise HTTPException(404)


def _failed(why: oidc.Why) -> Response:
    return RedirectResponse(f"{FAILED}?{urlencode({'why': why})}", 303)


async def sign_out(request: Request) -> Response:
    """Sign out here, whoever it is."""
    await run_in_threadpool(session.sign_out, request)
    return RedirectResponse("/sign-out" if await _sign_out_address(request) else "/", 303)


async def signed_out(request: Request) -> Response:
    """Say so, with the link that ends the session at the provider too."""
    address = await _sign_out_address(request)
    if session.person_of(request) or address is None:
        lang = words_of(request).lang if "lang" in request.query_params else None
        return RedirectResponse(f"/?lang={lang}" if lang else "/", 303)
    return page(request, "signed-out.html", member=None, address=address)


async def _sign_out_address(request: Request) -> str | None:
    provider = site_of(request).provider
    client = await provider.client() if provider else None
    lang = words_of(request).lang
    return await oidc.sign_out_address(client, origin_of(request), lang) if client else None


# The demonstration

STAFF: dict[str, tuple[session.Role, str]] = {
    "recruiter": ("recruiter", "Rosa"),
    "operator": ("operator", "Otto"),
    "auditor": ("auditor", "Aude"),
}
"""Who may be chosen besides the members: their role and name."""
LONGEST_SEARCH, MEMBERS_SHOWN = 100, 12


def _show_people(request: Request, wanted: str, status: int = 200) -> Response:
    if not is_loopback(request.url.hostname or ""):
        raise HTTPException(404)
    after, home = local_path(request.query_params.get("next", "/")), site_of(request).home
    found = some_members(home, wanted, MEMBERS_SHOWN)
    return page(
        request,
        "demo-sign-in.html",
        status=status,
        member=None,
        people=[(each, name_of(home, each.member_id)) for each in found],
        wanted=wanted,
        staff=STAFF,
        after=after,
        unsaved=session.is_unsaved(request),
        again="/sign-in?" + urlencode({"next": after}),
    )


async def choose(request: Request) -> Response:
    """Sign in whom the visitor of a demonstration chose."""
    site = site_of(request)
    if site.provider is not None or not is_loopback(request.url.hostname or ""):
        raise HTTPException(404)
    form = await fields(request)
    member, role = form.get("member", ""), form.get("staff", "")
    if chosen := STAFF.get(role):
        known, called = chosen
        person = Person(f"demonstration-{role}", called, session.known_roles([known]))
    elif await run_in_threadpool(find_member, site.home, member):
        person = Person(member, member, session.known_roles(["member"]))
        person = await run_in_threadpool(_with_face, site.home, person)
    else:
        return await run_in_threadpool(_show_people, request, member[:LONGEST_SEARCH], 404)
    await run_in_threadpool(session.sign_in, request, person, session.MAX_AGE_SECONDS)
    return RedirectResponse(local_path(request.query_params.get("next", "/")), 303)
