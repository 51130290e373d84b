"""What the API answers when it does not do what was asked: problem documents (RFC 9457).

A problem names fields and rows, and never repeats a value: the value may be somebody's id. On the
addresses that clients of OpenAI's API ask, each problem has one member more (RFC 9457 permits it):
`error`, as OpenAI writes it. A value that cannot be used is a 400 there, and not a 422.
"""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypedDict

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Message, Send

from vanne.errors import BusyError, ConflictError, LostError, TooMuchError, VanneError

log = logging.getLogger("vanne.web")

Header = tuple[bytes, bytes]

JSON, TEXT = b"application/json", b"text/plain; charset=utf-8"
_PROBLEM = b"application/problem+json"
_NOT_STORED: Header = (b"cache-control", b"no-store")


class Answer(NamedTuple):
    """A whole answer, as the messages in which a server takes it (ASGI 3)."""

    start: Message
    body: bytes


def answer(body: bytes, kind: bytes, status: int = 200, more: Iterable[Header] = ()) -> Answer:
    """Return an answer of some media type that nobody stores."""
    length = (b"content-length", b"%d" % len(body))
    headers = [(b"content-type", kind), length, _NOT_STORED, *more]
    return Answer({"type": "http.response.start", "status": status, "headers": headers}, body)


class Fault(TypedDict):
    """One thing that is wrong with what was sent; the first row is 1."""

    row: int | None
    field: str | None
    problem: str


def problem(
    status: int,
    kind: str,
    title: str,
    detail: str,
    more: Iterable[Header] = (),
    *,
    errors: Sequence[Fault] = (),
) -> Answer:
    """Return a problem document; it says nothing of what was asked about."""
    document = {
        "schema": "vanne/problem/1",
        "type": f"urn:vanne:problem:{kind}",
        "title": title,
        "detail": detail,
        "status": status,
    } | ({"errors": list(errors)} if errors else {})
    return answer(json.dumps(document).encode(), _PROBLEM, status, more)


NOT_FOUND = problem(
    404, "not-found", "there is no such address", "`/v1/openapi.json` lists those that there are"
)
NOT_JSON = problem(
    400,
    "not-json",
    "the body is not JSON in UTF-8",
    "send one JSON document, and in it no key twice in one object",
)
BAD_KEY = problem(
    400,
    "bad-key",
    "the `Idempotency-Key` is not a string in quotes",
    'write it like `Idempotency-Key: "8e03978e-40d5"`: 1 to 255 of ASCII',
)
TOO_LARGE = problem(413, "too-large", "the body is larger than 2 MiB", "send fewer rows at once")
WRONG_TYPE = problem(
    415, "wrong-type", "the body is of another media type", "send `application/json`"
)
FAULT = problem(500, "internal", "a fault of ours", "the server's log says where")
UNAVAILABLE = problem(
    503,
    "unavailable",
    "this cannot be done now, and was not acknowledged",
    "send the same again later, with the same key; the server's log says what is missing",
    [(b"retry-after", b"5")],
)
BUSY = problem(
    503,
    "busy",
    "the ledger is in use, and nothing was saved",
    "send the same again in a moment",
    [(b"retry-after", b"1")],
)
TOO_MUCH = problem(
    422,
    "too-much-work",
    "reading the texts took more work than one request may take",
    "send a shorter text; the operator can permit more (`VANNE_WORK_SECONDS`)",
)
LOST = problem(
    503,
    "lost",
    "the work ended before its end, and what was done by then is not known",
    "look whether it was done, then send it again",
    [(b"retry-after", b"5")],
)
CONFLICT = problem(
    409,
    "conflict",
    "this key came before, with something else",
    "send a new `Idempotency-Key` with what is new",
)


SAVED = ", and nothing was saved"
"""What ends the title of a refusal, where something could have been saved."""


