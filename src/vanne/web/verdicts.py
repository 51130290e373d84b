"""The API of verdicts: `/v1/verdicts`, for programs that hold the token.

It stands before the pages' application and does without its machinery: what is answered about an
item is known before anybody asks, but for the id. Every answer comes whole from one version of the
corpus and says which; that it is still the current one is looked up for each request.

No browser can be misled into asking: it has no token, and no other site's page may send it one (a
request with `Authorization` from another origin is preceded by `OPTIONS`, which is refused).
"""

import json
import logging
from collections.abc import Iterable
from json.encoder import encode_basestring as quoted
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from vanne.config import Home
from vanne.corpus.lookup import NO_ITEM, Current, Lookup
from vanne.corpus.manifest import has_current
from vanne.errors import VanneError
from vanne.terms import MAIN_PURPOSE, PURPOSE_NAME, REASONS, Purpose
from vanne.web.answers import JSON, TEXT, Answer, answer, problem
from vanne.web.guard import place_of
from vanne.web.idlist import NOT_UTF_8, ids_in_json, ids_in_text, is_utf_8
from vanne.web.tokens import Tokens

log = logging.getLogger("vanne.web")

PATH = "/v1/verdicts"
SCOPE = "verdicts"
LARGEST_BYTES = 2**21
ONE, MANY = "vanne/verdict/1", "vanne/verdicts/1"

BAD_HOST = problem(
    400, "bad-host", "the host is not this one", "ask by a name that this server is known by"
)
_NOT_ENABLED = problem(
    404, "not-enabled", "the API is not enabled", "make a token: `vanne token create`"
)
_NO_TOKEN = problem(
    401,
    "unauthorized",
    "a token is needed",
    "send `Authorization: Bearer TOKEN`",
    [(b"www-authenticate", b'Bearer realm="vanne"')],
)
_WRONG_TOKEN = problem(
    401,
    "unauthorized",
    "the token is not valid",
    "send a token that is neither revoked nor expired",
    [(b"www-authenticate", b'Bearer realm="vanne", error="invalid_token"')],
)
_WRONG_SCOPE = problem(
    403,
    "wrong-scope",
    "the token has another scope",
    f"make one with it: `vanne token create NAME --scope {SCOPE}`",
    [
        (
            b"www-authenticate",
            b'Bearer realm="vanne", error="insufficient_scope", scope="%b"' % SCOPE.encode(),
        )
    ],
)
_WRONG_QUERY = problem(
    400,
    "bad-query",
    "the query is not `purpose=NAME`",
    "name one purpose, or none for the main one",
)
_NO_CORPUS = problem(
    404, "unknown-purpose", "no corpus has been built for that purpose", "check its name"
)
_NO_SUCH_ITEM = problem(
    404, "unknown-item", "no such item", "the current corpus holds no item with this id"
)
_TOO_LARGE = problem(413, "too-large", "the body is larger than 2 MiB", "ask for fewer ids at once")
_WRONG_TYPE = problem(
    415,
    "wrong-type",
    "the body is of another media type",
    "send `application/json`, or `text/plain` in UTF-8 with one id a line",
)
_NOT_NOW = problem(
    503, "unavailable", "no verdict can be given now", "the server's log says what it lacks"
)
_FAULT = problem(500, "internal", "a fault of ours", "the server's log says where")


