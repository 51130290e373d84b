"""Where a recruiter's own things are kept: HOME/recruiting.sqlite.

Saved briefs and what they last found, lists, notes, opinions, and what was handed out as files. An
account sees its own things only. Of a file that was handed out no member's id is kept: each row has
a number made of the file's own secret and the id (HMAC-SHA256), so that after somebody left it can
still be said which row to delete, and nobody can be named from what is here.
"""

import hashlib
import hmac
import json
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from vanne.errors import BusyError, StorageError, storing
from vanne.terms import MemberId

FILE = "recruiting.sqlite"
_WAIT_SECONDS = 10
NAMING = {"look": "member", "entry": "member", "note": "member", "opinion": "member"}
"""Every table that names members, and the column in which it does."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS brief (
  id TEXT PRIMARY KEY, account TEXT NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL,
  lang TEXT NOT NULL, criteria TEXT NOT NULL, rest TEXT NOT NULL, thread TEXT NOT NULL,
  at TEXT NOT NULL, looked_at TEXT NOT NULL, gone INTEGER NOT NULL DEFAULT 0,
  dropped INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS look (
  brief TEXT NOT NULL REFERENCES brief (id) ON DELETE CASCADE, member TEXT NOT NULL,
  mark TEXT NOT NULL, news TEXT NOT NULL, PRIMARY KEY (brief, member)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS list (
  id TEXT PRIMARY KEY, account TEXT NOT NULL, name TEXT NOT NULL, at TEXT NOT NULL,
  gone INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS entry (
  list TEXT NOT NULL REFERENCES list (id) ON DELETE CASCADE, member TEXT NOT NULL,
  at TEXT NOT NULL, search TEXT NOT NULL, PRIMARY KEY (list, member)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS note (
  id TEXT PRIMARY KEY, account TEXT NOT NULL, member TEXT NOT NULL, text TEXT NOT NULL,
  at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS opinion (
  id TEXT PRIMARY KEY, account TEXT NOT NULL, thread TEXT NOT NULL, member TEXT NOT NULL,
  is_good INTEGER NOT NULL, kind TEXT NOT NULL, at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS handed_out (
  id TEXT PRIMARY KEY, account TEXT NOT NULL, list TEXT NOT NULL, at TEXT NOT NULL,
  rows TEXT NOT NULL, gone TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS heard (size INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS look_member ON look (member);
CREATE INDEX IF NOT EXISTS entry_member ON entry (member);
CREATE INDEX IF NOT EXISTS note_member ON note (member);
CREATE INDEX IF NOT EXISTS opinion_member ON opinion (member);
"""


def path_of(root: Path) -> Path:
    """Return where the desk of a home is; it need not be there yet."""
    return root / FILE


@contextmanager
def desk(root: Path) -> Iterator[sqlite3.Connection]:
    """Open the desk of a home, making it on first use; what is done within is done or not at all.

    Raises:
        BusyError, StorageError: it cannot be read or written.
    """
    path = path_of(root)
    try:
        with storing(f"`{FILE}`"):
            if not path.exists():
                path.touch(mode=0o600)
        with closing(sqlite3.connect(path, timeout=_WAIT_SECONDS)) as db, db:
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("PRAGMA secure_delete = ON")  # what is deleted is not left on the disk
            db.executescript(_SCHEMA)
            yield db
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise BusyError("the recruiters' desk is in use", todo="try again") from error
        raise StorageError(f"`{FILE}`: {error}", todo="check the disk") from error
    except sqlite3.DatabaseError as error:
        todo = "restore it from a backup, or remove it: searches do not need it"
        raise StorageError(f"`{FILE}` cannot be read", todo=todo) from error


def new_id() -> str:
    """Return a new id: nobody can guess that of somebody else's list."""
    return secrets.token_hex(8)


def moment(at: datetime) -> str:
    """Write a time as it is kept."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


def row_number(handed_out: str, member_id: MemberId) -> str:
    """Return the number of a member's row in a file that was handed out."""
    return hmac.new(handed_out.encode(), member_id.encode(), hashlib.sha256).hexdigest()[:16]


def named(db: sqlite3.Connection) -> set[MemberId]:
    """Return every member whom anything here names."""
    queries = (f"SELECT {column} FROM {table}" for table, column in NAMING.items())
    return {str(row[0]) for query in queries for row in db.execute(query)}


def forget(db: sqlite3.Connection, member_id: MemberId) -> None:
    """Delete everything that names a member; of lists and briefs only a count is left."""
    for table, column in (("list", "list"), ("brief", "brief")):
        held = "entry" if table == "list" else "look"
        db.execute(
            f"UPDATE {table} SET gone = gone + 1 WHERE id IN "
            f"(SELECT {column} FROM {held} WHERE member = ?)",
            (member_id,),
        )
    for table, column in NAMING.items():
        db.execute(f"DELETE FROM {table} WHERE {column} = ?", (member_id,))
    for file, rows, gone in db.execute("SELECT id, rows, gone FROM handed_out").fetchall():
        number = row_number(file, member_id)
        if number in json.loads(rows) and number not in json.loads(gone):
            left = json.dumps(sorted([*json.loads(gone), number]))
            db.execute("UPDATE handed_out SET gone = ? WHERE id = ?", (left, file))
