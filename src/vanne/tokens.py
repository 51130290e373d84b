"""Service tokens: how other programs authenticate to the API.

A token is `vanne_<id>_<secret>`. Vanne shows it once, when it is made. The database keeps the
SHA-256 of the secret: nobody can guess 256 random bits, so no slow hash is needed. A token has
scopes and an end, and can be revoked. An expired token is refused in the same way as an unknown
one.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from sqlalchemy import Row, func, insert, literal, select, update

from vanne.config import Home
from vanne.database import Database, Moment
from vanne.database.tables import token as token_table
from vanne.errors import InputError, did_you_mean
from vanne.plugins import hooks

SCHEMA = "vanne/tokens/1"
_SCOPES = ("verdicts", "choices", "reports", "ledger", "generate", "metrics")
_FORM = re.compile(rb"vanne_([a-z0-9]{8})_([0-9a-f]{64})")
_NAME = re.compile(r"[^\W_][\w .@:/-]{0,59}")
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def scopes_known() -> tuple[str, ...]:
    """Return every scope: the core's, then those of plug-ins."""
    return (*_SCOPES, *chain.from_iterable(hooks().register_scopes()))


@dataclass(frozen=True, slots=True)
class ServiceToken:
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


def create(home: Home, name: str, scopes: Sequence[str], days: int, at: datetime) -> str:
    """Make a token and return it whole: it cannot be shown again.

    Raises:
        InputError: the name or a scope cannot be used.
    """
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
    token_id = "".join(secrets.choice(_LETTERS) for _ in range(8))
    secret = secrets.token_hex(32)
    in_order = tuple(scope for scope in scopes_known() if scope in scopes)
    token = ServiceToken(
        token_id,
        name,
        in_order,
        at,
        at + timedelta(days=days),
        None,
        hashlib.sha256(secret.encode()).hexdigest(),
    )
    with Database.of(home).writing() as db:
        db.execute(insert(token_table), asdict(token) | {"scopes": " ".join(in_order)})
    return f"vanne_{token_id}_{secret}"


def revoke(home: Home, token_id: str, at: datetime) -> ServiceToken:
    """Revoke a token from now on; again is harmless.

    Raises:
        InputError: there is no such token.
    """
    revoked = func.coalesce(token_table.c.revoked, literal(at, Moment))
    its_own = token_table.c.id == token_id
    with Database.of(home).writing() as db:
        db.execute(update(token_table).where(its_own).values(revoked=revoked))
        row = db.execute(select(token_table).where(its_own)).one_or_none()
    if row is None:
        raise InputError("there is no token with this id", todo="see `vanne token list`")
    return _token(row)


def read(home: Home) -> list[ServiceToken]:
    """Return the tokens of a home, oldest first.

    Raises:
        StorageError: they cannot be read.
    """
    with Database.of(home).reading() as db:
        rows = db.execute(select(token_table).order_by(token_table.c.created, token_table.c.id))
        return [_token(row) for row in rows]


def find(tokens: Mapping[str, ServiceToken], bearer: bytes) -> ServiceToken | None:
    """Return the token that somebody shows, good or not, if its secret is the right one."""
    form = _FORM.fullmatch(bearer)
    if form is None:
        return None
    token = tokens.get(form[1].decode())
    wanted = token.sha256 if token else ""
    is_right = hmac.compare_digest(hashlib.sha256(form[2]).hexdigest(), wanted)
    return token if is_right else None


def _token(row: Row[Any]) -> ServiceToken:
    return ServiceToken(**row._asdict() | {"scopes": tuple(row.scopes.split())})
