"""The database of a deployment, opened once in a process.

A transaction reads or writes. On SQLite one writer at a time holds the file: a transaction that
writes begins as one, so that it waits at its beginning and never loses what it has read.
"""

import atexit
import os
import sqlite3
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sqlalchemy import Connection, Engine, QueuePool, create_engine, delete, event, inspect
from sqlalchemy.exc import DBAPIError

from vanne.config import Home
from vanne.database import postgres, sqlite
from vanne.database.faults import StoreName, explained_sqlite, postgres_fault, sqlite_fault
from vanne.database.schema import is_current, upgrade
from vanne.database.tables import person
from vanne.errors import BusyError, storing
from vanne.files import locked, make_folder

if TYPE_CHECKING:
    import psycopg

APPLICATION_ID = int.from_bytes(b"Vdat", "big")
"""What a SQLite file says of itself, so that another program's file is not taken for ours."""
PATIENCE_S = 10.0
"""How long a transaction waits for another writer: longer than any of ours, shorter than a page."""


class Database:
    """An open database; may be used from any number of threads, and by any number of processes."""

    def __init__(self, engine: Engine, store: StoreName) -> None:
        self._engine = engine
        self._store = store

    @staticmethod
    def of(home: Home) -> "Database":
        """Open the database of a home, making it or upgrading it where that is needed.

        Raises:
            BusyError: another process is making or upgrading it.
            ConfigError: the address is wrong, or the server does not let us in.
            InputError: it is none of ours, or a newer program upgraded it.
            StorageError: it cannot be read or made.
        """
        if home.database_url:
            place: tuple[object, ...] = (home.database_url,)
        else:
            path = home.database.absolute()
            with storing(f"`{path}`"), explained_sqlite(StoreName.database(f"`{path}`")):
                make_folder(path.parent)
                if not path.exists():
                    with locked(path.parent):
                        if not path.exists():
                            sqlite.make_file(path, APPLICATION_ID, lambda db: None)
                file = path.stat()  # a file that was put there since is another database
            place = (path, file.st_dev, file.st_ino)
        key = (os.getpid(), *place)  # after a fork a connection is nobody's to share
        database = _open.get(key)
        if database is None:
            new = _opened(home)
            database = _open.setdefault(key, new)
            if database is not new:  # another thread was faster
                new._engine.dispose()
            _close_others(_MOST_OPEN)
        return database

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a transaction that waits for nobody.

        Raises:
            StorageError: the database cannot be read.
        """
        with self._explained(), self._engine.connect() as db:
            yield db

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a transaction that may write: durable at the end, or nothing of it is there.

        Raises:
            BusyError: another writer held the database for longer than the patience.
            StorageError: the database is gone, full or damaged.
        """
        with self._explained(), self._engine.connect() as db:
            db.execution_options(vanne_writes=True)
            with db.begin():
                yield db

    def erase(self, person_id: str) -> None:
        """Erase a person: the one row goes, and with it all that refers to it.

        Raises:
            BusyError: it is erased, but somebody reads what is left of it in the database's files.
            StorageError: the database cannot be written.
        """
        with self.writing() as db:
            db.execute(delete(person).where(person.c.id == person_id))
        if not self.scrub():
            raise BusyError(
                f"somebody reads {self._store.name}: the person is erased, but what was deleted is "
                "still in its files",
                todo="erase again in a moment",
            )

    def scrub(self) -> bool:
        """Take what was deleted out of the database's files; tell whether it could be done now."""
        with self._explained():
            connection = self._engine.raw_connection()
            try:
                db = connection.driver_connection
                if isinstance(db, sqlite3.Connection):
                    return sqlite.truncate_wal(db, PATIENCE_S)
            finally:
                connection.close()
            with self._engine.connect() as server:
                names = ", ".join(f'"{name}"' for name in inspect(server).get_table_names())
                server.rollback()
                server.execution_options(isolation_level="AUTOCOMMIT")
                server.exec_driver_sql(f"VACUUM {names}")
            return True

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            if isinstance(error.orig, sqlite3.Error):
                raise sqlite_fault(error.orig, self._store) from error.orig
            # not chained: the text of the error may repeat what was asked
            raise postgres_fault(cast("psycopg.Error", error.orig), self._store) from None


_MOST_OPEN = 8  # a server has one; who works on many homes in one process keeps the last ones open
_open: OrderedDict[tuple[object, ...], Database] = OrderedDict()


def _close_others(count: int) -> None:
    """Close all databases but so many that were opened last."""
    while len(_open) > count:
        (process, *_), database = _open.popitem(last=False)
        database._engine.dispose(close=process == os.getpid())


def close_all() -> None:
    """Close every database that this process has open; one that is asked for is opened anew."""
    _close_others(0)


atexit.register(close_all)


def _opened(home: Home) -> Database:
    """Open the database of a home, and bring it up to this program."""
    if home.database_url:
        store = StoreName.database(postgres.name_of(home.database_url))
        engine = _postgres_engine(home.database_url)
    else:
        path = home.database.absolute()
        store = StoreName.database(f"`{path}`")
        engine = _sqlite_engine(path, store)
    database = Database(engine, store)
    try:
        with database.reading() as db:
            is_old = not is_current(db, store)
        if is_old:
            with database.writing() as db:
                upgrade(db, store)
    except BaseException:
        engine.dispose()
        raise
    return database


def _postgres_engine(url: str) -> Engine:
    # the driver reads the address itself, so that all that libpq knows can be written in it
    return create_engine(
        "postgresql+psycopg://",
        creator=lambda: postgres.connect(url, PATIENCE_S, autocommit=False),
        pool_pre_ping=True,  # a server that was started anew has let go of its connections
        max_overflow=-1,
        hide_parameters=True,
    )


def _sqlite_engine(path: Path, store: StoreName) -> Engine:
    def connect() -> sqlite3.Connection:
        with explained_sqlite(store):
            db = sqlite.connect(path, "rw", PATIENCE_S)
            try:
                if db.execute("PRAGMA application_id").fetchone() != (APPLICATION_ID,):
                    raise store.not_ours()
                sqlite.keep_durable(db)
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
