"""The application: its addresses, what guards them, and what is said when something fails."""

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope

from vanne.config import Home
from vanne.errors import VanneError
from vanne.terms import Member
from vanne.web import session
from vanne.web.guard import Faults, SameOrigin, SecureHeaders
from vanne.web.ledgers import HeldLedger
from vanne.web.pages import (
    certificates,
    front,
    guides,
    receipts,
    record,
    report,
    settings,
    switch,
    used,
)
from vanne.web.site import STATIC, Site, member_of, page
from vanne.web.verdicts import Verdicts

log = logging.getLogger("vanne.web")

HOSTS = ("localhost", "127.0.0.1", "::1", "[::1]")
"""The names that a browser on this machine uses. Any other in `Host` is DNS rebinding."""

SWITCH = "/settings/data-privacy/generative-ai"

ROUTES: Sequence[BaseRoute] = (
    Route("/", front.home, name="home"),
    Route("/sign-in", front.sign_in, methods=["POST"]),
    Route("/sign-in", front.to_front),
    Route("/sign-out", front.sign_out, methods=["POST"]),
    Route("/sign-out", front.to_front),
    Route("/settings", settings.sections),
    Route("/settings/data-privacy", settings.data_privacy),
    Route(SWITCH, switch.show),
    Route(SWITCH, switch.save, methods=["POST"]),
    Route(f"{SWITCH}/used", used.items),
    Route(f"{SWITCH}/used", used.save, methods=["POST"]),
    Route(f"{SWITCH}/record", record.show),
    Route(f"{SWITCH}/report", report.show),
    Route(f"{SWITCH}/report/whole", report.whole),
    Route(f"{SWITCH}/report.json", report.download),
    Route("/certificates/{certificate:str}.json", certificates.download),
    Route("/certificates/{certificate}", certificates.show),
    Route("/receipts/{index:int}", receipts.show),
    Route("/receipts/{index:int}.json", receipts.download),
    Route("/guide", guides.every),
    Route("/guide/{platform}", guides.one),
)


def create_app(
    home: Home,
    *,
    now: Callable[[], datetime],
    lang: str = "en",
    hosts: Sequence[str] = HOSTS,
    api_token: str | None = None,
) -> ASGIApp:
    """Make the application of a home. `lang` is for browsers that ask for no language we have.

    Without an `api_token` the API of verdicts is not enabled.

    Raises:
        MissingError: the home holds no network.
    """
    app = Starlette(
        routes=[*ROUTES, Mount("/static", _Static(directory=STATIC))],
        middleware=[
            Middleware(SecureHeaders),
            Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False),
            Middleware(SameOrigin),
            Middleware(
                SessionMiddleware,
                secret_key=session.secret_of(home.require().root),
                session_cookie=session.COOKIE,
                max_age=session.MAX_AGE_SECONDS,
            ),
            Middleware(Faults, answer=_broken),
        ],
        exception_handlers={HTTPException: _refused, VanneError: _failed},
        lifespan=_until_the_end,
    )
    app.state.site = Site(home, now, lang, HeldLedger(home))
    return Verdicts(app, home, api_token, hosts)


@asynccontextmanager
async def _until_the_end(app: Starlette) -> AsyncIterator[None]:
    """Let go of the ledger when the server stops."""
    yield
    app.state.site.held.close()


class _Static(StaticFiles):
    """Files whose address changes with what they say, so that browsers may keep them."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def _refused(request: Request, error: Exception) -> Response:
    """Answer in words when a page is not there, or not for whoever asks."""
    assert isinstance(error, HTTPException)
    answer = _problem(request, error.status_code)
    answer.headers.update(error.headers or {})
    return answer


def _failed(request: Request, error: Exception) -> Response:
    """Answer in words when something of ours is not there: its own message stays with us."""
    assert isinstance(error, VanneError)
    log.error("%s", error)
    return _problem(request, max(error.status, 503))


def _broken(request: Request) -> Response:
    """Answer a fault of ours; nothing that could fail again is asked."""
    return page(request, "error.html", status=500, member=None, code=500)


def _problem(request: Request, status: int) -> Response:
    return page(request, "error.html", status=status, member=_member_if_known(request), code=status)


def _member_if_known(request: Request) -> Member | None:
    try:
        return member_of(request)
    except VanneError:
        return None