class ProblemError(Exception):
    """Ends a request with a problem document."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.start["status"])
        self.answer = answer


def refuse(status: int, kind: str, title: str, detail: str) -> ProblemError:
    """Return what to raise."""
    return ProblemError(problem(status, kind, title, detail))


def bad_input(*faults: Fault) -> ProblemError:
    """Return what to raise when values cannot be used: all of them are named."""
    title = f"a value cannot be used{SAVED}"
    if len(faults) > 1:
        title = f"{len(faults)} values cannot be used{SAVED}"
    detail = "`errors` says which, in which row, and why"
    return ProblemError(problem(422, "bad-input", title, detail, errors=faults))


def respond(answer: Answer) -> Response:
    """Return an answer as a route gives it."""
    response = Response(answer.body, answer.start["status"])
    response.raw_headers = list(answer.start["headers"])
    return response


def install(app: FastAPI) -> None:
    """Make every error of the application a problem document."""
    app.add_exception_handler(ProblemError, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(VanneError, _failed)
    app.add_exception_handler(MemoryError, lambda request, error: respond(TOO_MUCH))


def broken(request: Request) -> Response:
    """Answer a fault of ours."""
    return respond(FAULT)


def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return respond(error.answer)


def _failed(request: Request, error: Exception) -> Response:
    """Answer when something of ours is not there: its own message stays with us."""
    assert isinstance(error, VanneError)
    if isinstance(error, ConflictError):
        return respond(CONFLICT)
    log.error("%s", error)
    if isinstance(error, TooMuchError):
        return respond(TOO_MUCH)
    if isinstance(error, LostError):
        return respond(LOST)
    return respond(BUSY if isinstance(error, BusyError) else UNAVAILABLE)


def _refused(request: Request, error: Exception) -> Response:
    """Answer what the framework refuses by itself."""
    assert isinstance(error, HTTPException)
    match error.status_code:
        case 400:
            return respond(NOT_JSON)
        case 405:
            # every method that some route takes at this address, not those of the first one only
            methods = set()
            for route in request.app.router.routes:
                if route.matches(request.scope)[0] is not Match.NONE:
                    methods |= {*route.methods} | ({"HEAD"} if "GET" in route.methods else set())
            allowed = ", ".join(sorted(methods))
            title, detail = "this address does not take this method", f"use {allowed}"
            header = (b"allow", allowed.encode())
            return respond(problem(405, "method-not-allowed", title, detail, [header]))
        case 413:
            return respond(TOO_LARGE)
    return respond(NOT_FOUND)


def _invalid(request: Request, error: Exception) -> Response:
    """Say of every value that does not fit its description where it is and what is wrong."""
    assert isinstance(error, RequestValidationError)
    faults = error.errors()
    if any(each["type"] == "json_invalid" for each in faults):
        return respond(NOT_JSON)
    if any(each["loc"][0] == "header" for each in faults):
        return respond(BAD_KEY)
    return respond(bad_input(*map(_fault, faults)).answer)


def _fault(error: Mapping[str, Any]) -> Fault:
    places = error["loc"][1:]
    rows = [place + 1 for place in places if isinstance(place, int)]
    names = [place for place in places if isinstance(place, str)]
    known = names and error["type"] != "extra_forbidden"
    return {
        "row": rows[0] if rows else None,
        "field": names[-1] if known else None,
        "problem": _problem_text(error),
    }


def _problem_text(error: Mapping[str, Any]) -> str:
    about: Mapping[str, Any] = error.get("ctx", {})
    match error["type"]:
        case "value_error":
            return str(about["error"])
        case "string_too_long" | "string_too_short" | "too_long" | "too_short":
            return _PROBLEM_TEXTS[error["type"]].format(**about)
        case "greater_than_equal" | "less_than_equal" | "literal_error" | "enum":
            return _PROBLEM_TEXTS[error["type"]].format(**about)
    return _PROBLEM_TEXTS.get(error["type"], "it cannot be used")


_PROBLEM_TEXTS = {
    "missing": "it is missing",
    "extra_forbidden": "there is a field that is not known",
    "string_type": "it is not a text",
    "string_unicode": "it is not valid Unicode: it holds half of a surrogate pair",
    "string_too_short": "it is empty",
    "string_too_long": "it is longer than {max_length} characters",
    "string_pattern_mismatch": "it holds a character that cannot be kept (NUL)",
    "bool_type": "it is neither true nor false",
    "int_type": "it is not a whole number",
    "int_parsing": "it is not a whole number",
    "int_parsing_size": "it is not a whole number that can be",
    "greater_than_equal": "it is below {ge}",
    "less_than_equal": "it is above {le}",
    "literal_error": "it is not one of {expected}",
    "list_type": "it is not a list",
    "too_long": "there are more than {max_length}",
    "too_short": "there are fewer than {min_length}",
    "model_type": "it is not an object",
    "model_attributes_type": "it is not an object",
    "dict_type": "it is not an object",
}


PATHS = ("/v1/chat/completions", "/v1/completions", "/v1/models")

_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}


def is_openai(path: str) -> bool:
    """Say whether clients of OpenAI's API ask this address."""
    return path in PATHS or path.startswith(f"{PATHS[-1]}/")


def telling_openai(send: Send) -> Send:
    """Return what sends on everything, but problems in both forms."""
    start: Message | None = None

    async def sent_on(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start" and message["status"] >= 400:
            start = message  # its length changes: it waits for its body, which comes whole
        elif start is None:
            await send(message)
        else:
            head, body = both_forms(start, message["body"])
            await send(head)
            await send({**message, "body": body})
            start = None

    return sent_on


def error_of(problem: Answer) -> dict[str, Any]:
    """Return the error of a problem alone, as a stream ends with it."""
    error: dict[str, Any] = json.loads(both_forms(problem.start, problem.body)[1])["error"]
    return error


def both_forms(start: Message, body: bytes) -> tuple[Message, bytes]:
    """Return a problem document with the member `error`."""
    document = json.loads(body)
    status = 400 if document["status"] == 422 else document["status"]
    faults = document.get("errors", [])
    fields = [fault["field"] for fault in faults if fault["field"]]
    messages = [f"{document['title']}: {document['detail']}"]
    if faults:
        messages = [f"{fault['field'] or 'a field'}: {fault['problem']}" for fault in faults]
    document["status"] = status
    document["title"] = document["title"].removesuffix(SAVED)
    document["error"] = {
        "message": "; ".join(messages),
        "type": _TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error"),
        "param": fields[0] if fields else None,
        "code": document["type"].rpartition(":")[2].replace("-", "_"),
    }
    sent_on = json.dumps(document).encode()
    headers = [
        (name, b"%d" % len(sent_on) if name.lower() == b"content-length" else value)
        for name, value in start["headers"]
    ]
    return {**start, "status": status, "headers": headers}, sent_on
