"""What was shown to whom, and what members muted: HOME/jobs/members.sqlite.

A member is known here by their id, as in the tables beside it. Who switches job matching off is
forgotten here too, with the next digest that is asked for.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime

from vanne.config import Home
from vanne.errors import BusyError, InputError, StorageError, did_you_mean, storing
from vanne.terms import MemberId
from vanne_assist.jobs.board import folder
from vanne_assist.jobs.match import Muted

KINDS = ("title", "skill", "language", "place", "years", "education", "employer", "posting")
"""What can be muted."""
_WAIT_SECONDS = 10
_SCHEMA = """
CREATE TABLE IF NOT EXISTS shown (
  member TEXT NOT NULL, posting TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (member, posting)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS muted (
  member TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY (member, kind, value)
) WITHOUT ROWID;
"""


class Memory:
    """Reads and writes what is remembered of members, within one transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def shown(self, member: MemberId) -> set[str]:
        """Return the ids of the postings that a member was shown."""
        found = self._db.execute("SELECT posting FROM shown WHERE member = ?", (member,))
        return {posting for (posting,) in found}

    def show(self, member: MemberId, postings: Iterable[str], now: datetime) -> None:
        """Remember that postings were shown; the first time counts."""
        rows = [(member, posting, now.isoformat()) for posting in postings]
        self._db.executemany("INSERT OR IGNORE INTO shown VALUES (?, ?, ?)", rows)

    def muted(self, member: MemberId) -> tuple[Muted, ...]:
        """Return what a member muted."""
        query = "SELECT kind, value FROM muted WHERE member = ? ORDER BY kind, value"
        return tuple(Muted(*row) for row in self._db.execute(query, (member,)))

    def mute(self, member: MemberId, what: Muted, now: datetime) -> None:
        """Mute a reason; once more is harmless."""
        row = (member, what.kind, what.value, now.isoformat())
        self._db.execute("INSERT OR IGNORE INTO muted VALUES (?, ?, ?, ?)", row)

    def unmute(self, member: MemberId, what: Muted) -> None:
        """Let a reason count again."""
        query = "DELETE FROM muted WHERE member = ? AND kind = ? AND value = ?"
        self._db.execute(query, (member, what.kind, what.value))

    def forget(self, member: MemberId) -> None:
        """Forget a member."""
        for table in ("shown", "muted"):
            self._db.execute(f"DELETE FROM {table} WHERE member = ?", (member,))


@contextmanager
def memory(home: Home) -> Iterator[Memory]:
    """Open what is remembered; write it when the block ends well.

    Raises:
        BusyError: another process is writing.
        StorageError: it cannot be read or written.
    """
    path = folder(home) / "members.sqlite"
    try:
        with storing(f"`{path.name}`"):
            folder(home).mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)
        with closing(sqlite3.connect(path, timeout=_WAIT_SECONDS)) as db, db:
            db.executescript(_SCHEMA)
            yield Memory(db)
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise BusyError("`jobs/members.sqlite` is in use", todo="try again") from error
        raise StorageError("`jobs/members.sqlite` cannot be used", todo="check it") from error
    except sqlite3.DatabaseError as error:
        todo = "move it away: what was shown and muted is lost, nothing else"
        raise StorageError("`jobs/members.sqlite` is damaged", todo=todo) from error


def forget(home: Home, member: MemberId) -> None:
    """Forget a member, if anything is remembered of anybody.

    Raises:
        BusyError, StorageError: as `memory`.
    """
    if (folder(home) / "members.sqlite").exists():
        with memory(home) as shown:
            shown.forget(member)


def muted_of(said: str) -> Muted:
    """Read what is muted: `skill:rust`, `employer:Kanzlei Kalmingau`.

    Raises:
        InputError: the kind is not one that can be muted, or the value is missing.
    """
    kind, _, value = said.partition(":")
    if kind not in KINDS:
        raise InputError(f"`{kind}` cannot be muted", todo=did_you_mean(kind, list(KINDS)))
    if not (value := value.strip()):
        todo = f"say which: `{kind}:NAME`, as the digest writes it"
        raise InputError(f"`{said}` does not say what to mute", todo=todo)
    return Muted(kind, value.casefold() if kind == "employer" else value)
