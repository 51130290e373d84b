"""The SQLite file of a ledger: its version, its transactions and what can go wrong.

The database is in WAL mode with synchronous=FULL: a commit is on the disk when it returns, and
readers never wait for a writer. Appends share one connection behind a lock, since SQLite has one
writer at a time anyway; every read opens a connection of its own. So a `Store` may be used from any
number of threads, and a file from any number of processes.

The file says what it is: `application_id` is the four letters `Vann`, `user_version` the schema's
version, so that an old Vanne refuses a newer file instead of misreading it.
"""

import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vanne.database.faults import StoreName, explained_sqlite
from vanne.database.sqlite import connect, keep_durable, make_file, truncate_wal
from vanne.errors import BusyError, StorageError, VanneError, storing
from vanne.files import locked, make_folder
from vanne.ledger.store import (
    REPAIR,
    SCHEMA_VERSION,
    TABLES,
    Row,
    Value,
    add_head,
    check_schema,
    new_log,
)

APPLICATION_ID = int.from_bytes(b"Vann", "big")

_SCHEMA = (
    f"BEGIN; PRAGMA user_version = {SCHEMA_VERSION};"
    + TABLES.replace("member_id ID", "member_id TEXT")
    + "CREATE INDEX entry_of_member ON entry (member_id, position);"
)


@dataclass(frozen=True, slots=True)
class SqliteTransaction:
    """A transaction on one connection; see `vanne.ledger.store.Transaction`."""

    db: sqlite3.Connection

    def ask(self, sql: str, *values: Value) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        return self.db.execute(sql, values).fetchall()

    def entries(self, where: str, *values: Value) -> list[Row]:
        """Return the entries for which a condition holds, in order."""
        columns = "SELECT position, public, private, salt, member_id FROM entry WHERE "
        return self.ask(columns + where + " ORDER BY position", *values)

    def add_entries(self, rows: Iterable[Row]) -> None:
        """Write new entries."""
        self.db.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?)", rows)

    def damage(self) -> Iterator[str]:
        """Yield what SQLite finds wrong with the file."""
        findings = self.ask("PRAGMA integrity_check(10)")
        return (finding for (finding,) in findings if finding != "ok")


def create_if_absent(path: Path, key_path: Path, origin: str) -> None:
    """Make an empty ledger and its key unless they are there; one process at a time.

    Raises:
        MissingError: the key is there but the ledger is not: it may have been lost.
        StorageError: the folder or the files cannot be written.
    """
    if path.exists():
        return

    def fill(db: sqlite3.Connection) -> None:
        db.executescript(_SCHEMA)
        add_head(SqliteTransaction(db), head)
        db.execute("COMMIT")

    with storing(f"the ledger `{path}`"):
        make_folder(path.parent)
        with locked(path.parent):
            if not path.exists():
                missing = f"the ledger `{path}` is missing"
                with new_log(key_path, origin, missing) as head, _explained(path):
                    make_file(path, APPLICATION_ID, fill)


def _explained(path: Path) -> AbstractContextManager[None]:
    return explained_sqlite(StoreName.ledger(f"`{path}`"))


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
    opens it, and `fsck` compares all of them with the tree.

    Raises:
        StorageError: it is damaged.
    """
    with _explained(path), closing(connect(path, "ro", within_s)) as db:
        end = time.monotonic() + within_s
        db.set_progress_handler(lambda: time.monotonic() > end, 10_000)
        try:
            (finding,) = db.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF in _NOT_NOW:
                return
            raise
        if finding != "ok":
            raise StorageError(f"the ledger `{path}` is damaged ({finding})", todo=REPAIR)


class SqliteStore:
    """An open ledger file. With `writable=False` nothing is ever written to it."""

    def __init__(self, path: Path, *, writable: bool, patience_s: float) -> None:
        self.path = path
        self._named = StoreName.ledger(f"`{path}`")
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._writer = self._open("rw") if writable else None
        self._closed = False

    def close(self) -> None:
        """Let go of the file; harmless when done twice."""
        self._closed = True
        if self._writer:
            with self._lock:
                self._writer.close()

    @contextmanager
    def reading(self) -> Iterator[SqliteTransaction]:
        """Give a connection on which everything is seen as it was at the first read."""
        if self._closed:
            raise VanneError("the ledger was closed")
        with _explained(self.path), closing(self._open_to_read()) as db:
            db.execute("BEGIN")
            yield SqliteTransaction(db)

    @contextmanager
    def writing(self) -> Iterator[SqliteTransaction]:
        """Give the connection for one transaction: all of it is on the disk at the end, or nothing.

        Raises:
            BusyError: another writer held the ledger for longer than the patience.
            StorageError: the disk is full or fails.
        """
        if self._writer is None or self._closed:
            raise VanneError("the ledger was closed, or opened for reading only")
        deadline = time.monotonic() + self._patience_s
        if not self._lock.acquire(timeout=self._patience_s):
            raise self._named.busy()
        try:
            with _explained(self.path):
                left_ms = max(0, int((deadline - time.monotonic()) * 1000))
                self._writer.execute(f"PRAGMA busy_timeout = {left_ms}")
                self._writer.execute("BEGIN IMMEDIATE")
                yield SqliteTransaction(self._writer)
                self._writer.execute("COMMIT")
        finally:
            try:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
            finally:
                self._lock.release()

    def scrub(self) -> None:
        """Write the log of the database over its file, which takes what was erased out of both.

        Raises:
            BusyError: somebody was reading or writing for longer than the patience.
        """
        if self._writer is None or self._closed:
            raise VanneError("the ledger was closed, or opened for reading only")
        with self._lock, _explained(self.path):
            is_done = truncate_wal(self._writer, self._patience_s)
        if not is_done:
            raise BusyError(
                f"somebody reads `{self.path}`: the erasure is recorded, but the old content is "
                "still in the ledger's files",
                todo="erase again in a moment",
            )

    def _open_to_read(self) -> sqlite3.Connection:
        """Open for reading, also on a disk where SQLite cannot make the files that it shares.

        Without a `-wal` file nobody is writing, and the file can be read as one that never changes.
        """
        try:
            return self._open("ro")
        except StorageError as error:
            code = getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF
            if code not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY) or self._writer:
                raise
        wal = self.path.with_name(self.path.name + "-wal")
        if wal.exists() and wal.stat().st_size:
            raise StorageError(
                f"the ledger `{self.path}` cannot be read here: it has changes in `{wal.name}`, "
                "and nothing can be written beside it",
                todo="close it where it is written, or copy all of its files to a writable folder",
            )
        return self._open("ro&immutable=1")

    def _open(self, mode: str) -> sqlite3.Connection:
        with _explained(self.path):
            db = connect(self.path, mode, self._patience_s)
            try:
                (application,) = db.execute("PRAGMA application_id").fetchone()
                (version,) = db.execute("PRAGMA user_version").fetchone()
                if application != APPLICATION_ID or version < 1:
                    raise self._named.not_ours()
                check_schema(self._named, version)
                keep_durable(db)
            except BaseException:
                db.close()
                raise
        return db
