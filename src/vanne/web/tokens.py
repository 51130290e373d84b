"""Which program asks: the tokens of a home, and the one that the server was started with.

The tokens are read at most every half second, so that a revocation acts within a second. In
between, a request costs one hash.
"""

import hmac
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from vanne.config import Home
from vanne.errors import ConfigError
from vanne.settings import Settings
from vanne.tokens import ServiceToken, find, read

SHORTEST = 16
_BEARER = re.compile(r"[A-Za-z0-9._~+/-]+=*")
_MAKE = "make one with `openssl rand -hex 32`"


def token_of(settings: Settings) -> str | None:
    """Return the token that may ask for all; None if there is none.

    Raises:
        ConfigError: it is too short to be a secret, or no bearer token (RFC 6750, section 2.1).
    """
    if settings.api_token is None:
        return None
    token = settings.api_token.get_secret_value()
    if len(token) < SHORTEST:
        raise ConfigError("the token of `VANNE_API_TOKEN` has fewer than 16 characters", todo=_MAKE)
    if not _BEARER.fullmatch(token):
        raise ConfigError(
            "the token of `VANNE_API_TOKEN` has a character that a bearer token cannot have",
            todo=_MAKE,
        )
    return token


LOOK_EVERY_SECONDS = 0.5
_NEVER = -LOOK_EVERY_SECONDS


@dataclass(frozen=True, slots=True)
class Holder:
    """A program that showed a good token, and what it may do."""

    id: str
    name: str
    scopes: frozenset[str]


OF_THE_SERVER = Holder("VANNE_API_TOKEN", "the server's own token", frozenset({"verdicts"}))
"""Who shows the token that the server was started with."""


class Tokens:
    """The tokens of a home as they are now."""

    def __init__(
        self,
        home: Home,
        api_token: str | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._home = home
        self._api_token = None if api_token is None else api_token.encode()
        self._now = now
        self._looked = _NEVER
        self._tokens: dict[str, ServiceToken] = {}
        self._holders: dict[str, Holder] = {}

    def holder(self, bearer: bytes) -> Holder | None:
        """Return who shows a token; None if it is unknown, revoked or expired: no one learns which.

        Raises:
            StorageError: they cannot be read.
        """
        if self._api_token is not None and hmac.compare_digest(bearer, self._api_token):
            return OF_THE_SERVER
        self._look()
        token = find(self._tokens, bearer)
        if token is None or not token.is_good(self._now()):
            return None
        return self._holders[token.id]

    def _look(self) -> None:
        at = time.monotonic()
        if at - self._looked < LOOK_EVERY_SECONDS:
            return
        self._tokens = {token.id: token for token in read(self._home)}
        self._holders = {
            token.id: Holder(token.id, token.name, frozenset(token.scopes))
            for token in self._tokens.values()
        }
        self._looked = at
