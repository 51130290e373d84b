"""A small server that speaks OpenAI's chat API over HTTP, and does what a test wants of it.

`replies` are used up one by one, the last one again and again. If it `waits`, it answers when it may
`go_on`. A reply is a text, a function of the request, or a `Trouble`.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Trouble:
    """`how`: an HTTP status, `hang`, `cut` (in the middle), `garbage`, `page`, `length`, `filter`."""

    how: int | str
    headers: tuple[tuple[str, str], ...] = ()
    code: str = ""
    text: str = "Half of"


Reply = str | Trouble | Callable[[dict[str, Any]], str]


@dataclass
class Model:
    """What it answers, and what it was asked."""

    url: str = ""
    replies: list[Reply] = field(default_factory=lambda: ["Hello."])
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    waits: bool = False
    go_on: threading.Event = field(default_factory=threading.Event)

    def next(self) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits 40 ms for an acknowledgement
    model: Model

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.model.asked.append(body | {"path": self.path})
        self.model.keys.append(self.headers.get("authorization", ""))
        reply = self.model.next()
        if callable(reply):
            reply = reply(body)
        if isinstance(reply, str):
            self.answer(reply, "stop")
            return
        self.fail(reply)

    def fail(self, trouble: Trouble) -> None:
        if isinstance(trouble.how, int):
            error = {"error": {"code": trouble.code, "message": "You wrote: SECRET WORDS"}}
            self.whole(trouble.how, "application/json", json.dumps(error), trouble.headers)
        elif trouble.how == "hang":
            self.model.go_on.wait(300)
            self.close_connection = True
        elif trouble.how == "garbage":
            self.whole(200, "application/json", "{not json")
        elif trouble.how == "page":
            self.whole(200, "text/html", "<html>Welcome to nginx!</html>")
        elif trouble.how == "cut":
            self.send_response(200)
            self.send_header("content-length", "9000")
            self.end_headers()
            self.wfile.write(b'{"id": "c"')
            self.close_connection = True
        else:
            reasons = {"length": "length", "filter": "content_filter"}
            self.answer(trouble.text, reasons[str(trouble.how)])

    def whole(
        self, status: int, kind: str, text: str, headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        data = text.encode()
        self.send_response(status)
        for name, value in (("content-type", kind), ("content-length", str(len(data))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def answer(self, text: str, reason: str | None) -> None:
        self.model.go_on.wait(300 if self.model.waits else 0)
        choice = {"index": 0, "finish_reason": reason}
        choice |= {"message": {"role": "assistant", "content": text}}
        about = {"id": "c", "object": "chat.completion", "created": 0, "model": "m"}
        with suppress(OSError):  # whoever asked has left
            self.whole(200, "application/json", json.dumps(about | {"choices": [choice]}))


@contextmanager
def serving() -> Iterator[Model]:
    """Serve a model for a while."""
    model = Model()
    handler = type("Bound", (Handler,), {"model": model})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        model.url = f"http://127.0.0.1:{server.server_port}/v1"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield model
        finally:
            model.go_on.set()
            server.shutdown()
            thread.join()
