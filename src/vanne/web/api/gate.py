"""The way in to the API: by which name, as whom, how often; and what every answer carries.

It is one for all routes, so that no route can forget it. Who may do what is the routes' (`route`).
"""

import logging
from collections.abc import Iterable
from urllib.parse import unquote_to_bytes

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vanne.errors import VanneError
from vanne.web.api.models import LARGEST_BYTES
from vanne.web.api.problems import (
    FAULT,
    UNAVAILABLE,
    Answer,
    Header,
    is_openai,
    problem,
    telling_openai,
)
from vanne.web.guard import place_of
from vanne.web.limits import RateLimits, client_of
from vanne.web.tokens import Tokens

log = logging.getLogger("vanne.web")

PREFIX = "/v1"
HEALTH = f"{PREFIX}/health"
VERDICTS = f"{PREFIX}/verdicts"
_UNLIMITED = (HEALTH, VERDICTS)
"""Are never refused for being asked often: whoever watches would take that for a fault, and a
verdict costs about what counting it would."""
BAD_HOST = problem(
    400, "bad-host", "the host is not this one", "ask by a name that this server is known by"
)
NOT_UTF_8 = problem(400, "not-utf-8", "the request is not UTF-8", "send ids in UTF-8")
HOLDER = "vanne.holder"
_SAFE: list[Header] = [(b"x-content-type-options", b"nosniff")]
_NOT_STORED: Header = (b"cache-control", b"no-store")


class Gate:
    """Lead what is asked below `PREFIX` to the API, and all else to the pages."""

    def __init__(
        self,
        pages: ASGIApp,
        api: ASGIApp,
        tokens: Tokens,
        limits: RateLimits,
        hosts: Iterable[str],
    ) -> None:
        self._pages = pages
        self._api = api
        self._tokens = tokens
        self._limits = limits
        self._hosts = frozenset(host.lower().strip("[]").encode() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        if scope["type"] != "http" or not _is_ours(scope["path"]):
            await self._pages(scope, receive, send)
            return
        send = telling_openai(send) if is_openai(scope["path"]) else send
        entered, more, refused = self._enter(scope)

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": _completed(message["headers"], more)}
            await send(message)

        if refused is None:
            await self._api(entered, _bounded(receive), complete)
        else:
            await complete(refused.start)
            await send({"type": "http.response.body", "body": refused.body})

    def _enter(self, scope: Scope) -> tuple[Scope, list[Header], Answer | None]:
        """Return the request as routes see it, headers for its answer, and why it is refused."""
        headers = dict(scope["headers"])
        if host_name(headers.get(b"host", b"")) not in self._hosts:
            return scope, [], BAD_HOST
        if not is_utf_8(unquote_to_bytes(scope["raw_path"])):
            return scope, [], NOT_UTF_8
        try:
            holder = self._tokens.holder(bearer_of(headers))
        except VanneError as error:
            log.error("%s", error)
            return scope, [], UNAVAILABLE
        except Exception as error:
            log.error("a fault of ours: %s at %s", type(error).__name__, place_of(error))
            return scope, [], FAULT
        # the server leaves the body out of what it answers to HEAD
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        entered = {**scope, "method": method, HOLDER: holder}
        if scope["path"].startswith(_UNLIMITED):
            return entered, [], None
        kind, who = ("token", holder.id) if holder else ("address", client_of(scope))
        standing = self._limits.count(kind, who)
        return entered, standing.headers, standing.refused


def bearer_of(headers: dict[bytes, bytes]) -> bytes:
    """Return the token of a request (RFC 6750), or nothing."""
    header = headers.get(b"authorization", b"")
    return header[7:] if header[:7].lower() == b"bearer " else b""


def host_name(host: bytes) -> bytes:
    """Return the name in a Host header, without the port.

    >>> host_name(b"Localhost:8000"), host_name(b"[::1]:8000")
    (b'localhost', b'::1')
    """
    if host.startswith(b"["):
        return host[1:].partition(b"]")[0].lower()
    return host.partition(b":")[0].lower()


def _is_ours(path: str) -> bool:
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def _bounded(receive: Receive) -> Receive:
    """Read no more of a body than one may have: its length need not be said."""
    size = 0

    async def bounded() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > LARGEST_BYTES:
            raise HTTPException(413)
        return message

    return bounded


def _completed(headers: Iterable[Header], more: list[Header]) -> list[Header]:
    headers = list(headers)
    if all(name.lower() != b"cache-control" for name, _ in headers):
        headers.append(_NOT_STORED)
    return [*headers, *_SAFE, *more]


def is_utf_8(body: bytes) -> bool:
    """Say whether some bytes are text."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
