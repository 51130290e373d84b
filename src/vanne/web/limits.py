"""Rate limits: how many requests a client may send to the API and to the pages.

The API counts the requests of each token, or of each address where a request has no token, in a
sliding window. Each answer of the API states the limit (draft-ietf-httpapi-ratelimit-headers,
structured fields of RFC 9651):

    RateLimit-Policy: "token";q=6000;w=60
    RateLimit: "token";r=5999;t=60

q requests in w seconds are permitted, r are left, and t seconds from now there are more.

The pages have one limit for each client. Pages that send a message or ask the identity provider
have two lower limits: one for each client, and one for all clients together. A client is an
address; of IPv6 its first 64 bits, which one household or one server has to itself. Behind a proxy
the client is the address in `X-Forwarded-For`, but only where `VANNE_PROXY` names that proxy. The
counts lie in the memory of one process.
"""

import math
import time
from collections.abc import Callable, Sequence
from ipaddress import IPv6Address, ip_address, ip_network

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from vanne.errors import ConfigError
from vanne.settings import PREFIX, Settings

OFF = "off"


class RateLimits:
    """Counts requests. `rule` is such as `6000/minute`; with `off` nobody is counted.

    `setting` is where it was set.

    Raises:
        ConfigError: the rule is not one.
    """

    def __init__(self, rule: str, setting: str = "rate_limit") -> None:
        self._rule = rule_of(rule, setting)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def count(self, kind: str, who: str) -> tuple[dict[str, str], int]:
        """Count a request of a `token` or an `address`.

        Return headers that say where they stand, and how many seconds they must wait: 0 if they
        need not.
        """
        rule = self._rule
        if rule is None:
            return {}, 0
        is_permitted = self._limiter.hit(rule, kind, who)
        reset, left = self._limiter.get_window_stats(rule, kind, who)
        seconds = max(1, math.ceil(reset - time.time()))
        headers = {
            "ratelimit-policy": f'"{kind}";q={rule.amount};w={rule.get_expiry()}',
            "ratelimit": f'"{kind}";r={left};t={seconds}',
        }
        return headers, 0 if is_permitted else seconds


def rule_of(rule: str, setting: str = "rate_limit") -> RateLimitItem | None:
    """Read the rule of a setting; None where there is no limit.

    >>> rule_of("10/second"), rule_of("off")
    (10 per 1 second, None)
    """
    if rule == OFF:
        return None
    try:
        limit = parse(rule)
        is_rule = limit.amount >= 1 and limit.multiples >= 1
    except ValueError:
        is_rule = False
    if not is_rule:
        usual = Settings.model_fields[setting].default
        raise ConfigError(
            f"`{PREFIX}{setting.upper()}` is not a rate",
            todo=f"write it like `{usual}`, or `{OFF}` for none",
        )
    return limit


PROXY = "VANNE_PROXY"

_PAGES_THAT_COST = (
    ("/object", ("POST",), "20/hour", "1000/hour"),
    ("/messages/address", ("POST",), "20/hour", "1000/hour"),
    ("/sign-in", ("GET", "HEAD", "POST"), "60/minute", "3000/minute"),
)
"""What sends a message, or asks the identity provider: of one client, and of all together."""


class Floods:
    """Refuse (429) a client that asks too often, and all of them where all together do."""

    def __init__(self, app: ASGIApp, answer: Callable[[Request], Response], limit: str) -> None:
        self.app, self.answer = app, answer
        self._of_one = RateLimits(limit, "pages_limit")
        self._that_cost = [
            (path, methods, RateLimits(one), RateLimits(every))
            for path, methods, one, every in (_PAGES_THAT_COST if limit != OFF else ())
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        is_too_much = False
        if scope["type"] == "http":
            client, asked = client_of(scope), f"{scope['path']}/"
            is_too_much = self._of_one.count("client", client)[1] > 0 or any(
                # who is refused is not counted among all: else one could use up everybody's share
                of_one.count("client", client)[1] or of_all.count("all", "")[1]
                for path, methods, of_one, of_all in self._that_cost
                if asked.startswith(f"{path}/") and scope["method"] in methods
            )
        answer = self.answer(Request(scope, receive)) if is_too_much else self.app
        await answer(scope, receive, send)


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
