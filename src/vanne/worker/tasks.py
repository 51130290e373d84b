"""The table of tasks: at most one of a kind waits, and workers run at most one of all.

    queued -> running -> done
                      -> failed, and queued again, later
    running -> queued, when the worker let go of it or its lease ran out

A worker that runs a task has a lease, which it renews while it lives. A task of a worker that was
killed is taken up again at once on the same machine, elsewhere when its lease has run out. What a
task does can be done twice: a killed run is finished by the next one. What a person does by a
command is in the same table (`vanne.worker.commands`): nobody takes it up again. A task is kept for
a year, and of all that ended the last ten thousand.
"""

import json
import os
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from vanne.config import Home
from vanne.database import Database, upsert
from vanne.database.tables import task, worker

State = Literal["queued", "running", "done", "failed"]
Actor = Literal["worker", "command"]

LEASE = timedelta(seconds=20)
KEPT, MOST_KEPT = timedelta(days=365), 10_000
RETRY_FIRST, RETRY_LAST = timedelta(seconds=30), timedelta(hours=1)
"""How long after a failure a task is tried again: twice as long each time, up to the last."""
_ADVISORY = int.from_bytes(b"Vtsk", "big")  # PostgreSQL's lock under which tasks change hands


@dataclass(frozen=True, slots=True)
class Task:
    """One task. `kind` is that of a step, or which command it is; `actor` says who does it.

    `due` is the earliest time at which it may begin. `attempt` counts from 1. `facts` says what was
    done, and of what waits what is known of it. `cpu_seconds` is what it cost. `error` says why it
    failed; of what waits again, why the attempt before failed.
    """

    id: int
    kind: str
    actor: Actor
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
        return max((self.ended - self.started).total_seconds(), 0.0)  # a clock may be set back

    def as_json(self) -> dict[str, Any]:
        """Return it for a JSON document."""
        times = {name: getattr(self, name) for name in ("due", "queued", "started", "ended")}
        return {
            "id": self.id,
            "kind": self.kind,
            "actor": self.actor,
            "state": self.state,
            "attempt": self.attempt,
            **{name: at.isoformat() if at else None for name, at in times.items()},
            "seconds": self.seconds,
            "cpu_seconds": self.cpu_seconds,
            "facts": dict(self.facts),
            "error": self.error,
        }


@dataclass(frozen=True, slots=True)
class Pulse:
    """When a worker of a home was last seen (None: never), and whether one is alive."""

    seen: datetime | None
    is_alive: bool


def alive(home: Home, now: datetime) -> Pulse:
    """Say whether a worker of a home is alive: one that was seen within the length of a lease.

    Raises:
        StorageError: the database cannot be read.
    """
    with Database.of(home).reading() as db:
        seen = db.execute(select(worker.c.seen).order_by(worker.c.seen.desc())).scalars().first()
    # a time that is far ahead was written before the clock was set back
    return Pulse(seen, seen is not None and abs(now - seen) <= LEASE)


def beat(home: Home, name: str, now: datetime) -> None:
    """Record that a worker is alive."""
    with Database.of(home).writing() as db:
        _beat(db, name, now)


def next_for(home: Home) -> Mapping[str, Task]:
    """Return by kind what workers do next: the task that runs, else the one that waits.

    Raises:
        StorageError: the database cannot be read.
    """
    is_open = and_(task.c.actor == "worker", task.c.state.in_(("queued", "running")))
    with Database.of(home).reading() as db:
        rows = db.execute(select(task).where(is_open).order_by(task.c.state))  # what runs is last
        return {row["kind"]: task_of(row) for row in rows.mappings()}


def recent(home: Home, most: int = 50) -> list[Task]:
    """Return the tasks that run or wait, and then those that ended last.

    Raises:
        StorageError: the database cannot be read.
    """
    open_first = task.c.ended.is_(None).desc()
    with Database.of(home).reading() as db:
        rows = db.execute(select(task).order_by(open_first, task.c.id.desc()).limit(most))
        return [task_of(row) for row in rows.mappings()]


