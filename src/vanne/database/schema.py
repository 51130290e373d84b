"""Keep a version of the core's and of each plug-in's tables, and migrate a database to it.

The core and each plug-in have a `Schema`: a name, the tables, and a folder of Alembic migrations,
one after the other, each named by its revision (`core_0001.py`). A database holds the revision of
each schema in a table of its own, `schema_version_NAME`, so a plug-in can be added and removed. A
plug-in registers its schema by the hook `register_tables`.

A program that opens an older database upgrades it at once, in one transaction that excludes all
others. A program refuses a database that a newer program upgraded.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from vanne.database import tables
from vanne.database.engines import check_encoding
from vanne.database.faults import StoreName
from vanne.plugins import Schema, hooks

if TYPE_CHECKING:
    from alembic.config import Config

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
