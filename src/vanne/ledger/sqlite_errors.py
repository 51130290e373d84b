"""What SQLite says, in one clear line."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vanne.errors import BusyError, InputError, StorageError, VanneError


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite says into one clear line."""
    try:
        yield
    except sqlite3.Error as error:
        raise _explain(error, path) from error


def _explain(error: sqlite3.Error, path: Path) -> VanneError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest is an extended code
    match code:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return busy(path)
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_ERROR:  # ERROR: our tables are not in it
            return not_a_ledger(path)
        case sqlite3.SQLITE_FULL:
            return StorageError(
                f"no space left on the disk while writing the ledger `{path}`",
                todo="free some space and run this again; nothing of this batch was recorded",
            )
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_CONSTRAINT:
            todo = "see what `vanne ledger fsck` says, and restore it from a backup"
            return StorageError(f"the ledger `{path}` is damaged ({error})", todo=todo)
        case _:
            todo = "check the disk and who may write there; nothing of this batch was recorded"
            return StorageError(f"the ledger `{path}`: {error}", todo=todo)


def busy(path: Path) -> BusyError:
    """Say that somebody else writes."""
    return BusyError(
        f"the ledger `{path}` is being written by somebody else", todo="try again in a moment"
    )


def not_a_ledger(path: Path) -> InputError:
    """Say that the file is something else."""
    return InputError(f"`{path}` is not a ledger", todo="name the file that Vanne made")
