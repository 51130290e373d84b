"""Run the web server: open the port, serve the application, and close slow or surplus connections.

Without an identity provider the server listens on this machine alone (`require_public`). Uvicorn
sets no time limit for a request. Here a request must arrive in time (RFC 9110, 15.5.9), and the
client must take the answer in time. A connection beyond the limit is closed at once. So half-open
connections cannot keep other clients out or use up the files that this process may open.
"""

import asyncio
import errno
import logging
import resource
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from typing import Any

import h11
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from vanne import forks, logs
from vanne.config import Home
from vanne.errors import BusyError, ConfigError, InputError, RefusedError, system_reason
from vanne.settings import Settings, is_loopback
from vanne.web.app import HOSTS, create_app
from vanne.web.limits import PROXY, client_of, is_proxy, proxies_of
from vanne.web.oidc import ISSUER, ORIGIN, SignIn, sign_in_of
from vanne.words import Message

log = logging.getLogger("vanne.web")

HEAD_SECONDS, BODY_SECONDS, TAKE_SECONDS = 10, 30, 60
"""For the head of a request, for its body (at most 2 MiB), for a full buffer of an answer."""

MOST_CONNECTIONS, SHARE_OF_ONE = 1000, 4
"""One client has a quarter of them at most: a proxy, which speaks for many, has all."""
_OWN_FILES = 200
"""What this process opens besides: the home's files, databases, readers."""

_LOG_EVERY_SECONDS = 60


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
            open_now = sum(clients.values())  # those that were refused are gone, if not yet lost
            if open_now >= most or clients.get(key, 0) >= of_one:
                log_seldom("connections", "there are too many connections: some are refused")
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
            late = self.transport.abort
            self._deadline = self.loop.call_later(seconds, late) if phase else None

    return Punctual


def in_one_line(loop: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
    """Log what goes wrong beside requests, such as a failed accept, without a traceback."""
    error = context.get("exception")
    if isinstance(error, OSError) and "accept" in str(context.get("message")):
        why = (error.strerror or "unknown").lower()
        log_seldom("accept", f"a connection could not be taken: {why}")
    else:
        kind = type(error).__name__ if error else "unknown"
        log_seldom(kind, f"a fault of ours beside requests: {kind}")


_last_logged: dict[str, float] = {}


def log_seldom(what: str, line: str) -> None:
    """Log a line, unless it was logged within the last minute."""
    now = time.monotonic()
    if now - _last_logged.get(what, -_LOG_EVERY_SECONDS) >= _LOG_EVERY_SECONDS:
        _last_logged[what] = now
        log.error("%s", line)


BACKLOG = 128


def serve(
    home: Home,
    host: str = "127.0.0.1",
    port: int = 8000,
    on_ready: Callable[[str], None] | None = None,
    *,
    settings: Settings | None = None,
    lang: str = "en",
    worker: bool = False,
) -> None:
    """Serve the pages and the API of a home until interrupted. Port 0 takes a free one.

    With `worker`, a process beside the server does what members chose. `on_ready` is called with
    the address as soon as browsers can connect. Requests are not logged: their paths say whose
    receipts are read.

    Raises:
        RefusedError: the address can be reached from other machines, and signing in needs no
        password, or the pages have no https origin.
        ConfigError: a setting is wrong, or the pages have an https origin and no proxy is named.
        BusyError: another program uses the port.
        MissingError: the home holds no network.
    """
    settings = settings or Settings.of(home)
    sign_in, proxies = sign_in_of(settings), proxies_of(settings)
    if not is_loopback(host):
        require_public(host, sign_in)
    if sign_in is not None and sign_in.is_public and not proxies:
        raise ConfigError(
            f"the pages have an https origin, and `{PROXY}` does not name the proxy before them",
            todo="set it to the proxy's address: else all people together are one client",
        )
    hosts = (*HOSTS, host.strip("[]"), host) if is_loopback(host) else HOSTS
    app = create_app(
        home,
        now=lambda: datetime.now(UTC),
        settings=settings,
        lang=lang,
        hosts=hosts,
    )
    with listen(host.strip("[]"), port) as listener:
        if on_ready:
            on_ready(address(host, listener))
        with _beside(home, settings) if worker else nullcontext():
            asyncio.run(serve_on(listener, app, proxies))


def _beside(home: Home, settings: Settings) -> AbstractContextManager[None]:
    """Run a worker: it brings in what trains, which a server of pages alone does not need."""
    from vanne.worker import beside

    return beside(home, settings)


async def serve_on(listener: socket.socket, app: ASGIApp, proxies: Sequence[str]) -> None:
    """Serve an application until interrupted.

    Nothing is said of requests, and no forwarded header is believed.
    """
    import uvicorn
    import uvicorn.config

    forks.begin()
    asyncio.get_running_loop().set_exception_handler(in_one_line)
    config = uvicorn.Config(
        app,
        http=protocol(most_connections(), proxies),
        access_log=False,
        log_level="warning",
        log_config=None if logs.is_json() else uvicorn.config.LOGGING_CONFIG,
        server_header=False,
        proxy_headers=False,
        ws="none",
        backlog=BACKLOG,
        timeout_graceful_shutdown=1,
    )
    await uvicorn.Server(config).serve(sockets=[listener])


def require_public(host: str, sign_in: SignIn | None) -> None:
    """Refuse an address that other machines can reach unless people sign in, and in secret.

    Raises:
        RefusedError: they do not.
    """
    if sign_in is None:
        raise RefusedError(
            f"`{host}` can be reached from other machines, and the demonstration's sign-in asks "
            "for no password",
            todo=f"serve on 127.0.0.1, or set {ISSUER} to your identity provider",
        )
    if not sign_in.is_public:
        raise RefusedError(
            f"`{host}` can be reached from other machines, and the pages have no https origin",
            todo=f"set {ORIGIN} to that of the proxy before them, such as https://vanne.example.org",
        )


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket.

    Raises:
        BusyError: another program uses the port.
        InputError: the address is not one of this machine's, or the port is not permitted.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
        # handed on to every connection: else the second part of an answer waits 40 ms for a client
        # that is in no hurry to say that it has the first (asyncio sees to it for its own sockets)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise BusyError(
                Message("port-in-use", port=str(port), host=host),
                todo=Message("use-another-port", other=f"--port {port + 1}"),
            ) from error
        why = system_reason(error)
        message = Message("port-refused", port=str(port), host=host, why=why)
        raise InputError(message, todo=Message("name-another-port")) from error


def address(host: str, listener: socket.socket) -> str:
    """Return what to type into a browser."""
    name = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return f"http://{name}:{listener.getsockname()[1]}/"
