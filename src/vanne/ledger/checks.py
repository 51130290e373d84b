"""Keep what each check of the ledger found: when, by whom, over how many entries.

A check that nobody can look up later is none for an auditor. `vanne ledger fsck` keeps its result,
and so does the worker each night; the results are in the database, not in the ledger that they are
about.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import insert, select

from vanne.config import Home
from vanne.database import Database
from vanne.database.tables import ledger_check
from vanne.ledger.encoding import to_base64
from vanne.ledger.fsck import FsckReport
from vanne.ledger.ledger import Ledger

Actor = Literal["worker", "command"]


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """One check. `at` is when it ended, `root` is over the entries that it read (base64)."""

    at: datetime
    actor: Actor
    entries: int
    root: str
    problems: tuple[str, ...]
    seconds: float

    @property
    def ok(self) -> bool:
        """True if everything held."""
        return not self.problems


def check_ledger(home: Home, actor: Actor, clock: Callable[[], datetime]) -> LedgerCheck:
    """Check the ledger of a home from the first entry to the last, and keep what was found.

    Raises:
        MissingError: there is no ledger.
        StorageError: the ledger cannot be read, or the result not be kept.
    """
    began = clock()
    with Ledger.of(home, read_only=True) as ledger:
        report = ledger.fsck()
    return keep_check(home, report, actor, began, clock())


def keep_check(
    home: Home, report: FsckReport, actor: Actor, began: datetime, ended: datetime
) -> LedgerCheck:
    """Keep the result of a check.

    Raises:
        StorageError: the database cannot be written.
    """
    seconds = (ended - began).total_seconds()
    root = to_base64(report.root)
    check = LedgerCheck(ended, actor, report.entries, root, report.problems, seconds)
    row = {name: getattr(check, name) for name in LedgerCheck.__slots__}
    with Database.of(home).writing() as db:
        db.execute(insert(ledger_check).values(row | {"problems": json.dumps(report.problems)}))
    return check


def checks(home: Home, since: datetime | None = None, most: int = 1000) -> list[LedgerCheck]:
    """Return the checks that are kept, the last one first; with `since`, those from then on.

    Raises:
        StorageError: the database cannot be read.
    """
    newest = select(ledger_check).order_by(ledger_check.c.id.desc()).limit(most)
    if since:
        newest = newest.where(ledger_check.c.at >= since)
    with Database.of(home).reading() as db:
        rows = [dict(row) for row in db.execute(newest).mappings()]
    names = LedgerCheck.__slots__
    return [
        LedgerCheck(**{name: row[name] for name in names} | {"problems": _problems(row)})
        for row in rows
    ]


def _problems(row: dict[str, str]) -> tuple[str, ...]:
    return tuple(json.loads(row["problems"]))
