"""A server in a process of its own: `python -m benchmarks.lookup.servers WAY HOME`.

It prints its port when it listens. All are served by uvicorn with the settings of `vanne serve`. A
way imports only what it serves: the whole application takes more than a second.
"""

import json
import sqlite3
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.serving import serve
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from vanne.config import Home

TOKEN = "the-token-of-the-benchmark"
PATH = "/v1/verdicts/"
_JSON = ((b"content-type", b"application/json"),)


def floor(home: Home) -> ASGIApp:
    """Answer every request with the same two bytes."""
    return constant(b"{}")


def bodiless(home: Home) -> ASGIApp:
    """Answer every request with no body at all, which saves a server one write."""
    return constant(b"")


def constant(body: bytes) -> ASGIApp:
    headers = [*_JSON, (b"content-length", b"%d" % len(body))]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while scope["method"] == "POST" and (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


def vanne(home: Home) -> ASGIApp:
    """Serve the whole application, as `vanne serve` does."""
    from vanne.settings import Settings
    from vanne.web import create_app

    return create_app(home, now=lambda: datetime.now(UTC), settings=Settings(api_token=TOKEN))


def starlette(home: Home) -> ASGIApp:
    """Look up as Vanne does, but as one would write a route: no token, no check of the host."""
    from vanne.corpus.lookup import Current

    current = Current(home)

    async def verdict(request: Request) -> JSONResponse:
        lookup = current.get()
        reason = lookup.reason(request.path_params["item_id"])
        return JSONResponse(_document(request.path_params["item_id"], reason, lookup.version))

    return Starlette(routes=[Route(PATH + "{item_id:path}", verdict)])


def sqlite(home: Home) -> ASGIApp:
    """Ask an indexed table of SQLite, without a framework."""
    connection = sqlite3.connect(f"file:{home.root / 'verdicts.sqlite'}?mode=ro", uri=True)
    version = (home.corpus / "CURRENT").read_text()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        item_id = scope["path"][len(PATH) :]
        found = connection.execute("SELECT reason FROM verdicts WHERE item_id = ?", (item_id,))
        body = json.dumps(_document(item_id, found.fetchone()[0], version)).encode()
        headers = [*_JSON, (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


def _document(item_id: str, reason: str | None, version: str) -> dict[str, Any]:
    return {
        "schema": "vanne/verdict/1", "item_id": item_id, "reason": reason,
        "allowed": reason == "allowed", "corpus": version,
    }  # fmt: skip


WAYS: tuple[Callable[[Home], ASGIApp], ...] = (floor, bodiless, vanne, starlette, sqlite)


def main() -> None:
    """Serve until told to stop."""
    name, root = sys.argv[1:]
    (way,) = (way for way in WAYS if way.__name__ == name)
    serve(way(Home(Path(root))))


if __name__ == "__main__":
    main()
