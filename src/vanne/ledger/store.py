"""Store a ledger in tables of SQLite or PostgreSQL, and run transactions over them.

    log      one row: whose log it is, its keys, its size, the last checkpoint
    entry    position, public, private, salt, and whose it is, for look-ups by member
    erased   which entries were erased, and by which erasure entry
    tile     the tree, as `vanne.ledger.merkle` keeps it
    request  which idempotency key wrote which entries

`vanne.database` opens both databases and explains their errors in one line. The SQL is the same for
both, with `?` for values. Member ids are stored as bytes: PostgreSQL's text cannot hold a NUL.

A SQLite file says what it is: `application_id` is the four letters `Vann`, `user_version` the
version of the tables. In PostgreSQL the tables are in the first schema of the search path, beside
those of `vanne.database`, and a comment gives their version. Appends of all processes wait for one
another; reads wait for nobody. The key stays in a file of the home, so a dump of the database is
not enough to sign for the log.
"""

import json
import re
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from vanne.database import Database
from vanne.database.engines import (
    check_encoding,
    connect_sqlite,
    make_file,
    name_of,
    postgres_engine,
    sqlite_engine,
)
from vanne.database.faults import StoreName, explained
from vanne.errors import BusyError, InputError, MissingError, StorageError, VanneError, storing
from vanne.files import locked, make_folder, write_whole
from vanne.ledger.checkpoint import Checkpoint, Verifier
from vanne.ledger.keys import write_new_key
from vanne.ledger.merkle import EMPTY_ROOT, TileKey, Tiles
from vanne.terms import MemberId

APPLICATION_ID = int.from_bytes(b"Vann", "big")
SCHEMA_VERSION = 4
_TABLES = """
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
    member_id BLOB  -- repeats what `private` says, for look-ups by member
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
_FOR_SQLITE = (
    f"BEGIN; PRAGMA user_version = {SCHEMA_VERSION};"
    f"{_TABLES} CREATE INDEX entry_of_member ON entry (member_id, position);"
)
_MARK = "Vanne ledger, schema "
_TYPES = {"BLOB": "bytea", "INTEGER": "bigint", " STRICT": ""}
_FOR_POSTGRES = (
    re.sub("|".join(_TYPES), lambda word: _TYPES[word[0]], _TABLES)
    + f"""
