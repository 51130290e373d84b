"""Open SQLite files and PostgreSQL databases, for `vanne.database` and for the ledger.

A SQLite file is in WAL mode with synchronous=FULL: a commit that returned is on the disk, and
readers never wait for a writer. SQLite overwrites deleted rows (`secure_delete`). A setting names
the address of PostgreSQL.
"""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event

from vanne.database.faults import SETTING, StoreName, explained
from vanne.errors import ConfigError, InputError
from vanne.extras import require
from vanne.files import PRIVATE, sync

if TYPE_CHECKING:
    import psycopg


def connect_sqlite(path: Path, mode: str, patience_s: float) -> sqlite3.Connection:
    """Open a file in a mode of SQLite's URIs (`ro`, `rw`, `rwc`), in autocommit."""
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=patience_s,
        isolation_level=None,
        check_same_thread=False,
    )


def sqlite_engine(
    path: Path, store: StoreName, application_id: int, patience_s: float, *, writable: bool = True
) -> Engine:
    """Return the engine of a file that has an application id, so that it is one of ours."""

    def connect() -> sqlite3.Connection:
        with explained(store):
            db = connect_sqlite(path, "rw" if writable else "ro", patience_s)
            try:
                if db.execute("PRAGMA application_id").fetchone() != (application_id,):
                    raise store.not_ours()
                db.execute("PRAGMA synchronous = FULL")
                db.execute("PRAGMA secure_delete = ON")
                db.execute("PRAGMA foreign_keys = ON")
            except BaseException:
                db.close()
                raise
        return db

    engine = create_engine(
        "sqlite://",
        creator=connect,
        poolclass=QueuePool,
        max_overflow=-1,  # as many as the server has threads
        hide_parameters=True,
    )

    def begin(db: Connection) -> None:
        writes = db.get_execution_options().get("vanne_writes")
        db.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    event.listen(engine, "begin", begin)
    return engine


def make_file(path: Path, application_id: int, fill: Callable[[sqlite3.Connection], None]) -> None:
    """Make a file in WAL mode that is either whole or not there; only its owner may read it."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with closing(connect_sqlite(partial, "rwc", patience_s=5)) as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            db.execute(f"PRAGMA application_id = {application_id}")
            fill(db)
        partial.chmod(PRIVATE)  # its WAL gets the same mode
        partial.replace(path)
    finally:
        for leftover in path.parent.glob(partial.name + "*"):
            leftover.unlink(missing_ok=True)
    sync(path.parent)


def name_of(url: str) -> str:
    """Return what errors call the PostgreSQL database of an address: no user and no password.

    Raises:
        ConfigError: the address is none.
        MissingError: the driver is not installed.
    """
    require("postgres")
    import psycopg

    try:
        parts = psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:  # whose text repeats the address
        parts = {}
    if not parts or "@" in str(parts.get("host", "")):  # what follows an @ in a password
        raise ConfigError(
            f"{SETTING} is not the address of a PostgreSQL database",
            todo="write it as postgresql://user@host/database, and an @ in a password as %40",
        ) from None
    place = "/".join(str(parts[part]) for part in ("host", "dbname") if parts.get(part))
    return f"the database `{place or 'postgresql'}`"


def postgres_engine(url: str, patience_s: float) -> Engine:
    """Return the engine of a PostgreSQL database."""

    # the driver reads the address itself, so that all that libpq knows can be written in it
    def connect() -> "psycopg.Connection[Any]":
        import psycopg

        db = psycopg.connect(
            url,
            autocommit=True,
            connect_timeout=max(2, int(patience_s)),  # libpq waits for no less than two seconds
            client_encoding="utf8",
            fallback_application_name="vanne",
            tcp_user_timeout="30000",  # ms: so that a network that is gone is noticed
        )
        # INVARIANT: a commit that returned is on the disk, whatever the server's default is.
        db.execute(
            "SELECT set_config('synchronous_commit', 'on', false)"
            " WHERE current_setting('synchronous_commit') = 'off'"
        )
        db.autocommit = False
        return db

    return create_engine(
        "postgresql+psycopg://",
        creator=connect,
        pool_pre_ping=True,  # a server that was started anew has let go of its connections
        max_overflow=-1,
        hide_parameters=True,
    )


def check_encoding(db: Connection, store: StoreName) -> None:
    """Refuse a database of PostgreSQL that cannot keep every text.

    Raises:
        InputError: it does not keep its texts in UTF-8.
    """
    if db.exec_driver_sql("SHOW server_encoding").scalar_one() != "UTF8":
        todo = "make one with `CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0`"
        raise InputError(f"{store.name} does not keep its texts in UTF-8", todo=todo)
