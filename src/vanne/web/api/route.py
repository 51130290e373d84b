"""A route of the API: who may use it, which query it takes, and what it is said to answer.

The scope that a route asks for is the one in its own part of the OpenAPI document, so that the
document cannot say another.
"""

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from vanne.web.answers import Answer, problem
from vanne.web.api.gate import HOLDER
from vanne.web.api.models import LARGEST_BYTES, Problem
from vanne.web.api.problems import TOO_LARGE, WRONG_TYPE, ProblemError
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
        raise ProblemError(_unknown("authorization" in request.headers))
    if scope not in holder.scopes:
        raise ProblemError(_not_in_scope(scope))


def _unknown(showed_one: bool) -> Answer:
    title = "the token is not valid" if showed_one else "a token is needed"
    realm = b'Bearer realm="vanne"' + (b', error="invalid_token"' if showed_one else b"")
    detail = "send `Authorization: Bearer TOKEN` with one that is neither revoked nor expired"
    return problem(401, "unauthorized", title, detail, [(b"www-authenticate", realm)])


def _not_in_scope(scope: str) -> Answer:
    return problem(
        403,
        "wrong-scope",
        "the token does not have the scope",
        f"make one with it: `vanne token create NAME --scope {scope}`",
        [
            (
                b"www-authenticate",
                b'Bearer realm="vanne", error="insufficient_scope", scope="%b"' % scope.encode(),
            )
        ],
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
    said = request.headers.get("content-length", "")
    if said.isdecimal() and int(said) > LARGEST_BYTES:
        raise ProblemError(TOO_LARGE)
    kind, _, more = request.headers.get("content-type", "").partition(";")
    charset = more.strip().lower().replace('"', "")
    if kind.strip().lower() != "application/json" or charset not in ("", "charset=utf-8"):
        raise ProblemError(WRONG_TYPE)