class Verdicts:
    """Answer what is asked below `PATH`; pass everything else on."""

    def __init__(self, app: ASGIApp, home: Home, tokens: Tokens, hosts: Iterable[str]) -> None:
        self.app = app
        self._tokens = tokens
        self._hosts = frozenset(host.lower().strip("[]").encode() for host in hosts)
        self._home = home
        self._views = {MAIN_PURPOSE: _View(home, MAIN_PURPOSE)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        if scope["type"] != "http" or not _is_ours(scope["path"]):
            await self.app(scope, receive, send)
            return
        try:
            found = await self._answer(scope, receive)
        except VanneError as error:
            log.error("%s", error)
            found = _NOT_NOW
        except Exception as error:
            log.error("a fault of ours: %s at %s", type(error).__name__, place_of(error))
            found = _FAULT
        if found is not None:
            await send(found.start)
            # after HEAD the server leaves the body out
            await send({"type": "http.response.body", "body": found.body})

    async def _answer(self, scope: Scope, receive: Receive) -> Answer | None:
        """Return the answer; None if whoever asked has gone."""
        headers = dict(scope["headers"])
        if refused := self._refused(headers):
            return refused
        single, method = len(scope["path"]) > len(PATH), scope["method"]
        if method not in (("GET", "HEAD") if single else ("POST",)):
            return _only(b"GET, HEAD" if single else b"POST")
        view = self._view(scope["query_string"])
        if isinstance(view, Answer):
            return view
        if single:
            return _one(scope["raw_path"], view.open() or await view.opened())
        return await _many(view, headers, receive)

    def _refused(self, headers: dict[bytes, bytes]) -> Answer | None:
        if host_name(headers.get(b"host", b"")) not in self._hosts:
            return BAD_HOST
        given = headers.get(b"authorization", b"")
        if given[:7].lower() != b"bearer ":
            return _NO_TOKEN if self._tokens.any() else _NOT_ENABLED
        holder = self._tokens.holder(given[7:])
        if holder is None:
            return _WRONG_TOKEN if self._tokens.any() else _NOT_ENABLED
        return None if SCOPE in holder.scopes else _WRONG_SCOPE

    def _view(self, query: bytes) -> "_View | Answer":
        """Return what there is for the purpose that a query names: the main one if it is empty."""
        if not query:
            return self._views[MAIN_PURPOSE]
        match parse_qsl(query.decode("latin-1"), keep_blank_values=True):
            case [("purpose", purpose)]:
                if purpose not in self._views:
                    if not PURPOSE_NAME.fullmatch(purpose) or not has_current(self._home, purpose):
                        return _NO_CORPUS
                    self._views[purpose] = _View(self._home, purpose)
                return self._views[purpose]
        return _WRONG_QUERY


class _View:
    """What the current version for one purpose says."""

    def __init__(self, home: Home, purpose: Purpose) -> None:
        self._current = Current(home, purpose)
        self._said: _Said | None = None

    def open(self) -> "_Said | None":
        """Return what the current version says; None if it is not open yet."""
        said = self._said
        return said if said and said.lookup is self._current.fresh() else None

    async def opened(self) -> "_Said":
        """Open the current version, and let other requests go on meanwhile."""
        lookup = await run_in_threadpool(self._current.get)
        self._said = _Said(lookup)
        return self._said


async def _many(view: _View, headers: dict[bytes, bytes], receive: Receive) -> Answer | None:
    kind = _media_type(headers.get(b"content-type", b""))
    if kind is None:
        return _WRONG_TYPE
    length = headers.get(b"content-length", b"0")
    if length.isdigit() and int(length) > LARGEST_BYTES:  # do not even begin to read it
        return _TOO_LARGE
    body = await _body(receive)
    if not isinstance(body, bytes):
        return body
    ids = ids_in_json(body) if kind == JSON else ids_in_text(body)
    if isinstance(ids, Answer):
        return ids
    said = view.open() or await view.opened()
    codes = said.lookup.codes(ids)
    if kind == TEXT:
        return answer(_joined(_LINES, codes), TEXT)
    listed = _joined(_LISTED, codes)[:-1]  # without the last comma
    return answer(said.many + listed + b"]}", JSON)


def _one(path: bytes, said: "_Said") -> Answer:
    item_id = (unquote_to_bytes(path) if b"%" in path else path)[len(PATH) + 1 :]
    code = said.lookup.code(item_id)
    if code == NO_ITEM:
        return _NO_SUCH_ITEM if is_utf_8(item_id) else NOT_UTF_8
    return answer(said.before + quoted(item_id.decode()).encode() + said.after[code], JSON)


class _Said:
    """What is the same in every answer of one version."""

    def __init__(self, lookup: Lookup) -> None:
        self.lookup = lookup
        about = {
            "purpose": lookup.purpose,
            "corpus": lookup.version,
            "as_of": lookup.as_of.isoformat(),
        }
        self.before = _json({"schema": ONE})[:-1] + b',"item_id":'
        self.after = [
            b"," + _json({"reason": reason, "allowed": reason.code == 0} | about)[1:]
            for reason in REASONS
        ]
        self.many = _json({"schema": MANY} | about)[:-1] + b',"reasons":['


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


# Reasons, by code, as they are written one after the other


def _table(of: dict[int, str]) -> Any:
    import pyarrow as pa

    return pa.array([of.get(code) for code in range(NO_ITEM + 1)], pa.string())


_LINES = _table({r.code: f"{r}\n" for r in REASONS} | {NO_ITEM: "unknown\n"})
_LISTED = _table({r.code: f'"{r}",' for r in REASONS} | {NO_ITEM: "null,"})


def _joined(words: Any, codes: Any) -> bytes:
    """Return the words of the codes as one text: that is how Arrow keeps them anyway."""
    import pyarrow as pa

    data = words.take(pa.array(codes)).buffers()[2]
    return b"" if data is None else bytes(data.to_pybytes())


# The request


def _is_ours(path: str) -> bool:
    return path.startswith(PATH) and path[len(PATH) : len(PATH) + 1] in ("", "/")


def _only(methods: bytes) -> Answer:
    return problem(
        405,
        "method-not-allowed",
        "this address does not take this method",
        f"use {methods.decode()}",
        [(b"allow", methods)],
    )


def host_name(host: bytes) -> bytes:
    """Return the name in a Host header, without the port.

    >>> host_name(b"Localhost:8000"), host_name(b"[::1]:8000")
    (b'localhost', b'::1')
    """
    if host.startswith(b"["):
        return host[1:].partition(b"]")[0].lower()
    return host.partition(b":")[0].lower()


def _media_type(said: bytes) -> bytes | None:
    """Return which of the two media types a request has; None if neither, or not in UTF-8."""
    kind, _, more = said.lower().partition(b";")
    if b"charset" in more and more.strip().replace(b'"', b"") != b"charset=utf-8":
        return None
    return {b"application/json": JSON, b"text/plain": TEXT}.get(kind.strip())


async def _body(receive: Receive) -> bytes | Answer | None:
    """Return the whole body; None if whoever sent it has gone."""
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > LARGEST_BYTES:
            return _TOO_LARGE
        if not message.get("more_body", False):
            return b"".join(parts)
