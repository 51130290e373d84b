"""Links that hold what they are for, sealed: nothing has to be kept until somebody follows one.

A link is encrypted, signed and dated (Fernet: AES-128-CBC and HMAC-SHA256): what is in it can be
read neither in a history nor in a log of a proxy, nobody can make one, and it ends by itself.
Each use has a key of its own, derived from the secret of the home (HKDF, RFC 5869): a link that
confirms opens no receipt.
"""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


@dataclass(frozen=True, slots=True)
class Opened:
    """What a link holds, and when it was made (in whole seconds)."""

    value: dict[str, Any]
    made_at: datetime


class Links:
    """Makes and opens the links for one use, which hold for some time."""

    def __init__(self, secret: str, use: str, lasts: timedelta) -> None:
        key = HKDF(SHA256(), 32, salt=None, info=f"vanne link {use}".encode()).derive(
            secret.encode()
        )
        self._fernet = Fernet(base64.urlsafe_b64encode(key))
        self.lasts = lasts

    def seal(self, value: dict[str, Any], at: datetime) -> str:
        """Return the text of a link, fit for an address."""
        shown = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        return self._fernet.encrypt_at_time(shown, int(at.timestamp())).decode().rstrip("=")

    def open(self, text: str, at: datetime) -> Opened | None:
        """Return what a link holds; None if it is not one of ours, was changed, or has ended."""
        token = _whole(text)
        if token is None:
            return None
        try:
            seconds = int(self.lasts.total_seconds())
            shown = self._fernet.decrypt_at_time(token, seconds, int(at.timestamp()))
            made_at = datetime.fromtimestamp(self._fernet.extract_timestamp(token), UTC)
        except InvalidToken:
            return None
        return Opened(json.loads(shown), made_at)


def _whole(text: str) -> str | None:
    """Return a token with its end; None if it is spelt as we never would.

    Base64 can be read from many spellings: a link has one, so that used twice it is known again.
    """
    token = text + "=" * (-len(text) % 4)
    try:
        spelt = base64.urlsafe_b64encode(base64.urlsafe_b64decode(token)).decode()
    except ValueError:
        return None
    return token if token == spelt else None
