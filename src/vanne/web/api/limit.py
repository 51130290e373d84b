"""How often who may ask: a sliding window for each token, or for each address that shows none.

Answers say where one stands (draft-ietf-httpapi-ratelimit-headers, structured fields of RFC 9651):

    RateLimit-Policy: "token";q=6000;w=60
    RateLimit: "token";r=5999;t=60

q requests in w seconds are permitted, r are left, and t seconds from now there are more. The counts
lie in the memory of one process.
"""

import math
import time
from typing import NamedTuple

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from vanne.errors import ConfigError
from vanne.settings import PREFIX, Settings
from vanne.web.answers import Answer, Header, problem

OFF = "off"


class Standing(NamedTuple):
    """The headers that say where somebody stands, and what to answer if they have used it up."""

    headers: list[Header]
    refused: Answer | None


class RateLimits:
    """Counts requests. `rule` is such as `6000/minute`; with `off` nobody is counted.

    `setting` is where it was set.

    Raises:
        ConfigError: the rule is not one.
    """

    def __init__(self, rule: str, setting: str = "rate_limit") -> None:
        self._rule = rule_of(rule, setting)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def count(self, kind: str, who: str) -> Standing:
        """Count a request of a `token` or an `address`, and say where they stand."""
        rule = self._rule
        if rule is None:
            return Standing([], None)
        is_permitted = self._limiter.hit(rule, kind, who)
        reset, left = self._limiter.get_window_stats(rule, kind, who)
        seconds = max(1, math.ceil(reset - time.time()))
        headers = [
            (b"ratelimit-policy", b'"%s";q=%d;w=%d' % (kind.encode(), rule.amount, window(rule))),
            (b"ratelimit", b'"%s";r=%d;t=%d' % (kind.encode(), left, seconds)),
        ]
        return Standing(headers, None if is_permitted else _too_often(seconds))


def rule_of(rule: str, setting: str = "rate_limit") -> RateLimitItem | None:
    """Read the rule of a setting; None where there is no limit.

    >>> rule_of("10/second"), rule_of("off")
    (10 per 1 second, None)
    """
    if rule == OFF:
        return None
    try:
        found = parse(rule)
    except ValueError as error:
        raise _not_a_rule(setting) from error
    if found.amount < 1 or found.multiples < 1:
        raise _not_a_rule(setting)
    return found


def window(rule: RateLimitItem) -> int:
    """Return the length of a rule's window, in seconds."""
    return rule.get_expiry()


def _not_a_rule(setting: str) -> ConfigError:
    usual = Settings.model_fields[setting].default
    return ConfigError(
        f"`{PREFIX}{setting.upper()}` is not a rate",
        todo=f"write it like `{usual}`, or `{OFF}` for none",
    )


def _too_often(seconds: int) -> Answer:
    return problem(
        429,
        "too-often",
        "too many requests",
        f"wait {seconds} s; `RateLimit-Policy` says how many may be sent in how many seconds",
        [(b"retry-after", b"%d" % seconds)],
    )
