"""The table of tasks: at most one of a kind waits, and at most one of all runs.

    queued -> running -> done
                      -> failed, and queued again, later
    running -> queued, when the worker let go of it or its lease ran out

A worker that runs a task has a lease, which it renews while it lives. A task of a worker that was
killed is taken up again when its lease has run out. What a task does can be done twice: a killed
run is finished by the next one.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, RowMapping, and_, insert, select, text, update

from vanne.config import Home
from vanne.database import Database
from vanne.database.tables import task

Kind = Literal["at-once", "retrain"]
State = Literal["queued", "running", "done", "failed"]

LEASE = timedelta(seconds=20)
RETRY_FIRST, RETRY_LAST = timedelta(seconds=30), timedelta(hours=1)
"""How long after a failure a task is tried again: twice as long each time, up to the last."""
_ADVISORY = int.from_bytes(b"Vtsk", "big")  # PostgreSQL's lock under which tasks change hands


@dataclass(frozen=True, slots=True)
class Task:
    """One task. `attempt` counts from 1; `facts` says what was done, `error` why it failed.

    `due` is the earliest time at which it may begin, and `cpu_seconds` is what it cost.
    """

    id: int
    kind: Kind
    state: State
    due: datetime
    attempt: int
    queued: datetime
    started: datetime | None
    ended: datetime | None
    worker: str | None
    cpu_seconds: float | None
    facts: Mapping[str, Any]
    error: str | None

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it waits or runs."""
        if self.started is None or self.ended is None:
            return None
        return (self.ended - self.started).total_seconds()

    def as_json(self) -> dict[str, Any]:
        """Return it for a JSON document."""
        times = {name: getattr(self, name) for name in ("due", "queued", "started", "ended")}
        return {
            "id": self.id,
            "kind": self.kind,
            "state": self.state,
            "attempt": self.attempt,
            **{name: at.isoformat() if at else None for name, at in times.items()},
            "seconds": self.seconds,
            "cpu_seconds": self.cpu_seconds,
            "facts": dict(self.facts),
            "error": self.error,
        }


def recent(home: Home, most: int = 50) -> list[Task]:
    """Return the tasks that run or wait, and then those that ended last.

    Raises:
        StorageError: the database cannot be read.
    """
    open_first = task.c.ended.is_(None).desc()
    with Database.of(home).reading() as db:
        rows = db.execute(select(task).order_by(open_first, task.c.id.desc()).limit(most))
        return [_task(row) for row in rows.mappings()]


def last_done(home: Home, kind: Kind) -> Task | None:
    """Return the task of a kind that was done last; None if there is none."""
    is_done = and_(task.c.kind == kind, task.c.state == "done")
    with Database.of(home).reading() as db:
        row = db.execute(select(task).where(is_done).order_by(task.c.id.desc()).limit(1))
        return next((_task(each) for each in row.mappings()), None)


def enqueue(home: Home, kind: Kind, due: datetime, now: datetime, *, attempt: int = 1) -> None:
    """Let a task wait until it is due; one of its kind that waits already is due at the earlier.

    Raises:
        StorageError: the database cannot be written.
    """
    with _changing(home) as db:
        _enqueue(db, kind, due, now, attempt)


def claim(home: Home, worker: str, now: datetime) -> Task | None:
    """Begin the task that has been due for longest; None if none is due, or another one runs.

    A task whose lease ran out waits again first.
    """
    with _changing(home) as db:
        lost = and_(task.c.state == "running", task.c.lease < now)
        for row in db.execute(select(task).where(lost)).mappings():
            _release(db, _task(row), now)
        if db.execute(select(task.c.id).where(task.c.state == "running")).first():
            return None
        is_due = and_(task.c.state == "queued", task.c.due <= now)
        first = select(task).where(is_due).order_by(task.c.due, task.c.id).limit(1)
        due = db.execute(first).mappings().first()
        if due is None:
            return None
        began = {"state": "running", "started": now, "worker": worker, "lease": now + LEASE}
        db.execute(update(task).where(task.c.id == due["id"]).values(began))
        return _task({**due, **began})


def renew(home: Home, running: Task, now: datetime) -> bool:
    """Hold a task for longer; false if another worker has it meanwhile."""
    with _changing(home) as db:
        held = update(task).where(_held(running)).values(lease=now + LEASE)
        return db.execute(held).rowcount == 1


def release(home: Home, running: Task, now: datetime) -> None:
    """Let a task that was begun wait again: the worker ends, or the home is held by another."""
    with _changing(home) as db:
        _release(db, running, now)


def finish(
    home: Home, running: Task, now: datetime, facts: Mapping[str, Any], cpu_seconds: float
) -> None:
    """Record that a task is done, and what it did."""
    with _changing(home) as db:
        done = {"state": "done", "ended": now, "facts": json.dumps(facts), "lease": None}
        done["cpu_seconds"] = cpu_seconds
        db.execute(update(task).where(_held(running)).values(done))


def fail(home: Home, running: Task, now: datetime, error: str, cpu_seconds: float) -> datetime:
    """Record why a task failed, and let it wait for another try; return when that is due."""
    again = now + min(RETRY_FIRST * (1 << min(running.attempt, 20) - 1), RETRY_LAST)
    with _changing(home) as db:
        failed = {"state": "failed", "ended": now, "error": error, "lease": None}
        failed["cpu_seconds"] = cpu_seconds
        db.execute(update(task).where(_held(running)).values(failed))
        _enqueue(db, running.kind, again, now, running.attempt + 1)
    return again


@contextmanager
def _changing(home: Home) -> Iterator[Connection]:
    """Give a transaction in which no other worker changes the table."""
    with Database.of(home).writing() as db:
        if db.dialect.name == "postgresql":
            db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY})
        yield db


def _held(running: Task) -> Any:
    return and_(task.c.id == running.id, task.c.state == "running", task.c.worker == running.worker)


def _enqueue(db: Connection, kind: Kind, due: datetime, now: datetime, attempt: int) -> None:
    waits = and_(task.c.kind == kind, task.c.state == "queued")
    row = db.execute(select(task.c.due, task.c.attempt).where(waits)).first()
    if row is None:
        new = {"kind": kind, "state": "queued", "due": due, "attempt": attempt, "queued": now}
        db.execute(insert(task).values(**new, facts="{}"))
    else:
        changed = {"due": min(due, row.due), "attempt": max(attempt, row.attempt)}
        db.execute(update(task).where(waits).values(changed))


def _release(db: Connection, running: Task, now: datetime) -> None:
    """One of its kind that waits already will do the same: this one was not done, and goes."""
    another = and_(task.c.kind == running.kind, task.c.state == "queued")
    if db.execute(select(task.c.id).where(another)).first():
        ended = {"state": "failed", "ended": now, "lease": None}
        ended["error"] = "the worker ended; the next task of this kind takes its place"
        db.execute(update(task).where(_held(running)).values(ended))
    else:
        waits = {"state": "queued", "started": None, "worker": None, "lease": None}
        db.execute(update(task).where(_held(running)).values(waits))


def _task(row: RowMapping | Mapping[str, Any]) -> Task:
    names = [name for name in Task.__slots__ if name != "facts"]
    return Task(facts=json.loads(row["facts"]), **{name: row[name] for name in names})
