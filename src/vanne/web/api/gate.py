"""The gate in front of the API: it checks host name, token and rate limit of each request.

All routes share one gate, so that no route can omit the checks. The scope of a token is checked by
the route (`vanne.web.api.route`). Requests for verdicts and for the health of the server have no
rate limit (`UNLIMITED`). The gate reads the stored tokens at most every half second, so that a
revocation takes effect within a second. Between two reads, checking a token costs one hash.
"""

import hmac
import logging
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote_to_bytes

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vanne.config import Home
from vanne.errors import ConfigError, VanneError
from vanne.settings import Settings
from vanne.tokens import ServiceToken, find, read
from vanne.web.api.models import LARGEST_BYTES
from vanne.web.api.problems import INTERNAL, TOO_LARGE, UNAVAILABLE, ProblemAnswer, problem
from vanne.web.guard import place_of
from vanne.web.limits import RateLimits, client_of

log = logging.getLogger("vanne.web")

PREFIX = "/v1"
HEALTH = f"{PREFIX}/health"
VERDICTS = f"{PREFIX}/verdicts"
UNLIMITED = (HEALTH, VERDICTS)
"""Are never refused for being asked often: whoever watches would take that for a fault, and a
verdict costs about what counting it would."""
NOT_UTF_8 = problem(400, "not-utf-8", "the request is not UTF-8", "send ids in UTF-8")
HOLDER = "vanne.holder"
_NOT_SNIFFED, _NOT_STORED = (b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store")


class Gatekeeper:
    """Lead what is asked below `PREFIX` to the API, and all else to the pages.

    A request that says its length in two ways is refused, and its connection closed.
    """

    def __init__(
        self,
        pages: ASGIApp,
        api: ASGIApp,
        tokens: "Tokens",
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
        names = {name for name, _ in scope.get("headers", ())}
        if b"content-length" in names and b"transfer-encoding" in names:
            # who reads it one way and who reads it the other see two requests (RFC 9112, 11.2)
            why = "Refused: this request has both Content-Length and Transfer-Encoding.\n"
            await PlainTextResponse(why, 400, {"Connection": "close"})(scope, receive, send)
            return
        path = scope["path"] if scope["type"] == "http" else ""
        if path != PREFIX and not path.startswith(f"{PREFIX}/"):
            await self._pages(scope, receive, send)
            return
        entered, more, refused = self._enter(scope)

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                # by hand: with Starlette's headers a verdict would cost a fifth more
                headers = [*message["headers"], _NOT_SNIFFED]
                if all(name.lower() != b"cache-control" for name, _ in headers):
                    headers.append(_NOT_STORED)
                headers += [(name.encode(), value.encode()) for name, value in more.items()]
                message = {**message, "headers": headers}
            await send(message)

        if refused is None:
            await self._api(entered, _bounded(receive), complete)
        else:
            await refused.response(path)(scope, receive, complete)

    def _enter(self, scope: Scope) -> tuple[Scope, dict[str, str], ProblemAnswer | None]:
        """Return the request as routes see it, headers for its answer, and why it is refused."""
        headers = dict(scope["headers"])
        if host_name(headers.get(b"host", b"")) not in self._hosts:
            title, detail = "the host is not this one", "ask by a name that this server is known by"
            return scope, {}, problem(400, "bad-host", title, detail)
        if not is_utf_8(unquote_to_bytes(scope["raw_path"])):
            return scope, {}, NOT_UTF_8
        scheme, _, bearer = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"bearer" or scope["path"] == HEALTH:
            bearer = b""  # health needs no token, and no database to read tokens from
        try:
            holder = self._tokens.holder(bearer) if bearer else None
        except VanneError as error:
            log.error("%s", error)
            return scope, {}, UNAVAILABLE
        except Exception as error:
            log.error("a fault of ours: %s at %s", type(error).__name__, place_of(error))
            return scope, {}, INTERNAL
        # the server leaves the body out of what it answers to HEAD
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        entered = {**scope, "method": method, HOLDER: holder}
        length = headers.get(b"content-length", b"")
        refused = TOO_LARGE if length.isdigit() and int(length) > LARGEST_BYTES else None
        if scope["path"].startswith(UNLIMITED):
            return entered, {}, refused
        kind, who = ("token", holder.id) if holder else ("address", client_of(scope))
        more, wait = self._limits.count(kind, who)
        if wait:
            refused = problem(
                429,
                "too-often",
                "too many requests",
                f"wait {wait} s; `RateLimit-Policy` says how many may be sent in how many seconds",
                {"retry-after": str(wait)},
            )
        return entered, more, refused


def host_name(host: bytes) -> bytes:
    """Return the name in a Host header, without the port.

    >>> host_name(b"Localhost:8000"), host_name(b"[::1]:8000")
    (b'localhost', b'::1')
    """
    if host.startswith(b"["):
        return host[1:].partition(b"]")[0].lower()
    return host.partition(b":")[0].lower()


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


def is_utf_8(body: bytes) -> bool:
    """Say whether some bytes are text."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


# As whom

SHORTEST = 16
_BEARER = re.compile(r"[A-Za-z0-9._~+/-]+=*")
LOOK_EVERY_SECONDS = 0.5


def token_of(settings: Settings) -> str | None:
    """Return the token that the server was started with, if there is one.

    Raises:
        ConfigError: it is too short to be a secret, or no bearer token (RFC 6750, section 2.1).
    """
    if settings.api_token is None:
        return None
    token = settings.api_token.get_secret_value()
    if len(token) < SHORTEST or not _BEARER.fullmatch(token):
        raise ConfigError(
            f"the token of `VANNE_API_TOKEN` has fewer than {SHORTEST} characters, or one that a "
            "bearer token cannot have",
            todo="make one with `openssl rand -hex 32`",
        )
    return token


@dataclass(frozen=True, slots=True)
class Holder:
    """A program that showed a good token, and what it may do."""

    id: str
    name: str
    scopes: frozenset[str]


OF_THE_SERVER = Holder("VANNE_API_TOKEN", "the server's own token", frozenset({"verdicts"}))
"""Who shows the token that the server was started with."""


class Tokens:
    """The tokens of a home as they are now, and the one that the server was started with."""

    def __init__(
        self,
        home: Home,
        api_token: str | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._home = home
        self._api_token = None if api_token is None else api_token.encode()
        self._now = now
        self._looked = -LOOK_EVERY_SECONDS
        self._tokens: dict[str, ServiceToken] = {}

    def holder(self, bearer: bytes) -> Holder | None:
        """Return who shows a token; None if it is unknown, revoked or expired: no one learns which.

        Raises:
            StorageError: they cannot be read.
        """
        if self._api_token is not None and hmac.compare_digest(bearer, self._api_token):
            return OF_THE_SERVER
        at = time.monotonic()
        if at - self._looked >= LOOK_EVERY_SECONDS:
            self._tokens = {token.id: token for token in read(self._home)}
            self._looked = at
        token = find(self._tokens, bearer)
        if token is None or not token.is_good(self._now()):
            return None
        return Holder(token.id, token.name, frozenset(token.scopes))
