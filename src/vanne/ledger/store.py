"""What a ledger is kept in: tables, and transactions over them. One interface, two back ends.

    log      one row: whose log it is, its keys, its size, the last checkpoint
    entry    position, public, private, salt, and whose it is, for look-ups by member
    erased   which entries were erased, and by which erasure entry
    tile     the tree, as `vanne.ledger.merkle` keeps it
    request  which idempotency key wrote which entries

A back end (`vanne.ledger.sqlite`, `vanne.ledger.postgres`) opens transactions, reads and adds
entries in its own way, and turns errors of its database into one clear line. The rest is the same
SQL for both, with `?` for values.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from vanne.database.faults import StoreName
from vanne.errors import InputError, MissingError
from vanne.files import make_folder
from vanne.ledger.checkpoint import Checkpoint, Verifier
from vanne.ledger.keys import key_files, write_new_key
from vanne.ledger.merkle import EMPTY_ROOT, TileKey, Tiles
from vanne.terms import MemberId

SCHEMA_VERSION = 3
TABLES = """
CREATE TABLE log (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    origin TEXT NOT NULL,
    vkey TEXT NOT NULL,
    size INTEGER NOT NULL,
    note TEXT NOT NULL,  -- the last checkpoint, signed
    former TEXT
) STRICT;
CREATE TABLE entry (
    position INTEGER PRIMARY KEY,
    public BLOB NOT NULL,
    private BLOB,
    salt BLOB,
    member_id ID  -- repeats what `private` says, for look-ups by member
) STRICT;
CREATE TABLE tile (
    level INTEGER NOT NULL,
    number INTEGER NOT NULL,
    hashes BLOB NOT NULL,  -- up to 256 hashes of 32 bytes, see vanne.ledger.merkle
    PRIMARY KEY (level, number)
) STRICT;
CREATE TABLE erased (position INTEGER PRIMARY KEY, entry INTEGER NOT NULL) STRICT;
CREATE TABLE request (
    key BLOB PRIMARY KEY,  -- SHA-256 of the idempotency key
    digest BLOB,
    first INTEGER NOT NULL,
    count INTEGER NOT NULL
) STRICT;
CREATE INDEX request_of_entry ON request (first);
"""
"""The tables with SQLite's words; each back end has a type for `ID` and its own look-up indices."""
REPAIR = "do not use it; see what `vanne ledger fsck` says, and restore it from a backup"

Row = tuple[int, bytes, bytes | None, bytes | None, MemberId | None]
"""position, public, private, salt, member id."""
Value = int | str | bytes | None


class Transaction(Protocol):
    """One transaction: all that it reads is of one moment."""

    def ask(self, sql: str, *values: Value) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""

    def entries(self, where: str, *values: Value) -> list[Row]:
        """Return the entries for which a condition holds, in order."""

    def add_entries(self, rows: Iterable[Row]) -> None:
        """Write new entries."""

    def damage(self) -> Iterator[str]:
        """Yield what is wrong with the file itself, where the database can tell."""


class LedgerStore(Protocol):
    """Where one ledger is kept. May be used from any number of threads."""

    def reading(self) -> AbstractContextManager[Transaction]:
        """Give a transaction that waits for nobody and writes nothing."""

    def writing(self) -> AbstractContextManager[Transaction]:
        """Give the one transaction that may write: durable at the end, or nothing of it is there.

        Raises:
            BusyError: another writer held the ledger for longer than the patience.
            StorageError: the database is gone, full or damaged.
        """

    def scrub(self) -> None:
        """Take what was erased out of the database's files."""

    def close(self) -> None:
        """Let go of the database; harmless when done twice."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where a log stands: whose it is, how many entries it has, its last checkpoint, its keys.

    `former` is the key before `vkey`, while both sign.
    """

    origin: str
    vkey: str
    size: int
    note: str
    former: str | None = None

    @property
    def verifiers(self) -> tuple[Verifier, ...]:
        """The public keys that checkpoints are signed with, the log's own first."""
        vkeys = (self.vkey,) if self.former is None else (self.vkey, self.former)
        return tuple(map(_verifier, vkeys))


_verifier = lru_cache(maxsize=16)(Verifier.parse)  # every append asks for the same


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """What an idempotency key wrote; no digest when some of it was erased since."""

    digest: bytes | None
    first: int
    count: int


