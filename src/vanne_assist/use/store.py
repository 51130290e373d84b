"""Where the numbers are: `HOME/use.sqlite`.

    tally   a day, what was counted, how often: an event (`draft-kept`), an occasion that began
            (`write/begun`), one with a result in the step of its seconds (`write/3`)
    salt    the secret of each experiment that is running, gone with its last day
    trial   of each experiment, arm and bucket: occasions, and what came of them

Rows lie in the order of their keys, so that nothing tells in which order they came; what is deleted
is overwritten. The file's own time of change is the only time that is finer than a day.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

from vanne.errors import BusyError, StorageError, storing

FILE = "use.sqlite"
_WAIT_SECONDS = 2

_SCHEMA = """
CREATE TABLE IF NOT EXISTS tally (
  day TEXT NOT NULL, what TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (day, what)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS salt (
  experiment TEXT NOT NULL PRIMARY KEY, salt BLOB NOT NULL, until TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS trial (
  experiment TEXT NOT NULL, arm INTEGER NOT NULL, bucket INTEGER NOT NULL,
  occasions INTEGER NOT NULL, total INTEGER NOT NULL, PRIMARY KEY (experiment, arm, bucket)
) WITHOUT ROWID;
"""


def path_of(root: Path) -> Path:
    """Return where the numbers of a home are; they need not be there yet."""
    return root / FILE


@contextmanager
def opened(root: Path) -> Iterator[sqlite3.Connection]:
    """Open the numbers of a home, making the file on first use; all within is done or nothing is.

    Raises:
        BusyError, StorageError: they cannot be read or written.
    """
    path = path_of(root)
    try:
        with storing(f"`{FILE}`"):
            if not path.exists():
                path.touch(mode=0o600)
        with closing(sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)) as db:
            db.execute("PRAGMA secure_delete = ON")
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("BEGIN IMMEDIATE")
            for statement in _SCHEMA.split(";\n"):
                db.execute(statement)
            yield db
            db.execute("COMMIT")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise BusyError(f"`{FILE}` is in use", todo="try again") from error
        raise StorageError(f"`{FILE}`: {error}", todo="check the disk") from error
    except sqlite3.DatabaseError as error:
        todo = "restore it from a backup, or remove it: it holds numbers only"
        raise StorageError(f"`{FILE}` cannot be read", todo=todo) from error


def add(db: sqlite3.Connection, day: date, what: str) -> None:
    """Count one more of something on a day."""
    db.execute(
        "INSERT INTO tally VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1",
        (day.isoformat(), what),
    )


def tallies(db: sqlite3.Connection, first: date, end: date) -> list[tuple[date, str, int]]:
    """Return what was counted from a day on, until before another."""
    rows = db.execute(
        "SELECT day, what, count FROM tally WHERE day >= ? AND day < ?",
        (first.isoformat(), end.isoformat()),
    )
    return [(date.fromisoformat(day), what, count) for day, what, count in rows]
