"""Connections to SQLite files, for the database and for the ledger.

A file is in WAL mode with synchronous=FULL: a commit that returned is on the disk, and readers
never wait for a writer. What is deleted is overwritten (`secure_delete`). Transactions are begun by
the caller.
"""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from vanne.files import PRIVATE, sync


def connect(path: Path, mode: str, patience_s: float) -> sqlite3.Connection:
    """Open a file in a mode of SQLite's URIs (`ro`, `rw`, `rwc`), in autocommit."""
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=patience_s,
        isolation_level=None,
        check_same_thread=False,
    )


def keep_durable(db: sqlite3.Connection) -> None:
    """Make a commit wait for the disk, and overwrite what is deleted."""
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA secure_delete = ON")


def make_file(path: Path, application_id: int, fill: Callable[[sqlite3.Connection], None]) -> None:
    """Make a file in WAL mode that is either whole or not there; only its owner may read it."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with closing(connect(partial, "rwc", patience_s=5)) as db:
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


def truncate_wal(db: sqlite3.Connection, patience_s: float) -> bool:
    """Write the WAL over the file, so that what was deleted is in neither; tell if it was done.

    It is not done while somebody reads or writes for longer than the patience.
    """
    db.execute(f"PRAGMA busy_timeout = {int(patience_s * 1000)}")
    (is_busy, *_) = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not is_busy
