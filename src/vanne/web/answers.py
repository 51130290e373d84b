"""What the API answers: a few bytes, made once where they can be, and problems (RFC 9457)."""

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypedDict

from starlette.types import Message

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
