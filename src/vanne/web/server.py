"""Serve the pages: to other machines only if an identity provider says who people are."""

import asyncio
import errno
import socket
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.types import ASGIApp

from vanne import forks
from vanne.config import Home
from vanne.errors import BusyError, ConfigError, InputError, RefusedError, system_reason
from vanne.settings import Settings
from vanne.web.app import HOSTS, create_app
from vanne.web.connections import in_one_line, most_connections, protocol
from vanne.web.floods import PROXY, proxies_of
from vanne.web.guard import is_loopback
from vanne.web.sign_in import ISSUER, ORIGIN, SignIn, sign_in_of
from vanne.words import Message

BACKLOG = 128


def serve(
    home: Home,
    host: str = "127.0.0.1",
    port: int = 8000,
    on_ready: Callable[[str], None] | None = None,
    *,
    settings: Settings | None = None,
    lang: str = "en",
    engine: str = "auto",
) -> None:
    """Serve the pages and the API of a home until interrupted. Port 0 takes a free one.

    `on_ready` is called with the address as soon as browsers can connect. Requests are not logged:
    their paths say whose receipts are read.

    Raises:
        RefusedError: the address can be reached from other machines, and signing in needs no
        password, or the pages have no https origin.
        ConfigError: a setting is wrong, or the pages have an https origin and no proxy is named.
        BusyError: another program uses the port.
        MissingError: the home holds no network, or the engine's package is not installed.
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
        engine=engine,
    )
    with listen(host.strip("[]"), port) as listener:
        if on_ready:
            on_ready(address(host, listener))
        asyncio.run(_served(app, listener, proxies))


async def _served(app: ASGIApp, listener: socket.socket, proxies: Sequence[str]) -> None:
    import uvicorn

    forks.begin()
    asyncio.get_running_loop().set_exception_handler(in_one_line)
    connections = protocol(most_connections(), proxies)
    config = uvicorn.Config(app, http=connections, **_QUIET)
    await uvicorn.Server(config).serve(sockets=[listener])


_QUIET: dict[str, Any] = {
    "access_log": False,
    "log_level": "warning",
    "server_header": False,
    "proxy_headers": False,
    "ws": "none",
    "backlog": BACKLOG,
    "timeout_graceful_shutdown": 1,
}
"""How the server runs: it says nothing of requests, and believes no forwarded header."""


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