-- a hash: ids of any length fit, and only equality is asked for
CREATE INDEX entry_of_member ON entry USING hash (member_id);
CREATE INDEX entry_of_nobody ON entry (position) WHERE member_id IS NULL;
ALTER TABLE tile ALTER hashes SET STORAGE EXTERNAL;  -- hashes do not compress
COMMENT ON TABLE log IS '{_MARK}{SCHEMA_VERSION}';
"""
)
_AT_ONCE = 500  # members that one query names at most
_ADVISORY = int.from_bytes(b"Vann", "big")  # PostgreSQL's lock under which tables are made
_COLUMNS = "position, public, private, salt, member_id"
_NEW_HEAD = "INSERT INTO log (one, origin, vkey, size, note) VALUES (1, ?, ?, ?, ?)"
REPAIR = "do not use it; see what `vanne ledger fsck` says, and restore it from a backup"

Row = tuple[int, bytes, bytes | None, bytes | None, MemberId | None]
"""position, public, private, salt, member id."""
Value = int | str | bytes | None


class Transaction:
    """One transaction: all that it reads is of one moment."""

    def __init__(self, db: Connection) -> None:
        # the driver's own connection, which is faster, and gives PostgreSQL's bytes as bytes
        self._driver: Any = db.connection.driver_connection
        self.is_sqlite = isinstance(self._driver, sqlite3.Connection)

    def ask(self, sql: str, *values: Value) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        if self.is_sqlite:
            rows: list[tuple[Any, ...]] = self._driver.execute(sql, values).fetchall()
            return rows
        cursor = self._driver.execute(sql.replace("?", "%s"), values, binary=True)
        return cursor.fetchall() if cursor.description else []

    def entries(self, where: str, *values: Value) -> list[Row]:
        """Return the entries for which a condition holds, in order."""
        rows = self.ask(f"SELECT {_COLUMNS} FROM entry WHERE {where} ORDER BY position", *values)
        return [(*row[:4], None if row[4] is None else row[4].decode()) for row in rows]

    def add_entries(self, rows: Iterable[Row]) -> None:
        """Write new entries; in PostgreSQL by one COPY."""
        encoded = ((*row[:4], None if row[4] is None else row[4].encode()) for row in rows)
        if self.is_sqlite:
            self._driver.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?)", encoded)
            return
        copying = f"COPY entry ({_COLUMNS}) FROM STDIN (FORMAT BINARY)"
        with self._driver.cursor() as cursor, cursor.copy(copying) as copy:
            copy.set_types(("int8", "bytea", "bytea", "bytea", "bytea"))
            for row in encoded:
                copy.write_row(row)

    def damage(self) -> Iterator[str]:
        """Yield what SQLite finds wrong with the file; PostgreSQL reads no page that is damaged."""
        findings = self.ask("PRAGMA integrity_check(10)") if self.is_sqlite else []
        return (finding for (finding,) in findings if finding != "ok")


class LedgerStore:
    """Where one ledger is kept. May be used from any number of threads."""

    def __init__(self, database: Database, patience_s: float) -> None:
        self._database = database
        self._patience_s = patience_s
        self._closed = False

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """Give a transaction that waits for nobody and writes nothing.

        Raises:
            StorageError: the database is gone or damaged.
        """
        if self._closed:
            raise VanneError("the ledger was closed")
        with self._database.reading() as db, db.begin():
            yield Transaction(db)

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """Give the one transaction that may write: durable at the end, or nothing of it is there.

        Raises:
            BusyError: another writer held the ledger for longer than the patience.
            StorageError: the database is gone, full or damaged.
        """
        if self._closed:
            raise VanneError("the ledger was closed")
        with self._database.writing() as db:
            transaction = Transaction(db)
            if not transaction.is_sqlite:
                transaction.ask(f"SET LOCAL lock_timeout = {max(1, int(self._patience_s * 1000))}")
                transaction.ask("SELECT one FROM log FOR UPDATE")
            yield transaction

    def scrub(self) -> None:
        """Take what was erased out of the database's files; backups have their own ends.

        Raises:
            BusyError: somebody was reading for longer than the patience.
        """
        if not self._database.scrub("entry", "request"):
            raise BusyError(
                f"somebody reads {self._database.store.name}: the erasure is recorded, but the old "
                "content is still in the ledger's files",
                todo="erase again in a moment",
            )

    def close(self) -> None:
        """Let go of the database; harmless when done twice."""
        self._closed = True
        self._database.engine.dispose()


def create_sqlite(path: Path, key_path: Path, origin: str) -> None:
    """Make the file of a new ledger, with its folder and its key.

    Raises:
        InputError: there is a file already.
        MissingError: the key is there but the ledger is not: it may have been lost.
        StorageError: the folder or the files cannot be written.
    """
    store = StoreName.ledger(f"`{path}`")
    with storing(f"the ledger `{path}`"):
        make_folder(path.parent)
        with locked(path.parent):
            if path.exists():
                raise _there_already(store)
            with new_log(key_path, origin, store) as head, explained(store):

                def fill(db: sqlite3.Connection) -> None:
                    db.executescript(_FOR_SQLITE)
                    db.execute(_NEW_HEAD, (head.origin, head.vkey, head.size, head.note))
                    db.execute("COMMIT")

                make_file(path, APPLICATION_ID, fill)


def open_sqlite(path: Path, key_path: Path, patience_s: float, *, writable: bool) -> LedgerStore:
    """Open the file of a ledger.

    Raises:
        InputError: it is no ledger, or another Vanne's.
        MissingError: it is not there.
        StorageError: it cannot be read.
    """
    store = StoreName.ledger(f"`{path}`")
    if not path.exists():
        raise _not_there(store, key_path)
    engine = sqlite_engine(path, store, APPLICATION_ID, patience_s, writable=writable)
    ledger = LedgerStore(Database(engine, store), patience_s)
    try:
        with ledger.reading() as db:
            ((version,),) = db.ask("PRAGMA user_version")
        _check_schema(store, version)
    except BaseException:
        ledger.close()
        raise
    return ledger


def create_postgres(url: str, key_path: Path, origin: str, patience_s: float) -> None:
    """Make the tables of a new ledger in a database, and its key.

    Raises:
        ConfigError: the address is wrong, or the server does not let us in.
        InputError: there is a ledger already, or the tables are somebody else's.
        MissingError: the key is there but the ledger is not: it may have been lost.
        StorageError: the server cannot be reached, or does not let us make tables.
    """
    store = StoreName.ledger(name_of(url))
    database = Database(postgres_engine(url, patience_s), store)
    try:
        with database.writing() as db:
            db.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY})")
            if _is_there(db, store):
                raise _there_already(store)
            check_encoding(db, store)
            with new_log(key_path, origin, store) as head:
                db.connection.driver_connection.execute(_FOR_POSTGRES)  # type: ignore[union-attr]
                Transaction(db).ask(_NEW_HEAD, head.origin, head.vkey, head.size, head.note)
            # if the commit fails the key stays: the tables may be there
    finally:
        database.engine.dispose()


def open_postgres(url: str, key_path: Path, patience_s: float) -> LedgerStore:
    """Open the ledger in a database.

    Raises:
        ConfigError: the address is wrong, or the server does not let us in.
        InputError: the tables are somebody else's, or another Vanne's.
        MissingError: there is none.
        StorageError: the server cannot be reached.
    """
    store = StoreName.ledger(name_of(url))
    database = Database(postgres_engine(url, patience_s), store)
    try:
        with database.reading() as db:
            if not _is_there(db, store):
                raise _not_there(store, key_path)
    except BaseException:
        database.engine.dispose()
        raise
    return LedgerStore(database, patience_s)


def _not_there(store: StoreName, key_path: Path) -> MissingError:
    """Say that a ledger is not there, and what to do; it may have been lost."""
    what = f"there is no ledger {store.place if store.name != store.place else f'in {store.place}'}"
    if key_path.exists():
        todo = f"restore it from a backup, or move `{key_path.name}` away to begin anew"
        return MissingError(f"{what}, but its key is there", todo=todo)
    return MissingError(what, todo="check the path, or begin one with `vanne.Ledger.create`")


def _there_already(store: StoreName) -> InputError:
    return InputError(f"{store.name} is there already", todo="open it, or name another place")


def _is_there(db: Connection, store: StoreName) -> bool:
    """Tell whether the ledger's tables are there, and ours."""
    names = {"log", "entry", "tile", "erased", "request"}
    rows = db.exec_driver_sql(
        "SELECT relname, obj_description(oid, 'pg_class') FROM pg_class WHERE relkind = 'r'"
        " AND relnamespace = to_regnamespace(quote_ident(current_schema()))"
    )
    comments = {name: comment for name, comment in rows if name in names}
    if not comments:
        return False
    mark = comments.get("log") or ""
    if not mark.startswith(_MARK) or set(comments) != names:
        raise InputError(
            f"the tables in {store.name} are not a ledger's",
            todo="name an empty database, or another schema (`?options=-csearch_path%3Dvanne`)",
        )
    _check_schema(store, int(mark.removeprefix(_MARK)))
    return True


