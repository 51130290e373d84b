"""The tokens of services: what programs show instead of signing in.

A token is `vanne_<id>_<secret>` and is shown once, when it is made. HOME/tokens.json keeps the
sha256 of the secret: 256 random bits need no slow hash, as nobody can guess them. A token has
scopes, an end, and can be revoked; one that has ended is refused like one that never was.
"""

import fcntl
import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

from vanne.config import Home
from vanne.errors import ConfigError, InputError, did_you_mean, storing
from vanne.files import write_whole
from vanne.plugins import hooks

SCHEMA = "vanne/tokens/1"
_SCOPES = (
    "verdicts",
    "choices",
    "reports",
    "objections",
    "ledger",
    "generate",
)
FILE = "tokens.json"
_FORM = re.compile(rb"vanne_([a-z0-9]{8})_([0-9a-f]{64})")
_NAME = re.compile(r"[^\W_][\w .@:/-]{0,59}")
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def scopes_known() -> tuple[str, ...]:
    """Return every scope: the core's, then those of plug-ins."""
    return (*_SCOPES, *chain.from_iterable(hooks().register_scopes()))


@dataclass(frozen=True, slots=True)
class Token:
    """What is kept of a token: all but its secret."""

    id: str
    name: str
    scopes: tuple[str, ...]
    created: datetime
    expires: datetime
    revoked: datetime | None
    sha256: str

    def is_good(self, at: datetime) -> bool:
        """Say whether it is neither revoked nor expired."""
        return self.revoked is None and at < self.expires

    def shown(self) -> dict[str, Any]:
        """Return what may be shown of it."""
        return {
            "id": self.id,
            "name": self.name,
            "scopes": list(self.scopes),
            "created": self.created.isoformat(),
            "expires": self.expires.isoformat(),
            "revoked": self.revoked.isoformat() if self.revoked else None,
        }


def path_of(home: Home) -> Path:
    """Return where the tokens of a home are kept."""
    return home.root / FILE


def create(home: Home, name: str, scopes: Sequence[str], days: int, at: datetime) -> str:
    """Make a token and return it whole: it cannot be shown again.

    Raises:
        InputError: the name or a scope cannot be used.
    """
    _check(name, scopes)
    token_id = "".join(secrets.choice(_LETTERS) for _ in range(8))
    secret = secrets.token_hex(32)
    kept = tuple(scope for scope in scopes_known() if scope in scopes)
    token = Token(token_id, name, kept, at, at + timedelta(days=days), None, _digest(secret))
    with _writing(home) as tokens:
        tokens.append(token)
    return f"vanne_{token_id}_{secret}"


def revoke(home: Home, token_id: str, at: datetime) -> Token:
    """Revoke a token from now on; again is harmless.

    Raises:
        InputError: there is no such token.
    """
    with _writing(home) as tokens:
        for place, token in enumerate(tokens):
            if token.id == token_id:
                tokens[place] = replace(token, revoked=token.revoked or at)
                return tokens[place]
    raise InputError("there is no token with this id", todo="see `vanne token list`")


def read(home: Home) -> list[Token]:
    """Return the tokens of a home, oldest first.

    Raises:
        ConfigError: the file is not what Vanne writes.
        StorageError: it cannot be read.
    """
    path = path_of(home)
    if not path.exists():
        return []
    with storing(f"`{FILE}`"):
        data = path.read_bytes()
    try:
        document = json.loads(data)
        if document["schema"] != SCHEMA:
            raise ValueError
        return [_token(row) for row in document["tokens"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"`{FILE}` is not a file of tokens", todo="restore it, or remove it and make new tokens"
        ) from error


def find(tokens: Mapping[str, Token], bearer: bytes) -> Token | None:
    """Return the token that somebody shows, good or not, if its secret is the right one."""
    form = _FORM.fullmatch(bearer)
    if form is None:
        return None
    token = tokens.get(form[1].decode())
    wanted = token.sha256 if token else ""
    is_right = hmac.compare_digest(hashlib.sha256(form[2]).hexdigest(), wanted)
    return token if is_right else None


def _check(name: str, scopes: Sequence[str]) -> None:
    if not _NAME.fullmatch(name):
        raise InputError(
            "a token's name has 1 to 60 letters, digits, spaces or `. @ : / - _`",
            todo="name the program that will use it, such as `recruiting`",
        )
    if not scopes:
        raise InputError("a token needs a scope", todo=f"use --scope {_SCOPES[0]}")
    for scope in scopes:
        if scope not in scopes_known():
            raise InputError(
                f"`{scope}` is no scope", todo=did_you_mean(scope, list(scopes_known()))
            )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _token(row: Mapping[str, Any]) -> Token:
    created, expires, revoked = (
        datetime.fromisoformat(row[key]) if row[key] else None
        for key in ("created", "expires", "revoked")
    )
    if created is None or expires is None or not created.tzinfo or not expires.tzinfo:
        raise ValueError
    scopes = tuple(str(scope) for scope in row["scopes"])
    return Token(row["id"], row["name"], scopes, created, expires, revoked, row["sha256"])


@contextmanager
def _writing(home: Home) -> Iterator[list[Token]]:
    """Read the tokens, let the caller change the list, and write it whole: one writer at a time."""
    with storing(f"`{FILE}`"):
        lock = os.open(home.root / f".{FILE}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        tokens = read(home)
        yield tokens
        rows = [token.shown() | {"sha256": token.sha256} for token in tokens]
        document = {"schema": SCHEMA, "tokens": rows}
        write_whole(path_of(home), json.dumps(document, indent=1).encode(), mode=0o600)
    finally:
        os.close(lock)
