"""The database of a deployment, which a process opens once.

A transaction either reads or writes. On SQLite one writer at a time holds the file. A writing
transaction takes the lock when it begins, so it waits before it reads, and no other writer can
change what it has read.
"""

import atexit
import os
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, delete, inspect, text

from vanne.config import Home
from vanne.database import tables
from vanne.database.engines import (
    check_encoding,
    make_file,
    name_of,
    postgres_engine,
    sqlite_engine,
)
from vanne.database.faults import StoreName, explained
from vanne.database.tables import person
from vanne.errors import BusyError, storing
from vanne.files import locked, make_folder
from vanne.plugins import Schema, hooks

if TYPE_CHECKING:
    from alembic.config import Config


# Keep a version of the core's and of each plug-in's tables, and migrate a database to it.
#
# The core and each plug-in have a `Schema`: a name, the tables, and a folder of Alembic
# migrations, one after the other, each named by its revision (`core_0001.py`). A database holds
# the revision of each schema in a table of its own, `schema_version_NAME`, so a plug-in can be
# added and removed. A plug-in registers its schema by the hook `register_tables`.
#
# A program that opens an older database upgrades it at once, in one transaction that excludes all
# others. A program refuses a database that a newer program upgraded.


ENVIRONMENT = Path(__file__).parent / "environment"
"""Where Alembic's `env.py` is, for the migrations of all."""
_ADVISORY = int.from_bytes(b"Vsch", "big")  # PostgreSQL's lock under which tables are made


CORE = Schema("core", tables.metadata, Path(__file__).parent / "migrations")


def schemas() -> tuple[Schema, ...]:
    """Return the schemas of the core and of all plug-ins that are attached, the core's first."""
    return CORE, *hooks().register_tables()


def is_current(db: Connection, store: StoreName) -> bool:
    """Tell whether a database has the tables of this program.

    Raises:
        InputError: a newer program upgraded it, or it is none of ours.
    """
    return all(_revision(db, schema, store) == schema.revisions[-1] for schema in schemas())


def upgrade(db: Connection, store: StoreName) -> None:
    """Bring a database up to this program, within the transaction of the connection.

    Raises:
        InputError: a newer program upgraded it, or it is none of ours.
    """
    from alembic import command

    if db.dialect.name == "postgresql":
        db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY})
        check_encoding(db, store)
    for schema in schemas():
        if _revision(db, schema, store) != schema.revisions[-1]:
            command.upgrade(alembic_config(schema, db), "head")


def alembic_config(schema: Schema, db: Connection) -> "Config":
    """Return Alembic's settings for the migrations of one schema on a connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(ENVIRONMENT))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(schema.migrations))
    config.attributes.update(connection=db, schema=schema)
    return config


def _revision(db: Connection, schema: Schema, store: StoreName) -> str | None:
    """Return the revision of a schema in a database; None if it has no tables yet."""
    if not inspect(db).has_table(schema.version_table):
        return None
    table = schema.version_table
    revision = db.execute(text(f"SELECT version_num FROM {table}")).scalar_one_or_none()
    if revision is not None and revision not in schema.revisions:
        raise store.other_version(revision, schema.revisions[-1], is_newer=True)
    return revision


APPLICATION_ID = int.from_bytes(b"Vdat", "big")
"""What a SQLite file says of itself, so that another program's file is not taken for ours."""
PATIENCE_S = 10.0
"""How long a transaction waits for another writer: longer than any of ours, shorter than a page."""


class Database:
    """An open database; may be used from any number of threads, and by any number of processes."""

    def __init__(self, engine: Engine, store: StoreName) -> None:
        self.engine = engine
        self.store = store

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
            with storing(f"`{path}`"), explained(StoreName.database(f"`{path}`")):
                make_folder(path.parent)
                if not path.exists():
                    with locked(path.parent):
                        if not path.exists():
                            make_file(path, APPLICATION_ID, lambda db: None)
                file = path.stat()  # a file that was put there since is another database
            place = (path, file.st_dev, file.st_ino)
        key = (os.getpid(), *place)  # after a fork a connection is nobody's to share
        database = _open.get(key)
        if database is None:
            new = _opened(home)
            database = _open.setdefault(key, new)
            if database is not new:  # another thread was faster
                new.engine.dispose()
            _close_others(_MOST_OPEN)
        return database

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a transaction that sees one moment and waits for nobody.

        Raises:
            StorageError: the database cannot be read.
        """
        with explained(self.store), self.engine.connect() as db:
            if db.dialect.name == "postgresql":
                db.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield db

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a transaction that may write: durable at the end, or nothing of it is there.

        Raises:
            BusyError: another writer held the database for longer than the patience.
            StorageError: the database is gone, full or damaged.
        """
        with explained(self.store), self.engine.connect() as db:
            db.execution_options(vanne_writes=True)
            with db.begin() as transaction:
                yield db
                with explained(self.store, committing=True):
                    transaction.commit()

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
                f"somebody reads {self.store.name}: the person is erased, but what was deleted is "
                "still in its files",
                todo="erase again in a moment",
            )

    def scrub(self, *tables: str) -> bool:
        """Take what was deleted from these tables, or all, out of the database's files.

        Returns:
            Whether it could be done: a SQLite file cannot be changed while somebody reads it.
        """
        with explained(self.store):
            if self.engine.dialect.name == "sqlite":
                with closing(self.engine.raw_connection()) as db:
                    # writes the WAL over the file, so that what was deleted is in neither
                    checkpoint = db.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
                    (is_busy, *_) = checkpoint.fetchone()
                return not is_busy
            with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as server:
                names = ", ".join(
                    f'"{name}"' for name in tables or inspect(server).get_table_names()
                )
                server.exec_driver_sql(f"VACUUM {names}")
        return True


_MOST_OPEN = 8  # a server has one; who works on many homes in one process keeps the last ones open
_open: OrderedDict[tuple[object, ...], Database] = OrderedDict()


def _close_others(count: int) -> None:
    """Close all databases but so many that were opened last."""
    while len(_open) > count:
        (process, *_), database = _open.popitem(last=False)
        database.engine.dispose(close=process == os.getpid())


def close_all() -> None:
    """Close every database that this process has open; one that is asked for is opened anew."""
    _close_others(0)


atexit.register(close_all)


def _opened(home: Home) -> Database:
    """Open the database of a home, and bring it up to this program."""
    if home.database_url:
        store = StoreName.database(name_of(home.database_url))
        engine = postgres_engine(home.database_url, PATIENCE_S)
    else:
        path = home.database.absolute()
        store = StoreName.database(f"`{path}`")
        engine = sqlite_engine(path, store, APPLICATION_ID, PATIENCE_S)
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