def _check_schema(store: StoreName, version: int) -> None:
    if version != SCHEMA_VERSION:
        raise store.other_version(version, SCHEMA_VERSION, is_newer=version > SCHEMA_VERSION)


_NOT_NOW = (
    sqlite3.SQLITE_INTERRUPT,  # there was no time for all of it
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,  # a folder in which nobody may write
    sqlite3.SQLITE_READONLY,
)
"""Why a file is not looked at: who reads or writes it next says so, if it matters."""


def refuse_damage(path: Path, within_s: float = 0.2) -> None:
    """Refuse a file whose pages do not fit together, as far as can be seen in so much time.

    In 0.2 s SQLite looks at some 200 MB. It does not look at what entries say: who reads an entry
    opens it, and `fsck` compares all of them with the tree. A note beside the file says how it
    looked: what nobody has written to since is not looked at again.

    Raises:
        StorageError: it is damaged.
    """
    store, note = StoreName.ledger(f"`{path}`"), path.with_name(f".{path.name}.seen")
    looks = list[tuple[int, ...]]()
    for part in (path, path.with_name(f"{path.name}-wal")):
        with suppress(OSError):  # it is not there, or goes at this moment
            at = part.stat()
            looks += [(at.st_ino, at.st_size, at.st_mtime_ns, at.st_ctime_ns)] if at.st_size else []
    look, finding = json.dumps(looks).encode(), "ok"
    with suppress(OSError):
        if note.read_bytes() == look:
            return
    with explained(store), closing(connect_sqlite(path, "ro", within_s)) as db:
        end = time.monotonic() + within_s
        db.set_progress_handler(lambda: time.monotonic() > end, 10_000)
        try:
            (finding,) = db.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.OperationalError as error:
            code = error.sqlite_errorcode & 0xFF
            if code not in _NOT_NOW:
                raise
            if code != sqlite3.SQLITE_INTERRUPT:
                return
    if finding != "ok":
        raise StorageError(f"{store.name} is damaged ({finding})", todo=REPAIR)
    with suppress(StorageError):
        write_whole(note, look)


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
def new_log(key_path: Path, origin: str, store: StoreName) -> Iterator[Head]:
    """Make the key of a new log and give its head; the key goes again if the block fails.

    Raises:
        MissingError: the key is there, so that the ledger may have been lost.
    """
    # INVARIANT: a log never signs two histories with one key.
    if key_path.exists():
        raise _not_there(store, key_path)
    make_folder(key_path.parent)
    signer = write_new_key(key_path, origin)
    try:
        note = signer.sign(Checkpoint(origin, 0, EMPTY_ROOT))
        yield Head(origin, signer.verifier.vkey, 0, note)
    except BaseException:
        key_path.unlink()
        raise


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
    return db.entries("member_id = ?", member_id.encode())


def read_rows_of_all(db: Transaction, members: Sequence[MemberId]) -> Iterator[Row]:
    """Yield the entries of some members, each one's in order."""
    for start in range(0, len(members), _AT_ONCE):
        some = [member.encode() for member in members[start : start + _AT_ONCE]]
        yield from db.entries(f"member_id IN ({', '.join('?' * len(some))})", *some)


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
