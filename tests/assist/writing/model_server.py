"""A small server that speaks OpenAI's chat API over HTTP, and does what a test wants of it.

`replies` are used up one by one, the last one again and again. Once it has written `wait_after`, it
writes no more before it may `go_on`. A reply is a text, a function of the
request, or a `Trouble`.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Trouble:
    """`how`: an HTTP status, `hang`, `cut` (in the middle), `garbage`, `page`, `length`, `filter`, `drip`."""

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
    wait_after: str = ""
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
            self.stream(reply, "stop")
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
            self.whole(200, "text/event-stream", "data: {not json\n\ndata: [DONE]\n\n")
        elif trouble.how == "page":
            self.whole(200, "text/html", "<html>Welcome to nginx!</html>")
        elif trouble.how == "drip":
            self.stream("a b c d e f g h i j k l m n o p", "stop", pause=0.1)
        else:
            reasons = {"length": "length", "filter": "content_filter", "cut": None}
            self.stream(trouble.text, reasons[str(trouble.how)])

    def whole(
        self, status: int, kind: str, text: str, headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        data = text.encode()
        self.send_response(status)
        for name, value in (("content-type", kind), ("content-length", str(len(data))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def stream(self, text: str, reason: str | None, pause: float = 0) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True
        pieces = [text[n : n + 7] for n in range(0, len(text), 7)]
        written = ""
        try:
            for piece in pieces:
                self.event({"delta": {"content": piece}, "finish_reason": None})
                time.sleep(pause)
                written += piece
                if self.model.wait_after and written.startswith(self.model.wait_after):
                    self.model.go_on.wait(300)
            if reason:
                self.event({"delta": {}, "finish_reason": reason})
                self.wfile.write(b"data: [DONE]\n\n")
        except OSError:  # whoever asked has left
            pass

    def event(self, choice: dict[str, Any]) -> None:
        chunk = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m"}
        data = json.dumps(chunk | {"choices": [choice | {"index": 0}]})
        self.wfile.write(f"data: {data}\n\n".encode())
        self.wfile.flush()


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
