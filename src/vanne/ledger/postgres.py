"""A ledger in PostgreSQL: its transactions, and what can go wrong with a server.

The tables lie in the first schema of the search path, beside those of `vanne.database`: give Vanne
a database or a schema to itself. Appends of all processes wait for one another at the one row of
`log` (SELECT FOR UPDATE); reads are REPEATABLE READ and wait for nobody. A commit is on the
server's disk when it returns. Texts of members are kept as bytes, since PostgreSQL's own text
cannot hold a NUL.

The key stays in a file beside the home and never goes into the database: whoever holds a dump of
the database cannot sign for the log.
"""

import re
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vanne.database.faults import StoreName, explained_postgres
from vanne.database.postgres import check_encoding, connect, name_of, psycopg_of
from vanne.errors import InputError, MissingError, VanneError
from vanne.ledger.store import (
    SCHEMA_VERSION,
    TABLES,
    Row,
    Value,
    add_head,
    check_schema,
    new_log,
)

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[Any]

_IDLE = 8  # connections that wait for the next read
_MARK = "Vanne ledger, schema "
_ADVISORY = int.from_bytes(b"Vann", "big")  # the lock under which tables are made
_TYPES = {"ID": "bytea", "BLOB": "bytea", "INTEGER": "bigint", " STRICT": ""}
_SCHEMA = (
    re.sub(r"\bID\b|BLOB|INTEGER| STRICT", lambda word: _TYPES[word[0]], TABLES)
    + f"""
-- a hash: ids of any length fit, and only equality is asked for
CREATE INDEX entry_of_member ON entry USING hash (member_id);
CREATE INDEX entry_of_nobody ON entry (position) WHERE member_id IS NULL;
ALTER TABLE tile ALTER hashes SET STORAGE EXTERNAL;  -- hashes do not compress
COMMENT ON TABLE log IS '{_MARK}{SCHEMA_VERSION}';
"""
)
_TABLES = ("log", "entry", "tile", "erased", "request")
_COLUMNS = "position, public, private, salt, member_id"
_COPY_TYPES = ("int8", "bytea", "bytea", "bytea", "bytea")


@dataclass(frozen=True, slots=True)
class PostgresTransaction:
    """A transaction on one connection; see `vanne.ledger.store.Transaction`."""

    db: "Connection"

    def ask(self, sql: str, *values: Value) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        cursor = self.db.execute(sql.replace("?", "%s"), values, binary=True)
        return cursor.fetchall() if cursor.description else []

    def entries(self, where: str, *values: Value) -> list[Row]:
        """Return the entries for which a condition holds, in order."""
        encoded = [value.encode() if isinstance(value, str) else value for value in values]
        rows = self.ask(f"SELECT {_COLUMNS} FROM entry WHERE {where} ORDER BY position", *encoded)
        return [(*row[:4], None if row[4] is None else row[4].decode()) for row in rows]

    def add_entries(self, rows: Iterable[Row]) -> None:
        """Write new entries in one COPY."""
        with (
            self.db.cursor() as cursor,
            cursor.copy(f"COPY entry ({_COLUMNS}) FROM STDIN (FORMAT BINARY)") as copy,
        ):
            copy.set_types(_COPY_TYPES)
            for row in rows:
                copy.write_row((*row[:4], None if row[4] is None else row[4].encode()))

    def damage(self) -> Iterator[str]:
        """Yield nothing: PostgreSQL refuses to read a page that is damaged."""
        return iter(())


