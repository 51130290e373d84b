"""The time zone in which a page writes moments: the browser's, else the operator's.

A script of a few lines tells the browser's zone in a cookie. So the server writes local time in
every sentence, and without scripts the page says the time of the operator's zone.
"""

from datetime import UTC, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from vanne.errors import ConfigError
from vanne.words import ZONE

COOKIE = "zone"
UNITED = ("UTC", "Etc/UTC")


class LocalTime:
    """Middleware: while a request is answered, moments are written in its zone."""

    def __init__(self, app: ASGIApp, default: tzinfo) -> None:
        self.app = app
        self.default = default

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, in its zone."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        asked = HTTPConnection(scope).cookies.get(COOKIE, "")
        token = ZONE.set(zone_named(asked) or self.default)
        try:
            await self.app(scope, receive, send)
        finally:
            ZONE.reset(token)


def zone_named(name: str) -> tzinfo | None:
    """Return a zone by its name in the database of zones (IANA); None if there is none.

    >>> zone_named("Europe/Zurich"), zone_named("../../etc/passwd")
    (zoneinfo.ZoneInfo(key='Europe/Zurich'), None)
    """
    if name in UNITED:
        return UTC
    return ZoneInfo(name) if name in _names() else None


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())


def zone_of(setting: str) -> tzinfo:
    """Return the zone of the setting `time_zone`.

    Raises:
        ConfigError: there is no such zone.
    """
    zone = zone_named(setting)
    if zone is None:
        raise ConfigError(
            "the setting `time_zone` is no time zone", todo="name one such as Europe/Zurich"
        )
    return zone
