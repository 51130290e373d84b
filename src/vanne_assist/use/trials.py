"""Who is in which arm, and what is kept of it: sums by arm and bucket, and nobody.

A keyed hash (HMAC-SHA256) of who somebody is gives their arm and their bucket. The key is the
experiment's own, and is destroyed after its last day: then nobody can tell any more who was where.
"""

import hmac
import secrets
import sqlite3
from collections.abc import Sequence
from datetime import date
from hashlib import sha256

from vanne_assist.use.analysis import BUCKETS, Bucket
from vanne_assist.use.consent import Account, Who

USUAL, OTHER = 0, 1
_SALT_BYTES = 32


def begin(db: sqlite3.Connection, experiment: str, ends: date) -> None:
    """Draw the key of an experiment; one that has a key keeps it."""
    salt = secrets.token_bytes(_SALT_BYTES)
    db.execute("INSERT OR IGNORE INTO salt VALUES (?, ?, ?)", (experiment, salt, ends.isoformat()))


def drop(db: sqlite3.Connection, experiment: str) -> None:
    """Delete the key of an experiment and all that was counted in it."""
    for table in ("salt", "trial"):
        db.execute(f"DELETE FROM {table} WHERE experiment = ?", (experiment,))


def destroy_salts(db: sqlite3.Connection, today: date) -> None:
    """Destroy the keys of the experiments whose last day is over."""
    db.execute("DELETE FROM salt WHERE until < ?", (today.isoformat(),))


def place(db: sqlite3.Connection, experiment: str, who: Who) -> tuple[int, int] | None:
    """Return somebody's arm and bucket; None if the key is gone."""
    found = db.execute("SELECT salt FROM salt WHERE experiment = ?", (experiment,)).fetchone()
    return assigned(found[0], who) if found else None


def assigned(salt: bytes, who: Who) -> tuple[int, int]:
    """Return the arm and the bucket that a key gives somebody."""
    name = f"account\n{who.subject}" if isinstance(who, Account) else f"member\n{who.member_id}"
    digest = hmac.digest(salt, name.encode(errors="surrogatepass"), sha256)
    return digest[0] & 1, int.from_bytes(digest[8:16]) % BUCKETS


def add(
    db: sqlite3.Connection, experiment: str, where: tuple[int, int], occasions: int, total: int
) -> None:
    """Add to the sums of an arm's bucket."""
    db.execute(
        "INSERT INTO trial VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
        " SET occasions = occasions + excluded.occasions, total = total + excluded.total",
        (experiment, *where, occasions, total),
    )


def arms(db: sqlite3.Connection, experiment: str) -> tuple[Sequence[Bucket], Sequence[Bucket]]:
    """Return the sums of both arms by bucket, of buckets in which there is anything."""
    found: tuple[list[Bucket], list[Bucket]] = ([], [])
    query = "SELECT arm, occasions, total FROM trial WHERE experiment = ? ORDER BY arm, bucket"
    for arm, occasions, total in db.execute(query, (experiment,)):
        found[arm].append((occasions, total))
    return found