def last_done(home: Home, kind: str) -> Task | None:
    """Return the task of a kind that was done last; None if there is none."""
    return _last(home, and_(task.c.kind == kind, task.c.state == "done"))


def last_ended(home: Home, kind: str) -> Task | None:
    """Return the task of a kind that ended last, done or failed; None if there is none."""
    return _last(home, and_(task.c.kind == kind, task.c.ended.is_not(None)))


def _last(home: Home, is_one: ColumnElement[bool]) -> Task | None:
    with Database.of(home).reading() as db:
        row = db.execute(select(task).where(is_one).order_by(task.c.id.desc()).limit(1))
        return next((task_of(each) for each in row.mappings()), None)


def enqueue(
    home: Home,
    kind: str,
    due: datetime,
    now: datetime,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Let a task wait until it is due; one of its kind that waits already is due at the earlier.

    Raises:
        StorageError: the database cannot be written.
    """
    with changing(home) as db:
        _enqueue(db, kind, due, now, facts=facts)


def claim(home: Home, name: str, now: datetime) -> Task | None:
    """Begin the task that has been due for longest; None if none is due, or another one runs.

    A task whose lease ran out waits again first.
    """
    with changing(home) as db:
        end_lost(db, now)
        runs = and_(task.c.state == "running", task.c.actor == "worker")
        if db.execute(select(task.c.id).where(runs)).first():
            return None
        is_due = and_(task.c.state == "queued", task.c.due <= now)
        first = select(task).where(is_due).order_by(task.c.due, task.c.id).limit(1)
        due = db.execute(first).mappings().first()
        if due is None:
            return None
        began = {"state": "running", "started": now, "worker": name, "lease": now + LEASE}
        db.execute(update(task).where(task.c.id == due["id"]).values(began))
        return task_of({**due, **began})


def renew(home: Home, running: Task, now: datetime) -> bool:
    """Hold a task for longer; false if another worker has it meanwhile."""
    with changing(home) as db:
        if running.actor == "worker" and running.worker:
            _beat(db, running.worker, now)
        held = update(task).where(_held(running)).values(lease=now + LEASE)
        return db.execute(held).rowcount == 1


def release(home: Home, running: Task, now: datetime, due: datetime | None = None) -> None:
    """Let a task that was begun wait again, until `due`: its worker ends, or has to wait."""
    with changing(home) as db:
        _release(db, replace(running, due=due or running.due), now)


def finish(
    home: Home, running: Task, now: datetime, facts: Mapping[str, Any], cpu_seconds: float
) -> None:
    """Record that a task is done, and what it did; forget those that ended long ago."""
    with changing(home) as db:
        _prune(db, now)
        done = {"state": "done", "ended": now, "facts": json.dumps(facts), "lease": None}
        done |= {"cpu_seconds": cpu_seconds, "error": None}
        db.execute(update(task).where(_held(running)).values(done))


def fail(home: Home, running: Task, now: datetime, error: str, cpu_seconds: float) -> datetime:
    """Record why a task failed; return until when that of a worker waits for another try."""
    again = now + min(RETRY_FIRST * (1 << min(running.attempt, 20) - 1), RETRY_LAST)
    with changing(home) as db:
        failed = {"state": "failed", "ended": now, "error": error, "lease": None}
        failed["cpu_seconds"] = cpu_seconds
        is_ours = db.execute(update(task).where(_held(running)).values(failed)).rowcount
        if running.actor == "worker" and is_ours:
            _enqueue(db, running.kind, again, now, running.attempt + 1, running.facts, error)
    return again


@contextmanager
def changing(home: Home) -> Iterator[Connection]:
    """Give a transaction in which no other worker changes the table."""
    with Database.of(home).writing() as db:
        if db.dialect.name == "postgresql":
            db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY})
        yield db


def _held(running: Task) -> Any:
    return and_(task.c.id == running.id, task.c.state == "running", task.c.worker == running.worker)


def _enqueue(
    db: Connection,
    kind: str,
    due: datetime,
    now: datetime,
    attempt: int = 1,
    facts: Mapping[str, Any] | None = None,
    error: str | None = None,
) -> None:
    waits = and_(task.c.kind == kind, task.c.state == "queued")
    row = db.execute(select(task.c.due, task.c.attempt, task.c.facts).where(waits)).first()
    if row is None:
        new = {"kind": kind, "state": "queued", "due": due, "attempt": attempt, "queued": now}
        new |= {"actor": "worker", "facts": json.dumps(facts or {}), "error": error}
        db.execute(insert(task).values(new))
    else:
        changed = {"due": min(due, row.due), "attempt": max(attempt, row.attempt)}
        changed |= {"facts": json.dumps({**json.loads(row.facts), **(facts or {})})}
        changed |= {"error": error} if error is not None else {}
        db.execute(update(task).where(waits).values(changed))


def end_lost(db: Connection, now: datetime) -> None:
    """End what nobody does any more: a worker's task waits again, a command's has failed."""
    is_running = task.c.state == "running"
    # a lease that ends later than any can was given before the clock was set back
    too_long = and_(is_running, task.c.lease > now + LEASE)
    db.execute(update(task).where(too_long).values(lease=now + LEASE))
    has_ended = or_(task.c.lease < now, task.c.lease.is_(None))
    running = select(task, has_ended.label("has_ended")).where(is_running)
    for row in db.execute(running).mappings().all():
        if not row["has_ended"] and not _is_gone(row["worker"]):
            continue
        if row["actor"] == "worker":
            _release(db, task_of(row), now)
        else:
            ended = {"state": "failed", "ended": now, "lease": None}
            ended["error"] = "the command was killed; run it again"
            db.execute(update(task).where(task.c.id == row["id"]).values(ended))


def name_of_process() -> str:
    """Return a name that no other worker or command has: machine, process, chance."""
    return f"{_machine()}-{os.getpid()}-{secrets.token_hex(3)}"


def _is_gone(name: str | None) -> bool:
    """Say whether a process of this machine has ended: of another machine that is not known."""
    machine, _, number = (name or "").rpartition("-")[0].rpartition("-")
    if machine != _machine() or not number.isdecimal():
        return False
    try:
        os.kill(int(number), 0)  # sends nothing
    except ProcessLookupError:
        return True
    except OSError:  # it is somebody else's
        return False
    return False


def _machine() -> str:
    """Name where process numbers are those of one system: a host, or a container of it."""
    with suppress(OSError):
        return f"{socket.gethostname()}-{Path('/proc/self/ns/pid').stat().st_ino}"
    return socket.gethostname()


def _prune(db: Connection, now: datetime) -> None:
    newest = db.execute(select(func.max(task.c.id))).scalar_one()
    is_old = or_(task.c.ended < now - KEPT, task.c.id <= (newest or 0) - MOST_KEPT)
    db.execute(delete(task).where(and_(task.c.ended.is_not(None), is_old)))


def _beat(db: Connection, name: str, now: datetime) -> None:
    """Record that a worker is alive; forget those that are long gone, or seen in the future."""
    row = {"name": name, "seen": now}
    db.execute(
        upsert(db, worker)
        .values(row)
        .on_conflict_do_update(index_elements=["name"], set_={"seen": now})
    )
    gone = or_(worker.c.seen < now - timedelta(days=1), worker.c.seen > now + LEASE)
    db.execute(delete(worker).where(gone))


def _release(db: Connection, running: Task, now: datetime) -> None:
    """One of its kind that waits already will do the same: this one was not done, and goes."""
    another = and_(task.c.kind == running.kind, task.c.state == "queued")
    if db.execute(select(task.c.id).where(another)).first():
        ended = {"state": "failed", "ended": now, "lease": None}
        ended["error"] = "the worker ended; the next task of this kind takes its place"
        db.execute(update(task).where(_held(running)).values(ended))
    else:
        waits: dict[str, Any] = {"state": "queued", "due": running.due}
        waits |= dict.fromkeys(("started", "worker", "lease"))
        db.execute(update(task).where(_held(running)).values(waits))


def task_of(row: RowMapping | Mapping[str, Any]) -> Task:
    """Return the task of a row."""
    names = [name for name in Task.__slots__ if name != "facts"]
    return Task(facts=json.loads(row["facts"]), **{name: row[name] for name in names})
