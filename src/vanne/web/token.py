"""The secret of who may ask the API: verdicts reveal what people chose."""

import re
from collections.abc import Mapping

from vanne.config import secret_in
from vanne.errors import ConfigError

VARIABLE = "VANNE_API_TOKEN"
SHORTEST = 16
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
_MAKE = "make one with `openssl rand -hex 32`"


def token_of(environment: Mapping[str, str]) -> str | None:
    """Return the token: `VANNE_API_TOKEN`, or what the file `VANNE_API_TOKEN_FILE` holds.

    None if neither is set: the API is not enabled then.

    Raises:
        ConfigError: it is too short to be a secret, or no bearer token (RFC 6750, section 2.1).
        StorageError: the file cannot be read.
    """
    found = secret_in(environment, VARIABLE)
    if found is None:
        return None
    token, source = found
    if len(token) < SHORTEST:
        raise ConfigError(f"the token of `{source}` has fewer than 16 characters", todo=_MAKE)
    if not _TOKEN.fullmatch(token):
        raise ConfigError(
            f"the token of `{source}` has a character that a bearer token cannot have", todo=_MAKE
        )
    return token