@contextmanager
def new_log(key_path: Path, origin: str, missing: str) -> Iterator[Head]:
    """Make the key of a new log and give its head; the key goes again if the block fails.

    Raises:
        MissingError: the key is there, so that the ledger may have been lost; `missing` says where
            it is not.
    """
    # INVARIANT: a log never signs two histories with one key.
    if any(file.exists() for file in key_files(key_path)):
        raise MissingError(
            f"{missing}, but its key is there",
            todo=f"restore the ledger from a backup, or move `{key_path.name}` away to begin anew",
        )
    make_folder(key_path.parent)
    signer = write_new_key(key_path, origin)
    try:
        note = signer.sign(Checkpoint(origin, 0, EMPTY_ROOT))
        yield Head(origin, signer.verifier.vkey, 0, note)
    except BaseException:
        key_path.unlink()
        raise


def check_schema(store: StoreName, version: int) -> None:
    """Refuse a ledger that another version of Vanne wrote.

    Raises:
        InputError: it is one.
    """
    if version != SCHEMA_VERSION:
        is_newer = version > SCHEMA_VERSION
        raise store.other_version(version, SCHEMA_VERSION, is_newer=is_newer)


def read_head(db: Transaction) -> Head:
    """Return where the log stands."""
    rows = db.ask("SELECT * FROM log")
    if not rows:
        raise InputError("the ledger does not say whose it is", todo="restore it from a backup")
    return Head(*rows[0][1:])


def read_tile(db: Transaction, key: TileKey) -> bytes:
    """Return the hashes of one tile; none when there is no such tile."""
    rows = db.ask("SELECT hashes FROM tile WHERE level = ? AND number = ?", *key)
    return bytes(rows[0][0]) if rows else b""


def read_tiles(db: Transaction) -> Tiles:
    """Return the tree as it is stored; each tile is read when it is asked for, once."""
    cache: dict[TileKey, bytes] = {}

    def tile(key: TileKey) -> bytes:
        if key not in cache:
            cache[key] = read_tile(db, key)
        return cache[key]

    return Tiles(tile)


def read_rows(db: Transaction, start: int, end: int) -> list[Row]:
    """Return entries `start` to `end` - 1 in order."""
    return db.entries("position >= ? AND position < ?", start, end)


def read_rows_of(db: Transaction, member_id: MemberId | None) -> list[Row]:
    """Return one member's entries in order; or those that are filed under nobody."""
    if member_id is None:
        return db.entries("member_id IS NULL")
    return db.entries("member_id = ?", member_id)


def read_erased(db: Transaction, start: int, end: int) -> dict[int, int]:
    """Return the erased positions from `start` to `end` - 1, each with its erasure entry's."""
    sql = "SELECT position, entry FROM erased WHERE position >= ? AND position < ?"
    return dict(db.ask(sql, start, end))


def read_request(db: Transaction, key: bytes) -> KeyedRequest | None:
    """Return what an idempotency key wrote."""
    rows = db.ask("SELECT digest, first, count FROM request WHERE key = ?", key)
    return KeyedRequest(*rows[0]) if rows else None


def write_request(db: Transaction, key: bytes, request: KeyedRequest) -> None:
    """Write down what an idempotency key wrote."""
    values = (key, request.digest, request.first, request.count)
    db.ask("INSERT INTO request (key, digest, first, count) VALUES (?, ?, ?, ?)", *values)


def add_head(db: Transaction, head: Head) -> None:
    """Write the one row of a new log."""
    values = (head.origin, head.vkey, head.size, head.note)
    db.ask("INSERT INTO log (one, origin, vkey, size, note) VALUES (1, ?, ?, ?, ?)", *values)


def write_head(db: Transaction, head: Head, tiles: Tiles) -> None:
    """Write where the log stands now, and the tiles that changed."""
    for (level, number), hashes in tiles.added.items():
        db.ask(
            "INSERT INTO tile (level, number, hashes) VALUES (?, ?, ?)"
            " ON CONFLICT (level, number) DO UPDATE SET hashes = excluded.hashes",
            level, number, hashes,
        )  # fmt: skip
    sql = "UPDATE log SET vkey = ?, size = ?, note = ?, former = ?"
    db.ask(sql, head.vkey, head.size, head.note, head.former)


def write_erased(db: Transaction, position: int, entry: int) -> None:
    """Take away the content of an entry, and say which entry tells so."""
    db.ask(
        "UPDATE entry SET private = NULL, salt = NULL, member_id = NULL WHERE position = ?",
        position,
    )
    db.ask("INSERT INTO erased (position, entry) VALUES (?, ?)", position, entry)
    db.ask(
        "UPDATE request SET digest = NULL WHERE first + count > ? AND first ="
        " (SELECT max(first) FROM request WHERE first <= ?)",
        position, position,
    )  # fmt: skip
