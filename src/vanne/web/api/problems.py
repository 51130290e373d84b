"""Problem documents (RFC 9457): how the API answers what it refuses, and its own faults.

A problem names fields and rows, and never repeats a value, which may be somebody's id. On the
addresses of OpenAI's API, each problem also has the member `error`, in OpenAI's form (RFC 9457
permits more members). An unusable value is answered with 400 there, and with 422 elsewhere.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from vanne.errors import BusyError, ConflictError, LostError, TooMuchError, VanneError
from vanne.web.api.models import Fault, OpenAIError, Problem

log = logging.getLogger("vanne.web")

SAVED = ", and nothing was saved"
"""What ends the title of a refusal, where something could have been saved."""


@dataclass(frozen=True, slots=True)
class ProblemAnswer:
    """A problem document, and the headers that go with it."""

    document: Problem
    headers: Mapping[str, str]

    def response(self, path: str) -> Response:
        """Return it as the answer to who asked an address."""
        document = with_openai_error(self.document) if is_openai(path) else self.document
        return Response(
            document.model_dump_json(by_alias=True, exclude_unset=True),
            document.status,
            {"cache-control": "no-store", **self.headers},
            "application/problem+json",
        )


def problem(
    status: int,
    kind: str,
    title: str,
    detail: str,
    headers: Mapping[str, str] | None = None,
    *,
    errors: Sequence[Fault] = (),
) -> ProblemAnswer:
    """Return a problem; it says nothing of what was asked about."""
    document = {
        "schema": "vanne/problem/1",
        "type": f"urn:vanne:problem:{kind}",
        "title": title,
        "detail": detail,
        "status": status,
    } | ({"errors": list(errors)} if errors else {})
    return ProblemAnswer(Problem.model_validate(document), headers or {})


NOT_JSON = problem(
    400,
    "not-json",
    "the body is not JSON in UTF-8",
    "send one JSON document, and in it no key twice in one object",
)
TOO_LARGE = problem(413, "too-large", "the body is larger than 2 MiB", "send fewer rows at once")
INTERNAL = problem(500, "internal", "a fault of ours", "the server's log says where")
UNAVAILABLE = problem(
    503,
    "unavailable",
    "this cannot be done now, and was not acknowledged",
    "send the same again later, with the same key; the server's log says what is missing",
    {"retry-after": "5"},
)


class ProblemError(Exception):
    """Ends a request with a problem document."""

    def __init__(self, answer: ProblemAnswer) -> None:
        super().__init__(answer.document.status)
        self.answer = answer


def refuse(
    status: int, kind: str, title: str, detail: str, headers: Mapping[str, str] | None = None
) -> ProblemError:
    """Return what to raise."""
    return ProblemError(problem(status, kind, title, detail, headers))


def bad_input(*faults: Fault) -> ProblemError:
    """Return what to raise when values cannot be used: all of them are named."""
    title = "a value cannot be used" if len(faults) == 1 else f"{len(faults)} values cannot be used"
    detail = "`errors` says which, in which row, and why"
    return ProblemError(problem(422, "bad-input", title + SAVED, detail, errors=faults))


def install(app: FastAPI) -> None:
    """Make every error of the application a problem document."""
    for kind in (ProblemError, RequestValidationError, HTTPException, VanneError, MemoryError):
        app.add_exception_handler(kind, _answer)


def broken(request: Request) -> Response:
    """Answer a fault of ours."""
    return INTERNAL.response(request.scope["path"])


def _answer(request: Request, error: Exception) -> Response:
    match error:
        case ProblemError():
            answer = error.answer
        case RequestValidationError():
            answer = _invalid(error)
        case HTTPException(status_code=405):
            answer = _not_allowed(request)
        case HTTPException():
            answer = {400: NOT_JSON, 413: TOO_LARGE}.get(error.status_code) or problem(
                404,
                "not-found",
                "there is no such address",
                "`/v1/openapi.json` lists those that there are",
            )
        case ConflictError():
            answer = problem(
                409,
                "conflict",
                "this key came before, with something else",
                "send a new `Idempotency-Key` with what is new",
            )
        case _:
            answer = _unavailable(error)
    return answer.response(request.scope["path"])


def _unavailable(error: Exception) -> ProblemAnswer:
    """Answer when something of ours is not there: its own message stays with us."""
    log.error("%s", error if isinstance(error, VanneError) else "a text took too much memory")
    match error:
        case TooMuchError() | MemoryError():
            return problem(
                422,
                "too-much-work",
                "reading the texts took more work than one request may take",
                "send a shorter text; the operator can permit more (`VANNE_WORK_SECONDS`)",
            )
        case LostError():
            return problem(
                503,
                "lost",
                "the work ended before its end, and what was done by then is not known",
                "look whether it was done, then send it again",
                {"retry-after": "5"},
            )
        case BusyError():
            return problem(
                503,
                "busy",
                "the ledger is in use, and nothing was saved",
                "send the same again in a moment",
                {"retry-after": "1"},
            )
    return UNAVAILABLE


def _not_allowed(request: Request) -> ProblemAnswer:
    # every method that some route takes at this address, not those of the first one only
    methods = set()
    for route in request.app.router.routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            methods |= {*route.methods} | ({"HEAD"} if "GET" in route.methods else set())
    allowed = ", ".join(sorted(methods))
    title = "this address does not take this method"
    return problem(405, "method-not-allowed", title, f"use {allowed}", {"allow": allowed})


def _invalid(error: RequestValidationError) -> ProblemAnswer:
    """Say of every value that does not fit its description where it is and what is wrong."""
    faults = error.errors()
    if any(each["type"] == "json_invalid" for each in faults):
        return NOT_JSON
    if any(each["loc"][0] == "header" for each in faults):
        return problem(
            400,
            "bad-key",
            "the `Idempotency-Key` is not a string in quotes",
            'write it like `Idempotency-Key: "8e03978e-40d5"`: 1 to 255 of ASCII',
        )
    return bad_input(*map(_fault, faults)).answer


def _fault(error: Mapping[str, Any]) -> Fault:
    places, kind = error["loc"][1:], error["type"]
    row = next((place + 1 for place in places if isinstance(place, int)), None)
    names = [place for place in places if isinstance(place, str)]
    field = names[-1] if names and kind != "extra_forbidden" else None
    text = str(error["ctx"]["error"]) if kind == "value_error" else error["msg"]
    return Fault(row=row, field=field, problem=text)


# As clients of OpenAI's API read it

_PATHS = ("/v1/chat/completions", "/v1/completions", "/v1/models")
_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}


def is_openai(path: str) -> bool:
    """Say whether clients of OpenAI's API ask this address."""
    return path in _PATHS or path.startswith(f"{_PATHS[-1]}/")


def with_openai_error(document: Problem) -> Problem:
    """Return a problem with the member `error`."""
    status = 400 if document.status == 422 else document.status
    faults = document.errors
    messages = [f"{fault.field or 'a field'}: {fault.problem}" for fault in faults]
    error = OpenAIError(
        message="; ".join(messages) or f"{document.title}: {document.detail}",
        type=_TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error"),
        param=next((fault.field for fault in faults if fault.field), None),
        code=document.type.rpartition(":")[2].replace("-", "_"),
    )
    title = document.title.removesuffix(SAVED)
    return document.model_copy(update={"status": status, "title": title, "error": error})
