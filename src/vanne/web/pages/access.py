"""Access to the pages: decorators that let in only members, or only staff with a role.

Somebody who is not signed in is sent to the sign-in. Somebody who is signed in and may not see an
address gets exactly the answer of an address that does not exist, and nothing is looked up for it.

The file also reads forms, and the signal of Global Privacy Control (W3C): `Sec-GPC: 1` opts a
member out, once, where the policy counts the signal. The opt-out is an entry of the ledger like any
other, with a receipt. A later choice of the member always outweighs the signal.
"""

import logging
from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from vanne.errors import VanneError
from vanne.plugins import tell_choices
from vanne.policy.schedule import policy_at
from vanne.report.member import open_ledger
from vanne.report.switches import signalled
from vanne.secrets import keyed
from vanne.terms import Member
from vanne.web.session import Person, Role, person_of, remember_unsaved
from vanne.web.site import member_of, site_of

log = logging.getLogger("vanne.web")

LONGEST_BODY = 16_384  # the words beside a switch are sent back, and a policy may have many
MOST_FIELDS = 10

MemberPage = Callable[[Request, Member], Response]
MemberForm = Callable[[Request, Member, dict[str, str]], Response]
StaffPage = Callable[[Request, Person], Response]
StaffForm = Callable[[Request, Person, dict[str, str]], Response]
Page = Callable[[Request], Response]


def members_only(show: MemberPage) -> Page:
    """Turn a page for a member into a page for a request.

    The decorated function is not a coroutine: Starlette runs it in a thread, as it waits for files.
    """

    def answer(request: Request) -> Response:
        member = member_or_nobody(request)
        if member is None:
            return to_sign_in(request)
        record_signal(request, member)
        return show(request, member)

    return answer


def members_form(
    act: MemberForm, longest: int = LONGEST_BODY, most: int = MOST_FIELDS
) -> Callable[[Request], Awaitable[Response]]:
    """Turn what a member's form does into a page for a request; it is done in a thread."""

    async def answer(request: Request) -> Response:
        member = await run_in_threadpool(member_or_nobody, request)
        if member is None:
            remember_unsaved(request)
            return to_sign_in(request)
        sent = await fields(request, longest, most)
        return await run_in_threadpool(act, request, member, sent)

    return answer


def staff_only(role: Role) -> Callable[[StaffPage], Page]:
    """Turn a page for those who have a role into a page for a request."""

    def guard(show: StaffPage) -> Page:
        def answer(request: Request) -> Response:
            person = person_of(request)
            if person is None:
                return to_sign_in(request)
            if role not in person.roles:
                raise HTTPException(404)
            return show(request, person)

        return answer

    return guard


def staff_form(
    role: Role, longest: int = LONGEST_BODY, most: int = MOST_FIELDS
) -> Callable[[StaffForm], Callable[[Request], Awaitable[Response]]]:
    """Turn what a form does for those who have a role into a page for a request, in a thread."""

    def guard(act: StaffForm) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            person = person_of(request)
            if person is None:
                return to_sign_in(request)
            if role not in person.roles:
                raise HTTPException(404)
            sent = await fields(request, longest, most)
            return await run_in_threadpool(act, request, person, sent)

        return answer

    return guard


def member_or_nobody(request: Request) -> Member | None:
    """Return the member who is signed in, None if nobody is.

    Raises:
        HTTPException: somebody is who may see no member's page (404).
    """
    person = person_of(request)
    if person is not None and "member" not in person.roles:
        raise HTTPException(404)
    return member_of(request)


def to_sign_in(request: Request) -> Response:
    """Lead to sign in, and from there back to the page that was asked for."""
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse("/sign-in?" + urlencode({"next": path}), 303)


def local_path(path: str) -> str:
    """Return a path of ours that somebody gives as where to go next, or the home page.

    Browsers read `//host` and `/\\host` as another host, and leave tabs and line breaks out.

    >>> [local_path(p) for p in ("/settings?x=1", "//evil.example", "/\\\\evil", "https://e", "")]
    ['/settings?x=1', '/', '/', '/', '/']
    """
    printable = path.isascii() and path.isprintable() and len(path) <= 500
    is_ours = path.startswith("/") and path[1:2] not in ("/", "\\") and "\\" not in path
    return path if printable and is_ours else "/"


def has_signal(request: Request) -> bool:
    """Say whether the member's browser sends the signal."""
    return request.headers.get("sec-gpc") == "1"


def record_signal(request: Request, member: Member) -> None:
    """Record what the signal says, if it says something that is not recorded yet.

    For pages that are shown: what a member saves is their own word, and none of the browser's
    precedes it. If it cannot be recorded, the page is shown as the ledger knows it, and the next
    page tries again.
    """
    if not has_signal(request):
        return
    site = site_of(request)
    try:
        now = site.now()
        with open_ledger(site.home) as ledger:
            history = ledger.history(member.member_id)
        opt_outs = signalled(policy_at(site.home, now), history, member, now)
        if opt_outs:
            with site.ledger() as ledger:
                # pages that are opened at once have one key: they record the signal once
                purposes = (choice.purpose for choice in opt_outs)
                key = keyed(site.home.root, "gpc", member.member_id, *purposes)
                ledger.append(opt_outs, key=key)
            tell_choices(site.home, opt_outs, now)
    except VanneError as error:
        log.error("a signal was not recorded: %s", error)


async def fields(
    request: Request, longest: int = LONGEST_BODY, most: int = MOST_FIELDS
) -> dict[str, str]:
    """Return the fields of a posted form; of two of one name, the last.

    Raises:
        HTTPException: the form is far larger than ours are (413), or does not say how large (411).
    """
    if "transfer-encoding" in request.headers:
        raise HTTPException(411)
    if not request.headers.get("content-length", "0").isdigit():
        raise HTTPException(400)
    if int(request.headers.get("content-length", "0")) > longest:
        raise HTTPException(413)
    async with request.form(max_files=0, max_fields=most) as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}
