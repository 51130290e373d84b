"""Pages for everybody, and not for floods: how often one client may ask, and all together.

A client is an address; of IPv6 the first 64 bits, which one household or one server has to itself.
Behind a proxy it is the address that the proxy names (`X-Forwarded-For`), if `VANNE_PROXY` names
the proxy: nobody else is believed. Counts lie in the memory of one process, and nowhere else.
"""

from collections.abc import Callable, Sequence
from ipaddress import IPv6Address, ip_address, ip_network
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from vanne.errors import ConfigError
from vanne.settings import Settings
from vanne.web.api.limit import OFF, RateLimits

PROXY = "VANNE_PROXY"

_PAGES_THAT_COST = (
    ("/object", ("POST",), "20/hour", "1000/hour"),
    ("/sign-in", ("GET", "HEAD", "POST"), "60/minute", "3000/minute"),
)
"""What sends a message, or asks the identity provider: of one client, and of all together."""


class _Rule(NamedTuple):
    path: str
    methods: tuple[str, ...]
    of_one: RateLimits
    of_all: RateLimits


class Floods:
    """Refuse (429) a client that asks too often, and all of them where all together do."""

    def __init__(self, app: ASGIApp, answer: Callable[[Request], Response], limit: str) -> None:
        self.app, self.answer = app, answer
        self._of_one = RateLimits(limit, "pages_limit")
        self._rules = [
            _Rule(path, methods, RateLimits(one), RateLimits(every))
            for path, methods, one, every in (_PAGES_THAT_COST if limit != OFF else ())
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http" or not self._is_too_much(scope):
            await self.app(scope, receive, send)
            return
        answer = self.answer(Request(scope, receive))
        await answer(scope, receive, send)

    def _is_too_much(self, scope: Scope) -> bool:
        client = client_of(scope)
        if self._of_one.count("client", client).refused:
            return True
        for rule in self._rules:
            path = scope["path"]
            is_its = path == rule.path or path.startswith(f"{rule.path}/")
            if not is_its or scope["method"] not in rule.methods:
                continue
            # who is refused is not counted among all: else one could use up everybody's share
            if rule.of_one.count("client", client).refused or rule.of_all.count("all", "").refused:
                return True
        return False


def client_of(scope: Scope) -> str:
    """Return what stands for whoever asks.

    >>> for host in ("192.0.2.7", "2001:db8:1:2:3::4", "::ffff:192.0.2.7"):
    ...     print(client_of({"client": (host, 1)}))
    192.0.2.7
    2001:db8:1:2::/64
    192.0.2.7
    """
    named = scope.get("client")
    host = str(named[0]) if named else ""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ip_network((address, 64), strict=False))


def is_proxy(host: str, proxies: Sequence[str]) -> bool:
    """Say whether an address is one of the proxies."""
    try:
        return any(ip_address(host) in ip_network(each) for each in proxies)
    except ValueError:
        return False


def proxies_of(settings: Settings) -> tuple[str, ...]:
    """Return the addresses and networks of the proxies that name the clients.

    Raises:
        ConfigError: one is neither, or everybody's.
    """
    named = tuple(part.strip() for part in settings.proxy.split(",") if part.strip())
    for each in named:
        try:
            is_everybody = ip_network(each).prefixlen == 0
        except ValueError:
            is_everybody = True
        if is_everybody:
            raise ConfigError(
                f"`{PROXY}` does not name a proxy",
                todo="give its address as this machine sees it, such as 10.0.0.4 or 10.0.0.0/29",
            )
    return named
