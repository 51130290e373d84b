"""Connections to PostgreSQL, for the database and for the ledger: one address, one way to open."""

from types import ModuleType
from typing import TYPE_CHECKING, Any

from vanne.database.faults import SETTING
from vanne.errors import ConfigError, InputError
from vanne.extras import require

if TYPE_CHECKING:
    import psycopg


def psycopg_of() -> ModuleType:
    """Return the driver.

    Raises:
        MissingError: it is not installed.
    """
    require("postgres")
    import psycopg

    return psycopg


def name_of(url: str, setting: str = SETTING) -> str:
    """Return what errors call the database that a setting names: no user and no password.

    Raises:
        ConfigError: the address is none.
    """
    psycopg = psycopg_of()
    try:
        parts = psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:  # whose text repeats the address
        parts = {}
    if not parts or "@" in str(parts.get("host", "")):  # what follows an @ in a password
        raise ConfigError(
            f"{setting} is not the address of a PostgreSQL database",
            todo="write it as postgresql://user@host/database, and an @ in a password as %40",
        ) from None
    place = "/".join(str(parts[part]) for part in ("host", "dbname") if parts.get(part))
    return f"the database `{place or 'postgresql'}`"


def connect(url: str, patience_s: float, *, autocommit: bool) -> "psycopg.Connection[Any]":
    """Open a connection on which a commit that returned is on the server's disk."""
    wait_s = max(2, int(patience_s))  # libpq waits for no less than two seconds
    options = {"client_encoding": "utf8", "fallback_application_name": "vanne"}
    options["tcp_user_timeout"] = "30000"  # ms: so that a network that is gone is noticed
    db: psycopg.Connection[Any] = psycopg_of().connect(
        url, autocommit=True, connect_timeout=wait_s, **options
    )
    # INVARIANT: a commit that returned is on the disk, whatever the server's default is.
    db.execute(
        "SELECT set_config('synchronous_commit', 'on', false)"
        " WHERE current_setting('synchronous_commit') = 'off'"
    )
    db.autocommit = autocommit
    return db


def check_encoding(encoding: str, name: str) -> None:
    """Refuse a database that cannot keep every text.

    Raises:
        InputError: it does not keep its texts in UTF-8.
    """
    if encoding != "UTF8":
        todo = "make one with `CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0`"
        raise InputError(f"{name} does not keep its texts in UTF-8", todo=todo)
