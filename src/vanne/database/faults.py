"""Turn a database error into one line for a person: what is wrong, where, and what to do.

A message about PostgreSQL never shows its address, which may hold a password, nor its details,
which repeat values of rows. SQLSTATE classes are those of PostgreSQL's appendix A.
"""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from vanne.errors import BusyError, ConfigError, InputError, StorageError, VanneError

if TYPE_CHECKING:
    import psycopg

SETTING = "VANNE_DATABASE_URL"
_NOTHING = "nothing of this was recorded"
# a lock that was not free in time, a stand-by's conflict, a deadlock, a time-out
_BUSY = ("55P03", "40001", "40P01", "57014")


@dataclass(frozen=True, slots=True)
class StoreName:
    """What errors call a store: the whole name, its place alone, its kind, how to repair it."""

    name: str
    place: str
    kind: str
    repair: str

    @classmethod
    def ledger(cls, place: str) -> "StoreName":
        """Name the ledger in a place."""
        repair = "see what `vanne ledger fsck` says, and restore it from a backup"
        name = f"the ledger {place}" if place.startswith("`") else place
        return cls(name, place, "a ledger", repair)

    @classmethod
    def database(cls, place: str) -> "StoreName":
        """Name the database in a place."""
        name = f"the database {place}" if place.startswith("`") else place
        return cls(name, place, "a database of Vanne's", "restore it from a backup")

    def busy(self) -> BusyError:
        """Say that somebody else writes."""
        return BusyError(
            f"{self.name} is being written by somebody else", todo="try again in a moment"
        )

    def not_ours(self) -> InputError:
        """Say that what is there is something else."""
        return InputError(f"{self.place} is not {self.kind}", todo="name the one that Vanne made")

    def other_version(self, found: object, known: object, *, is_newer: bool) -> InputError:
        """Say that another version of Vanne wrote it."""
        which, todo = "older", "read it with that version; it was never released"
        if is_newer:
            which, todo = "newer", "upgrade Vanne"
        return InputError(
            f"{self.name} was written by a {which} version of Vanne"
            f" (schema {found}, this one reads {known})",
            todo=todo,
        )


@contextmanager
def explained(store: StoreName, *, committing: bool = False) -> Iterator[None]:
    """Turn what a database reports into one clear line."""
    try:
        yield
    except Exception as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        if isinstance(cause, sqlite3.Error):
            raise sqlite_fault(cause, store) from cause
        driver = sys.modules.get("psycopg")
        if driver and isinstance(cause, driver.Error):
            # not chained: the text of the error may repeat what was asked
            raise postgres_fault(cause, store, committing) from None
        raise


def sqlite_fault(error: sqlite3.Error, store: StoreName) -> VanneError:
    """Return what SQLite reports as one clear line."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest is an extended code
    match code:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return store.busy()
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_ERROR:  # ERROR: our tables are not in it
            return store.not_ours()
        case sqlite3.SQLITE_FULL:
            return StorageError(
                f"no space left on the disk while writing {store.name}",
                todo=f"free some space and run this again; {_NOTHING}",
            )
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_CONSTRAINT:
            return StorageError(f"{store.name} is damaged ({error})", todo=store.repair)
        case _:
            todo = f"check the disk and who may write there; {_NOTHING}"
            return StorageError(f"{store.name}: {error}", todo=todo)


def postgres_fault(error: "psycopg.Error", store: StoreName, committing: bool) -> VanneError:
    """Return what PostgreSQL reports as one clear line."""
    # PostgreSQL's own message; a refused connection has it at the end of its text
    text = error.diag.message_primary or str(error).strip() or type(error).__name__
    message = " ".join(text.splitlines()[0].rpartition("FATAL:")[2].split())
    state = error.sqlstate or ""
    if state in _BUSY:
        return store.busy()
    if state.startswith("23") or state in ("P0001", "XX001", "XX002"):  # P0001: a trigger refuses
        what = f"the ledger in {store.name}" if store.kind == "a ledger" else store.name
        return StorageError(f"{what} is damaged ({message})", todo=store.repair)
    if state.startswith("42") and state != "42501":
        todo = "name the one that Vanne made"
        return InputError(f"{store.name} does not hold {store.kind}", todo=todo)
    if state.startswith("53"):
        todo = f"free some space or connections and run this again; {_NOTHING}"
        return StorageError(f"{store.name} has no room left ({message})", todo=todo)
    if state in ("42501", "25006"):
        todo = f"use a user that may write, on the primary server; {_NOTHING}"
        return StorageError(f"{store.name} does not let us write ({message})", todo=todo)
    if state in ("3D000", "3F000", "28P01", "28000"):
        return ConfigError(f"{store.name} cannot be used ({message})", todo=f"check {SETTING}")
    if committing:
        return StorageError(
            f"{store.name} was lost while the batch was being recorded: it may be there or not",
            todo="look before you send it again, or send it with the same idempotency key",
        )
    if "password" in message or "authentication" in message:
        todo = f"give the password in {SETTING}, PGPASSWORD or ~/.pgpass"
        return ConfigError(f"{store.name} does not let us in: wrong or no password", todo=todo)
    if "does not exist" in message:  # the database, or the user
        return ConfigError(f"{store.name} cannot be used ({message})", todo=f"check {SETTING}")
    return StorageError(
        f"{store.name} cannot be reached ({message})",
        todo=f"check that the server runs; {_NOTHING}",
    )
