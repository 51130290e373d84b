"""What drafting costs and what its guard lets pass: `HOME/writing.sqlite`.

Tokens are counted by member and day under a keyed hash; only today's are kept. What the guard said
is counted by model and prompt, without any member: that is how its rate of acceptance is measured.
"""

import hashlib
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from vanne.errors import LimitError, StorageError
from vanne_assist.writing.guard import Kind

FILE = "writing.sqlite"
_TABLES = """
CREATE TABLE IF NOT EXISTS secret (key BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS spent (day TEXT, who BLOB, tokens INTEGER, PRIMARY KEY (day, who));
CREATE TABLE IF NOT EXISTS judged
  (model TEXT, prompt TEXT, kind TEXT, count INTEGER, PRIMARY KEY (model, prompt, kind));
"""
_ACCEPTED = "accepted"
_REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Rate:
    """How many drafts of a model with a prompt the guard has let pass so far, and why not others.

    A draft may have several findings.
    """

    accepted: int
    judged: int
    kinds: tuple[tuple[str, int], ...] = ()


class Counts:
    """The counts of one home."""

    def __init__(self, root: Path) -> None:
        self._path = root / FILE

    def spend(self, member: str, day: date, tokens: int, most: int) -> None:
        """Take tokens from what a member may use in a day; 0 as the most is without a limit.

        Raises:
            LimitError: that would be too many.
        """
        if most == 0:
            return
        with self._opened() as db:
            who = self._who(db, member)
            db.execute("DELETE FROM spent WHERE day < ?", (day.isoformat(),))
            row = db.execute(
                "SELECT tokens FROM spent WHERE day = ? AND who = ?", (day.isoformat(), who)
            ).fetchone()
            used = row[0] if row else 0
            if used + tokens > most:
                raise LimitError(
                    f"today's {most:,} tokens for drafts are used up",
                    todo="ask tomorrow; the builder and the coach need none",
                )
            db.execute(
                "INSERT OR REPLACE INTO spent VALUES (?, ?, ?)",
                (day.isoformat(), who, used + tokens),
            )

    def judge(self, model: str, prompt: str, findings: Sequence[Sequence[Kind]]) -> None:
        """Count drafts: for each the kinds of what was found; none is an accepted one."""
        with self._opened() as db:
            for kinds in findings:
                names = {kind.value for kind in kinds} | {_REJECTED if kinds else _ACCEPTED}
                for name in sorted(names):
                    db.execute(
                        "INSERT INTO judged VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE"
                        " SET count = count + 1",
                        (model, prompt, name),
                    )

    def rate(self, model: str, prompt: str) -> Rate:
        """Return what the guard has said so far of a model with a prompt."""
        if not self._path.exists():
            return Rate(0, 0)
        with self._opened() as db:
            rows = dict(
                db.execute(
                    "SELECT kind, count FROM judged WHERE model = ? AND prompt = ?", (model, prompt)
                ).fetchall()
            )
        accepted, rejected = rows.pop(_ACCEPTED, 0), rows.pop(_REJECTED, 0)
        return Rate(accepted, accepted + rejected, tuple(sorted(rows.items())))

    def _who(self, db: sqlite3.Connection, member: str) -> bytes:
        row = db.execute("SELECT key FROM secret").fetchone()
        key = row[0] if row else secrets.token_bytes(32)
        if row is None:
            db.execute("INSERT INTO secret VALUES (?)", (key,))
        return hashlib.blake2b(member.encode(errors="surrogatepass"), key=key).digest()

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """Open the file in one transaction that nobody else is in."""
        try:
            with closing(sqlite3.connect(self._path, timeout=10, isolation_level=None)) as db:
                db.execute("BEGIN IMMEDIATE")
                for statement in _TABLES.split(";"):
                    db.execute(statement)
                yield db
                db.execute("COMMIT")
        except sqlite3.Error as error:
            todo = (
                f"check the folder; if the file is damaged, delete `{FILE}`: it holds counts only"
            )
            raise StorageError(f"`{FILE}` cannot be used", todo=todo) from error
