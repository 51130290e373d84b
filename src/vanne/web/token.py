"""The secret of who may ask the API: verdicts reveal what people chose."""

import re

from vanne.errors import ConfigError
from vanne.settings import Settings

SHORTEST = 16
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
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
    if not _TOKEN.fullmatch(token):
        raise ConfigError(
            "the token of `VANNE_API_TOKEN` has a character that a bearer token cannot have",
            todo=_MAKE,
        )
    return token