class PostgresStore:
    """A ledger in a database. With `writable=False` nothing is ever written to it.

    Raises:
        MissingError: there is none.
        InputError: the tables are somebody else's, or a newer Vanne's.
        StorageError: the server cannot be reached.
    """

    def __init__(self, url: str, *, writable: bool, patience_s: float) -> None:
        self._url = url
        self._named = StoreName.ledger(name_of(url))
        self._patience_s = patience_s
        self._writable = writable
        self._writing = threading.Lock()
        self._idle: list[Connection] = []
        self._closed = False
        try:
            with explained_postgres(self._named), self._begun("READ ONLY") as db:
                if not _is_there(db, self._named):
                    raise MissingError(
                        f"there is no ledger in {self._named.name}",
                        todo="name the database that holds it, or restore it from a backup",
                    )
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the server; harmless when done twice."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def reading(self) -> Iterator[PostgresTransaction]:
        """Give a snapshot."""
        with (
            explained_postgres(self._named),
            self._begun("ISOLATION LEVEL REPEATABLE READ READ ONLY") as db,
        ):
            yield PostgresTransaction(db)
            db.execute("COMMIT")

    @contextmanager
    def writing(self) -> Iterator[PostgresTransaction]:
        """Give one transaction: all of it is on the server's disk at the end, or nothing.

        Raises:
            BusyError: another writer held the ledger for longer than the patience.
            StorageError: the server is gone, or its disk is full.
        """
        if not self._writable:
            raise VanneError("the ledger was opened for reading only")
        deadline = time.monotonic() + self._patience_s
        if not self._writing.acquire(timeout=self._patience_s):
            raise self._named.busy()
        try:
            with explained_postgres(self._named), self._begun("READ WRITE") as db:
                left_ms = max(1, int((deadline - time.monotonic()) * 1000))
                db.execute(f"SET LOCAL lock_timeout = {left_ms}")
                db.execute("SELECT one FROM log FOR UPDATE")
                yield PostgresTransaction(db)
                with explained_postgres(self._named, committing=True):
                    db.execute("COMMIT")
        finally:
            self._writing.release()

    def scrub(self) -> None:
        """Give the space of erased content back; backups and archived WAL have their own ends."""
        with (
            explained_postgres(self._named),
            connect(self._url, self._patience_s, autocommit=True) as db,
        ):
            db.execute("VACUUM entry, request")

    @contextmanager
    def _begun(self, mode: str) -> "Iterator[Connection]":
        """Give a connection in a new transaction, which is rolled back unless it was committed."""
        if self._closed:
            raise VanneError("the ledger was closed")
        db = self._begin(mode)
        try:
            yield db
        finally:
            self._end(db)

    def _begin(self, mode: str) -> "Connection":
        """Begin on a connection that waits, or on a new one if the server let go of those."""
        psycopg = psycopg_of()
        while self._idle:
            db = self._idle.pop()
            try:
                db.execute(f"BEGIN {mode}")
            except psycopg.OperationalError:
                db.close()
            else:
                return db
        db = connect(self._url, self._patience_s, autocommit=True)
        db.execute(f"BEGIN {mode}")
        return db

    def _end(self, db: "Connection") -> None:
        try:
            if not db.closed and db.info.transaction_status:
                db.execute("ROLLBACK")
        except psycopg_of().Error:  # what went wrong first is what matters
            db.close()
        if db.closed:
            return
        if self._closed or len(self._idle) >= _IDLE:
            db.close()
        else:
            self._idle.append(db)


def create_if_absent(url: str, key_path: Path, origin: str, patience_s: float) -> None:
    """Make an empty ledger and its key unless they are there; one process at a time.

    Raises:
        MissingError: the key is there but the ledger is not: it may have been lost.
        InputError: the tables are somebody else's, or a newer Vanne's.
        StorageError: the server cannot be reached, or does not let us make tables.
    """
    store = StoreName.ledger(name_of(url))
    with explained_postgres(store), connect(url, patience_s, autocommit=True) as db:
        if _is_there(db, store):
            return
        db.execute("BEGIN")
        db.execute("SELECT pg_advisory_xact_lock(%s)", [_ADVISORY])
        if not _is_there(db, store):
            with new_log(key_path, origin, f"there is no ledger in {store.name}") as head:
                db.execute(_SCHEMA)
                add_head(PostgresTransaction(db), head)
            db.execute("COMMIT")  # if this fails the key stays: the tables may be there


def _is_there(db: "Connection", store: StoreName) -> bool:
    """Tell whether the ledger's tables are there, and ours."""
    tables = "SELECT relname, obj_description(oid, 'pg_class') FROM pg_class WHERE relkind = 'r'"
    where = (
        " AND relnamespace = to_regnamespace(quote_ident(current_schema())) AND relname = ANY(%s)"
    )
    comments = dict(db.execute(tables + where, [list(_TABLES)]).fetchall())
    if not comments:
        (encoding,) = db.execute("SHOW server_encoding").fetchone() or ("",)
        check_encoding(encoding, store.name)
        return False
    mark = comments.get("log") or ""
    if not mark.startswith(_MARK) or set(comments) != set(_TABLES):
        raise InputError(
            f"the tables in {store.name} are not a ledger's",
            todo="name an empty database, or another schema (`?options=-csearch_path%3Dvanne`)",
        )
    check_schema(store, int(mark.removeprefix(_MARK)))
    return True
