"""What PostgreSQL says, in one clear line: never the address, which may hold a password.

Nor its details, which repeat values of rows. SQLSTATE classes are those of PostgreSQL's appendix A.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING

from vanne.errors import (
    BusyError,
    ConfigError,
    InputError,
    StorageError,
    VanneError,
)
from vanne.extras import require

if TYPE_CHECKING:
    import psycopg

SETTING = "VANNE_LEDGER_URL"
_NOTHING = "nothing of this batch was recorded"
BUSY = (
    "55P03",
    "40001",
    "40P01",
    "57014",
)  # a lock, a stand-by's conflict, a deadlock, a time-out


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


@contextmanager
def explained(url: str, *, committing: bool = False) -> Iterator[None]:
    """Turn what PostgreSQL says into one clear line."""
    name, psycopg = name_of(url), psycopg_of()
    try:
        yield
    except psycopg.Error as error:
        raise _explain(error, name, committing) from None  # its text may repeat what was asked


def busy(url: str) -> BusyError:
    """Say that somebody else writes."""
    return _busy(name_of(url))


def _busy(name: str) -> BusyError:
    return BusyError(f"{name} is being written by somebody else", todo="try again in a moment")


def _explain(error: "psycopg.Error", name: str, committing: bool) -> VanneError:
    state, said = error.sqlstate or "", first_line(error)
    if state in BUSY:
        return _busy(name)
    if state.startswith("23") or state in ("XX001", "XX002"):
        todo = "see what `vanne ledger fsck` says, and restore it from a backup"
        return StorageError(f"the ledger in {name} is damaged ({said})", todo=todo)
    if state.startswith("42") and state != "42501":
        return InputError(f"{name} does not hold a ledger", todo="name the one that Vanne made")
    if state.startswith("53"):
        todo = f"free some space or connections and run this again; {_NOTHING}"
        return StorageError(f"{name} has no room left ({said})", todo=todo)
    if state in ("42501", "25006"):
        todo = f"use a user that may write, on the primary server; {_NOTHING}"
        return StorageError(f"{name} does not let us write ({said})", todo=todo)
    if state in ("3D000", "3F000", "28P01", "28000"):
        return ConfigError(f"{name} cannot be used ({said})", todo=f"check {SETTING}")
    return _unreachable(said, name, committing)


def _unreachable(said: str, name: str, committing: bool) -> VanneError:
    if committing:
        return StorageError(
            f"{name} was lost while the batch was being recorded: it may be there or not",
            todo="look before you send it again, or send it with the same idempotency key",
        )
    if "password" in said or "authentication" in said:
        todo = f"give the password in {SETTING}, PGPASSWORD or ~/.pgpass"
        return ConfigError(f"{name} does not let us in: wrong or no password", todo=todo)
    if "does not exist" in said:  # the database, or who we say we are
        return ConfigError(f"{name} cannot be used ({said})", todo=f"check {SETTING}")
    return StorageError(
        f"{name} cannot be reached ({said})", todo=f"check that the server runs; {_NOTHING}"
    )


def first_line(error: "psycopg.Error") -> str:
    """Return what PostgreSQL says of itself; a refused connection says it at its end."""
    text = error.diag.message_primary or str(error).strip() or type(error).__name__
    return " ".join(text.splitlines()[0].rpartition("FATAL:")[2].split())
