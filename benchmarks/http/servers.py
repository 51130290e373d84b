"""The servers that are asked: `python -m benchmarks.http.servers WAY HOME`; see `serving`."""

import json
import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.lookup.servers import constant
from benchmarks.serving import serve
from starlette.types import ASGIApp, Receive, Scope, Send

from vanne.config import Home


def floor(home: Home) -> ASGIApp:
    """Answer every request with the same two bytes."""
    return constant(b"{}")


def insert(home: Home) -> ASGIApp:
    """An empty response and a bare insert: what was posted becomes a row, durable, and no more."""
    path = home.root / "bare.sqlite"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS choice (id INTEGER PRIMARY KEY, member_id TEXT, body TEXT)"
    )
    answer = constant(b"{}")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        said = json.loads(body)
        row = (said["member_id"], body.decode())
        connection.execute("INSERT INTO choice (member_id, body) VALUES (?, ?)", row)
        await answer(scope | {"method": "GET"}, receive, send)

    return app


def vanne(home: Home) -> ASGIApp:
    """Serve the whole application, as `vanne serve` does, but count no requests."""
    from vanne.settings import Settings
    from vanne.web import create_app

    return create_app(home, now=lambda: datetime.now(UTC), settings=Settings(rate_limit="off"))


WAYS = {"floor": floor, "insert": insert, "vanne": vanne}


def main() -> None:
    """Serve until told to stop."""
    name, root = sys.argv[1:]
    serve(WAYS[name](Home(Path(root))))


if __name__ == "__main__":
    main()
