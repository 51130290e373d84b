"""The route class of the API: the scope, the problems and the idempotency key of each route.

A route declares its scope in its own part of the OpenAPI document, and the check reads it there. So
the document and the check cannot differ. The docstring of a route's function is its documentation:
the first line is the summary of the operation, the rest the description, and the function's name
the operation's id.

An idempotency key (draft-ietf-httpapi-idempotency-key-header, a string of RFC 9651) belongs to the
token that it came with. The key and the entries it stands for are written in one transaction: a
request that is sent twice is carried out once, even if the server crashes in between.
"""

import inspect
import json
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Header, Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from vanne.web.api.gate import HOLDER, Holder
from vanne.web.api.models import Problem
from vanne.web.api.problems import refuse
from vanne.web.readers import passed_on
from vanne.web.site import site_of

SECURITY = "token"
"""The name of the security scheme in the OpenAPI document."""

_MEANINGS = {
    400: "The request cannot be read: a query that is not known, a body that is not JSON in UTF-8, "
    "a malformed key, or a `Host` that is not a name of this server.",
    401: "No token, or one that is not valid, was revoked or has expired.",
    403: "The token does not have the scope. It says nothing of what was asked about.",
    404: "There is none.",
    409: "The `Idempotency-Key` came before, with something else. Nothing was saved.",
    413: "The body is larger than 2 MiB, or has too many rows.",
    415: "The body is of another media type.",
    422: "A value cannot be used: `errors` says where and why. Nothing was saved.",
    429: "Too many requests: `Retry-After` says how many seconds to wait.",
    500: "A fault of ours. The server's log says where, without what was asked.",
    503: "It cannot be done now, say because the database is gone. Nothing was acknowledged: send "
    "the same again after `Retry-After` seconds, with the same key.",
}
_HEADERS = {
    401: ("WWW-Authenticate", "Says `Bearer` (RFC 6750).", "string"),
    403: ("WWW-Authenticate", "Names the scope that is needed (RFC 6750).", "string"),
    429: ("Retry-After", "Seconds to wait.", "integer"),
    503: ("Retry-After", "Seconds to wait.", "integer"),
}


def needs(
    scope: str | None, *problems: int, body: bool = False, counted: bool = True
) -> dict[str, Any]:
    """Return what a route says of itself: its scope, and each problem that it may answer.

    These go into the OpenAPI document. `problems` are those that not every such route has. What is
    not `counted` against the limit of requests is never refused for being asked often.
    """
    statuses = {400, 500, *problems}
    if scope:
        statuses |= {401, 403, 503}
        statuses |= {429} if counted else set()
    if body:
        statuses |= {413, 415, 422}
    responses: dict[int, dict[str, Any]] = {}
    for status in sorted(statuses):
        responses[status] = {"model": Problem, "description": _MEANINGS[status]}
        if status in _HEADERS:
            name, text, kind = _HEADERS[status]
            responses[status]["headers"] = {name: {"description": text, "schema": {"type": kind}}}
    security = [{SECURITY: [scope]}] if scope else []
    return {"responses": responses, "openapi_extra": {"security": security}}


def scope_of(described: dict[str, Any]) -> str | None:
    """Return the scope that an operation names; None for one that is open to everybody."""
    security = described.get("security")
    return str(security[0][SECURITY][0]) if security else None


class Guarded(APIRoute):
    """A route that is used only by who may, in the form that it has."""

    reads_texts = False

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        summary, _, more = (inspect.getdoc(endpoint) or "").partition("\n\n")
        first, *others = endpoint.__name__.split("_")
        options["summary"] = summary.rstrip(".")
        options["description"] = more or summary
        options["operation_id"] = first + "".join(map(str.capitalize, others))
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request: checks first, then the function that was written."""
        handle = super().get_route_handler()
        scope = scope_of(self.openapi_extra or {})
        known = {param.alias for param in self.dependant.query_params}

        async def guarded(request: Request) -> Response:
            if scope:
                admit(request, scope)
            check_query(request, known)
            if self.body_field is not None:
                kind, _, more = request.headers.get("content-type", "").partition(";")
                charset = more.strip().lower().replace('"', "")
                if kind.strip().lower() != "application/json" or charset not in _CHARSETS:
                    title = "the body is of another media type"
                    raise refuse(415, "wrong-type", title, "send `application/json`")
            readers = site_of(request).readers
            if self.reads_texts and readers is not None:
                return await passed_on(request, readers)
            return await handle(_JsonRequest(request.scope, request.receive))

        return guarded


_CHARSETS = ("", "charset=utf-8")


class ReadingRoute(Guarded):
    """A route that reads what people wrote: a reader answers."""

    reads_texts = True


class _JsonRequest(Request):
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


def holder_of(request: Request) -> Holder:
    """Return who asks; only for routes that need a scope."""
    holder: Holder = request.scope[HOLDER]
    return holder


def admit(request: Request, scope: str) -> None:
    """Let only who holds a token with a scope go on."""
    holder: Holder | None = request.scope[HOLDER]
    if holder is None:
        title, realm = "a token is needed", 'Bearer realm="vanne"'
        if "authorization" in request.headers:
            title, realm = "the token is not valid", realm + ', error="invalid_token"'
        detail = "send `Authorization: Bearer TOKEN` with one that is neither revoked nor expired"
        raise refuse(401, "unauthorized", title, detail, {"www-authenticate": realm})
    if scope not in holder.scopes:
        realm = f'Bearer realm="vanne", error="insufficient_scope", scope="{scope}"'
        title = "the token does not have the scope"
        detail = f"make one with it: `vanne token create NAME --scope {scope}`"
        raise refuse(403, "wrong-scope", title, detail, {"www-authenticate": realm})


def check_query(request: Request, known: set[str]) -> None:
    """Refuse a query that is not understood: what was meant by it would be left undone."""
    names = [name for name, _ in request.query_params.multi_items()]
    if not known.issuperset(names) or len(set(names)) < len(names):
        takes = ", ".join(f"`{name}`" for name in sorted(known)) or "no parameters"
        title = "the query has a parameter that is not known, or one twice"
        raise refuse(400, "bad-query", title, f"this address takes {takes}")


Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        # without quotes and backslashes within, which nobody needs: no two spellings are one key
        pattern=r'^"[ !#-\[\]-~]{1,255}"$',
        json_schema_extra={"format": "sf-string"},
        description="A string in quotes that the caller made up for this request and sends again "
        "if it is not certain that it was answered: it is then done once, and the first answer "
        "comes again. It belongs to the token, and is kept for as long as the ledger.",
        examples=['"8e03978e-40d5-43dd-bc93-6894a57f9324"'],
    ),
]
