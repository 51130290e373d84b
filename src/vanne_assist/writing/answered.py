"""Which suggestions a member accepted or refused: `HOME/suggestions.sqlite`.

Kept are the member's id, the id of the suggestion (a digest) and yes or no: nothing of a text. What
was accepted is said by making the suggestions anew, so that one whose source is gone, or switched
off, is gone from here too.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager

from vanne.config import Home
from vanne.errors import BusyError, StorageError, storing
from vanne.terms import MemberId

FILE = "suggestions.sqlite"
_WAIT_SECONDS = 10
_SCHEMA = """
CREATE TABLE IF NOT EXISTS answered (
  member TEXT NOT NULL, suggestion TEXT NOT NULL, accepted INTEGER NOT NULL,
  PRIMARY KEY (member, suggestion)
) WITHOUT ROWID;
"""


def answers(home: Home, member: MemberId) -> Mapping[str, bool]:
    """Return which suggestions a member answered, and whether with yes.

    Raises:
        BusyError, StorageError: they cannot be read.
    """
    if not (home.root / FILE).exists():
        return {}
    with _opened(home) as db:
        query = "SELECT suggestion, accepted FROM answered WHERE member = ?"
        return {suggestion: bool(yes) for suggestion, yes in db.execute(query, (member,))}


def answer(home: Home, member: MemberId, suggestion: str, accepted: bool | None) -> None:
    """Keep an answer; None takes it back. The same once more is harmless.

    Raises:
        BusyError, StorageError: it cannot be written; then nothing has changed.
    """
    with _opened(home) as db:
        if accepted is None:
            query = "DELETE FROM answered WHERE member = ? AND suggestion = ?"
            db.execute(query, (member, suggestion))
        else:
            row = (member, suggestion, int(accepted))
            db.execute("INSERT OR REPLACE INTO answered VALUES (?, ?, ?)", row)


def forget(home: Home, member: MemberId) -> None:
    """Forget a member, if anything is remembered of anybody.

    Raises:
        BusyError, StorageError: it cannot be written.
    """
    if (home.root / FILE).exists():
        with _opened(home) as db:
            db.execute("DELETE FROM answered WHERE member = ?", (member,))


@contextmanager
def _opened(home: Home) -> Iterator[sqlite3.Connection]:
    path = home.root / FILE
    try:
        with storing(f"`{FILE}`"):
            path.touch(mode=0o600)
        with closing(sqlite3.connect(path, timeout=_WAIT_SECONDS)) as db, db:
            db.execute("PRAGMA secure_delete = ON")  # what is deleted is not left on the disk
            db.executescript(_SCHEMA)
            yield db
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise BusyError(f"`{FILE}` is in use", todo="try again") from error
        raise StorageError(f"`{FILE}` cannot be used", todo="check it") from error
    except sqlite3.DatabaseError as error:
        todo = "move it away: which suggestions were answered is lost, nothing else"
        raise StorageError(f"`{FILE}` is damaged", todo=todo) from error
