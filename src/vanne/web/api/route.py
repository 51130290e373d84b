"""A route of the API: who may use it, what it takes, and what it is said to answer.

The scope that a route asks for is the one in its own part of the OpenAPI document, so that the
document cannot say another.

An idempotency key (draft-ietf-httpapi-idempotency-key-header, a string of RFC 9651) belongs to the
token that it came with, and is written in the transaction of what it stands for: what is sent twice
with one key is done once, and no crash comes between the two. A cursor names the entry of the
ledger after which a page of a list begins: what is recorded meanwhile comes on a later page, and
nothing is listed twice or left out.
"""

import base64
import json
import re
from collections.abc import Callable, Coroutine, Sequence
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Header, Query, Request
from fastapi.routing import APIRoute
from starlette.responses import JSONResponse, Response

from vanne.ledger.kinds import Record
from vanne.plugins import tell_choices
from vanne.terms import Choice
from vanne.web.api.gate import HOLDER
from vanne.web.api.models import LARGEST_BYTES, Problem
from vanne.web.api.problems import TOO_LARGE, WRONG_TYPE, ProblemError, bad_input, problem
from vanne.web.site import Site
from vanne.web.tokens import Holder
from vanne.web.workers import passed_on

SECURITY = "token"
"""The name of the security scheme in the OpenAPI document."""

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

_BODY = (413, 415, 422)
_MEANINGS = {
    400: "The request cannot be read: a query that is not known, a body that is not JSON in UTF-8, "
    "a malformed key, or a `Host` that is not a name of this server.",
    401: "No token, or one that is not valid, was revoked or has expired.",
    403: "The token does not have the scope. It says nothing of what was asked about.",
    404: "There is none.",
    409: "The `Idempotency-Key` came before, with something else. Nothing was saved.",
    413: "The body is larger than 2 MiB.",
    415: "The body is not `application/json`.",
    422: "A value cannot be used: `errors` says where and why. Nothing was saved.",
    429: "Too many requests: `Retry-After` says how many seconds to wait.",
    500: "A fault of ours. The server's log says where, without what was asked.",
    503: "It cannot be done now, say because the database is gone. Nothing was acknowledged: send "
    "the same again after `Retry-After` seconds, with the same key.",
}
_HEADERS: dict[int, dict[str, Any]] = {
    401: {"WWW-Authenticate": ("Says `Bearer` (RFC 6750).", "string")},
    403: {"WWW-Authenticate": ("Names the scope that is needed (RFC 6750).", "string")},
    429: {"Retry-After": ("Seconds to wait.", "integer")},
    503: {"Retry-After": ("Seconds to wait.", "integer")},
}


class Guarded(APIRoute):
    """A route that is used only by who may, in the form that it has."""

    reads_texts = False

    def get_route_handler(self) -> Handler:
        """Return what answers a request: checks first, then the function that was written."""
        handle = super().get_route_handler()
        scope = scope_of(self.openapi_extra or {})
        known = {param.alias for param in self.dependant.query_params}
        takes_body = self.body_field is not None

        async def guarded(request: Request) -> Response:
            if scope:
                admit(request, scope)
            check_query(request, known)
            if takes_body:
                _check_body(request)
            readers = site_of(request).readers
            if self.reads_texts and readers is not None:
                return await passed_on(request, readers)
            return await handle(_Read(request.scope, request.receive))

        return guarded


class Reading(Guarded):
    """A route that reads what people wrote: a worker answers."""

    reads_texts = True


class _Read(Request):
    """A request whose body is JSON in which nothing is there twice: readers differ on which counts.

    The framework takes the error for that of a body that is no JSON.
    """

    async def json(self) -> Any:
        """Read the body."""
        body = await self.body()
        try:
            return json.loads(body.decode(), object_pairs_hook=_once)
        except UnicodeDecodeError as error:
            raise json.JSONDecodeError("it is not UTF-8", "", 0) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise json.JSONDecodeError("a key is there twice", "", 0)
    return fields


def needs(scope: str | None, *problems: int, body: bool = False) -> dict[str, Any]:
    """Return what a route says of itself: its scope, and each problem that it may answer.

    These go into the OpenAPI document. `problems` are those that not every such route has.
    """
    statuses = {400, 500, *problems}
    if scope:
        statuses |= {401, 403, 429, 503}
    if body:
        statuses |= {*_BODY}
    security = [{SECURITY: [scope]}] if scope else []
    responses = {status: problem_response(status) for status in sorted(statuses)}
    return {"responses": responses, "openapi_extra": {"security": security}}


def problem_response(status: int) -> dict[str, Any]:
    """Return how the OpenAPI document describes a problem."""
    described: dict[str, Any] = {"model": Problem, "description": _MEANINGS[status]}
    if headers := _HEADERS.get(status):
        described["headers"] = {
            name: {"description": text, "schema": {"type": kind}}
            for name, (text, kind) in headers.items()
        }
    return described


def scope_of(described: dict[str, Any]) -> str | None:
    """Return the scope that an operation names; None for one that is open to everybody."""
    security = described.get("security")
    return str(security[0][SECURITY][0]) if security else None


def site_of(request: Request) -> Site:
    """Return the site that a request came to."""
    site: Site = request.app.state.site
    return site


