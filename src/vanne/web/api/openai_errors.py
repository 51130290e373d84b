"""Problems in the form that OpenAI's clients read, on the addresses that they ask.

Each is the problem document that it would be elsewhere, with one member more (RFC 9457 permits it):
`error`, as OpenAI writes it. A value that cannot be used is a 400 there, and not a 422.
"""

import json
from typing import Any

from starlette.types import Message, Send

from vanne.web.answers import Answer
from vanne.web.api.problems import SAVED

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

    async def told(message: Message) -> None:
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

    return told


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
    said = [f"{document['title']}: {document['detail']}"]
    if faults:
        said = [f"{fault['field'] or 'a field'}: {fault['problem']}" for fault in faults]
    document["status"] = status
    document["title"] = document["title"].removesuffix(SAVED)
    document["error"] = {
        "message": "; ".join(said),
        "type": _TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error"),
        "param": fields[0] if fields else None,
        "code": document["type"].rpartition(":")[2].replace("-", "_"),
    }
    told = json.dumps(document).encode()
    headers = [
        (name, b"%d" % len(told) if name.lower() == b"content-length" else value)
        for name, value in start["headers"]
    ]
    return {**start, "status": status, "headers": headers}, told
