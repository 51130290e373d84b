"""Who may see which page.

Who is not signed in is sent to sign in. Who is, and may not see an address, gets what an address
that does not exist answers, to the byte, and nothing more was looked up for it.
"""

from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from vanne.terms import Member
from vanne.web.pages.form import LONGEST_BODY, MOST_FIELDS, fields
from vanne.web.pages.signal import heed
from vanne.web.session import Person, Role, person_of
from vanne.web.site import member_of

MemberPage = Callable[[Request, Member], Response]
MemberForm = Callable[[Request, Member, dict[str, str]], Response]
StaffPage = Callable[[Request, Person], Response]
Page = Callable[[Request], Response]


def members_only(show: MemberPage) -> Page:
    """Turn a page for a member into a page for a request.

    The decorated function is not a coroutine: Starlette runs it in a thread, as it waits for files.
    """

    def answer(request: Request) -> Response:
        member = member_or_nobody(request)
        if member is None:
            return to_sign_in(request)
        heed(request, member)
        return show(request, member)

    return answer


def members_form(
    act: MemberForm, longest: int = LONGEST_BODY, most: int = MOST_FIELDS
) -> Callable[[Request], Awaitable[Response]]:
    """Turn what a member's form does into a page for a request; it is done in a thread."""

    async def answer(request: Request) -> Response:
        member = await run_in_threadpool(member_or_nobody, request)
        if member is None:
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