def holder_of(request: Request) -> Holder:
    """Return who asks; only for routes that need a scope."""
    holder: Holder = request.scope[HOLDER]
    return holder


def admit(request: Request, scope: str) -> None:
    """Let only who holds a token with a scope go on."""
    holder: Holder | None = request.scope[HOLDER]
    if holder is None:
        title, realm = "a token is needed", b'Bearer realm="vanne"'
        if "authorization" in request.headers:
            title, realm = "the token is not valid", realm + b', error="invalid_token"'
        detail = "send `Authorization: Bearer TOKEN` with one that is neither revoked nor expired"
        raise ProblemError(
            problem(401, "unauthorized", title, detail, [(b"www-authenticate", realm)])
        )
    if scope not in holder.scopes:
        realm = b'Bearer realm="vanne", error="insufficient_scope", scope="%b"' % scope.encode()
        title = "the token does not have the scope"
        detail = f"make one with it: `vanne token create NAME --scope {scope}`"
        raise ProblemError(
            problem(403, "wrong-scope", title, detail, [(b"www-authenticate", realm)])
        )


def check_query(request: Request, known: set[str]) -> None:
    """Refuse a query that is not understood: what was meant by it would be left undone."""
    names = [name for name, _ in request.query_params.multi_items()]
    if not known.issuperset(names) or len(set(names)) < len(names):
        takes = ", ".join(f"`{name}`" for name in sorted(known)) or "no parameters"
        title = "the query has a parameter that is not known, or one twice"
        raise ProblemError(problem(400, "bad-query", title, f"this address takes {takes}"))


def _check_body(request: Request) -> None:
    """Refuse a body by what is said of it, before it is read."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > LARGEST_BYTES:
        raise ProblemError(TOO_LARGE)
    kind, _, more = request.headers.get("content-type", "").partition(";")
    charset = more.strip().lower().replace('"', "")
    if kind.strip().lower() != "application/json" or charset not in ("", "charset=utf-8"):
        raise ProblemError(WRONG_TYPE)


_SHAPE = r'^"[ !#-\[\]-~]{1,255}"$'
"""Without quotes and backslashes within, which nobody needs: so no two spellings are one key."""

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=_SHAPE,
        json_schema_extra={"format": "sf-string"},
        description="A string in quotes that the caller made up for this request and sends again "
        "if it is not certain that it was answered: it is then done once, and the first answer "
        "comes again. It belongs to the token, and is kept for as long as the ledger.",
        examples=['"8e03978e-40d5-43dd-bc93-6894a57f9324"'],
    ),
]

REPLAYED = {
    "Idempotent-Replayed": {
        "description": "`true` if this was recorded before, with the same key; else absent.",
        "schema": {"type": "string", "const": "true"},
    }
}


def created(described: dict[str, Any], headers: dict[str, Any]) -> dict[str, Any]:
    """Add to what a route says of itself the headers of what it answers when it made something."""
    responses = {201: {"headers": REPLAYED | headers}} | described["responses"]
    return described | {"responses": responses}


def record(request: Request, records: Sequence[Record], key: str | None) -> tuple[range, bool]:
    """Append records once for each key, and say whether they were there before.

    Raises:
        ConflictError: the key came before, with something else.
    """
    name = None if key is None else f"{holder_of(request).id}:{key}"
    with site_of(request).ledger() as ledger:
        is_replay = name is not None and ledger.knows(name)
        indices = ledger.append(records, key=name)
    site = site_of(request)
    tell_choices(site.home, [each for each in records if isinstance(each, Choice)], site.now())
    return indices, is_replay


LARGEST_PAGE, USUAL_PAGE = 1000, 100
_FORM = re.compile(r"after:(0|[1-9]\d{0,15})", re.ASCII)

Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="The most that a page lists.")]
Cursor = Annotated[
    str | None,
    Query(description="`next` of the page before, as it came; absent for the first page."),
]


def after(cursor: str | None) -> int:
    """Return the index of the entry after which a page begins.

    Raises:
        ProblemError: the cursor is not one of ours.
    """
    if cursor is None:
        return -1
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True).decode()
    except ValueError:
        text = ""
    form = _FORM.fullmatch(text)
    if not form or _cursor(int(form[1])) != cursor:
        what = "it is not `next` of a page before, as it came"
        raise bad_input({"row": None, "field": "cursor", "problem": what})
    return int(form[1])


def page_of(
    request: Request,
    schema: str,
    name: str,
    listed: Sequence[dict[str, Any]],
    limit: int,
    remaining: int,
) -> Response:
    """Answer with a page, of so many that were found from here on, and where the next begins."""
    following = _cursor(listed[-1]["index"]) if remaining > len(listed) else None
    answer = JSONResponse({"schema": schema, name: list(listed), "next": following})
    if following:  # RFC 8288; the path as it was spelt in the request
        path = quote(request.scope["raw_path"], safe="/%:@!$&'()*+,;=~")
        answer.headers["Link"] = f'<{path}?limit={limit}&cursor={following}>; rel="next"'
    return answer


def _cursor(index: int) -> str:
    return base64.urlsafe_b64encode(f"after:{index}".encode()).decode().rstrip("=")
