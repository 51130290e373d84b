"""Pages that need a member send everybody else to sign in."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from vanne.terms import Member
from vanne.web.pages.signal import heed
from vanne.web.site import member_of

MemberPage = Callable[[Request, Member], Response]


def members_only(show: MemberPage) -> Callable[[Request], Response]:
    """Turn a page for a member into a page for a request.

    The decorated function is not a coroutine: Starlette runs it in a thread, as it waits for files.
    """

    def answer(request: Request) -> Response:
        member = member_of(request)
        if member is None:
            return RedirectResponse("/", 303)
        heed(request, member)
        return show(request, member)

    return answer
