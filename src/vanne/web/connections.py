"""Connections: so many, so many of one client, and none that keeps the server waiting.

Uvicorn gives a request as long as its client likes. Here a request has to be there in time (RFC
9110, 15.5.9), an answer has to be taken in time, and a connection too many is closed at once: with
half-open connections nobody keeps others out, nor uses up the files that this process may open.
"""

import asyncio
import logging
import resource
import time
from collections.abc import Mapping, Sequence
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from vanne.web.floods import client_of, is_proxy

log = logging.getLogger("vanne.web")

HEAD_SECONDS, BODY_SECONDS, TAKE_SECONDS = 10, 30, 60
"""For the head of a request, for its body (at most 2 MiB), for a full buffer of an answer."""

MOST_CONNECTIONS, SHARE_OF_ONE = 1000, 4
"""One client has a quarter of them at most: a proxy, which speaks for many, has all."""
_OWN_FILES = 200
"""What this process opens besides: the home's files, databases, workers."""

_SAY_EVERY_SECONDS = 60


def most_connections() -> int:
    """Return how many connections there may be, by how many files this process may open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + _OWN_FILES
    if soft < wanted and (hard == resource.RLIM_INFINITY or hard > soft):
        soft = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(8, min(MOST_CONNECTIONS, soft - _OWN_FILES, soft // 2))


def protocol(most: int, proxies: Sequence[str]) -> type[H11Protocol]:
    """Make the protocol of a server that takes so many connections; a proxy may have them all."""
    clients: dict[str, int] = {}

    class Punctual(H11Protocol):
        """A connection of a client that has to be in time."""

        _deadline: asyncio.TimerHandle | None = None
        _phase = ""
        _client_key: str | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            key = client_of({"client": self.client})
            speaks_for_many = self.client is not None and is_proxy(self.client[0], proxies)
            of_one = most if speaks_for_many else max(4, most // SHARE_OF_ONE)
            held = sum(clients.values())  # those that were refused are gone, if not yet lost
            if held >= most or clients.get(key, 0) >= of_one:
                say_seldom("connections", "there are too many connections: some are refused")
                transport.abort()
                return
            clients[key] = clients.get(key, 0) + 1
            self._client_key = key
            self._expect("head", HEAD_SECONDS)

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            self._expect("", 0)
            if self._client_key is not None:
                clients[self._client_key] -= 1
                if not clients[self._client_key]:
                    del clients[self._client_key]

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._look()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            self._look()

        def pause_writing(self) -> None:
            super().pause_writing()
            self._expect("taking", TAKE_SECONDS)

        def resume_writing(self) -> None:
            super().resume_writing()
            self._look()

        def timeout_keep_alive_handler(self) -> None:
            super().timeout_keep_alive_handler()
            self._expect("taking", TAKE_SECONDS)

        def _look(self) -> None:
            """Say what the client has to do next, and by when."""
            if self.transport.is_closing():
                self._expect("taking", TAKE_SECONDS)
            elif self.conn.their_state is h11.SEND_BODY:
                self._expect("body", BODY_SECONDS)
            elif self.conn.their_state is h11.IDLE and self.timeout_keep_alive_task is None:
                self._expect("head", HEAD_SECONDS)
            else:
                self._expect("", 0)

        def _expect(self, phase: str, seconds: float) -> None:
            if phase == self._phase:
                return  # what comes drop by drop gets no more time
            if self._deadline:
                self._deadline.cancel()
            self._phase = phase
            self._deadline = self.loop.call_later(seconds, self._late) if phase else None

        def _late(self) -> None:
            self.transport.abort()

    return Punctual


def in_one_line(loop: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
    """Log what goes wrong beside requests, such as a failed accept, without a traceback."""
    error = context.get("exception")
    if isinstance(error, OSError) and "accept" in str(context.get("message")):
        why = (error.strerror or "unknown").lower()
        say_seldom("accept", f"a connection could not be taken: {why}")
    else:
        kind = type(error).__name__ if error else "unknown"
        say_seldom(kind, f"a fault of ours beside requests: {kind}")


_said: dict[str, float] = {}


def say_seldom(what: str, line: str) -> None:
    """Log a line, unless it was logged within the last minute."""
    now = time.monotonic()
    if now - _said.get(what, -_SAY_EVERY_SECONDS) >= _SAY_EVERY_SECONDS:
        _said[what] = now
        log.error("%s", line)
