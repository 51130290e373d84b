"""Middleware for the pages: security headers, the refusal of cross-site requests, faults.

A browser says by itself where a request comes from (`Sec-Fetch-Site`, W3C Fetch Metadata; `Origin`,
RFC 6454). These headers replace CSRF tokens: the algorithm is that of Go's
`http.CrossOriginProtection`. A request with neither header is let through: no page could have
misled a browser into it, and it carries nobody's cookies.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from traceback import extract_tb

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("vanne.web")

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'; "
    "style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""On every answer. Members' pages are never stored; static files say otherwise themselves."""

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class SecureHeaders:
    """Add the headers that an answer does not already have."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete the answer."""

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, complete)


class SameOrigin:
    """Refuse what another site's page sends in a member's name.

    `origin` is that of the pages behind a proxy: as configured, never as a forwarded header says.
    """

    def __init__(self, app: ASGIApp, origin: str | None = None) -> None:
        self.app = app
        self.origin = origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403."""
        if scope["type"] == "http" and not is_same_origin(
            scope["method"], Headers(scope=scope), self.origin
        ):
            refused = PlainTextResponse("Refused: this request came from another site.\n", 403)
            await refused(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def is_same_origin(method: str, headers: Headers, ours: str | None = None) -> bool:
    """Say whether a request may act: safe methods, our own pages, and what is no browser."""
    if method in SAFE_METHODS:
        return True
    if site := headers.get("sec-fetch-site"):
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is None or origin == (ours or f"http://{headers.get('host')}".lower())


class Faults:
    """Answer a fault of ours with a page that says nothing about it, and log where it happened.

    What an exception says may hold a member's data, so its message and its values are not logged.
    """

    def __init__(self, app: ASGIApp, answer: Callable[[Request], Response]) -> None:
        self.app = app
        self.answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; if that raises before an answer has begun, answer 500."""
        begun = False

        async def watch(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except ClientDisconnect:  # nobody waits for an answer
            return
        except Exception as error:
            log.error("a fault of ours: %s at %s", type(error).__name__, place_of(error))
            if not begun:
                await self.answer(Request(scope, receive))(scope, receive, send)


def place_of(error: Exception) -> str:
    """Return the file and the line in which an exception was raised."""
    frame = extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno}"
