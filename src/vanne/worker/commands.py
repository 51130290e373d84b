"""Record what a command does in the table of tasks, while it runs and when it has ended.

A command that cannot be recorded is done all the same: an auditor may only read the database.
"""

import logging
import resource
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert

from vanne.config import Home
from vanne.database.tables import task
from vanne.errors import VanneError
from vanne.worker.tasks import (
    LEASE,
    Task,
    changing,
    end_lost,
    fail,
    finish,
    name_of_process,
    renew,
    task_of,
)

log = logging.getLogger("vanne.worker")

Clock = Callable[[], datetime]


def clock() -> datetime:
    """Tell the time of what is done now."""
    return datetime.now(UTC)


@contextmanager
def recorded(home: Home, kind: str, now: Clock = clock) -> Iterator[dict[str, Any]]:
    """Record what a command does; it puts into the facts that it is given what was done."""
    facts: dict[str, Any] = {}
    try:
        running = _begin(home, kind, now())
    except VanneError as error:
        log.warning("what this command does is not recorded: %s", error.title)
        yield facts
        return
    began = cpu_seconds()
    try:
        with held(home, running, now):
            yield facts
    except BaseException as error:
        with suppress(VanneError):
            fail(home, running, now(), reason_of(error), cpu_seconds() - began)
        raise
    with suppress(VanneError):
        finish(home, running, now(), facts, cpu_seconds() - began)


@contextmanager
def held(
    home: Home, running: Task, now: Clock, also: Callable[[], None] = lambda: None
) -> Iterator[None]:
    """Renew the lease of a task while it runs, and do something else each time."""
    is_over = threading.Event()

    def hold() -> None:
        while not is_over.wait(LEASE.total_seconds() / 3):
            with suppress(VanneError):  # the next one may succeed
                renew(home, running, now())
                also()

    holder = threading.Thread(target=hold, name="lease", daemon=True)
    holder.start()
    try:
        yield
    finally:
        is_over.set()
        holder.join()


def reason_of(error: BaseException) -> str:
    """Say in one line why something failed."""
    if isinstance(error, VanneError):
        return f"{error.title}: {error.help()}"
    if isinstance(error, KeyboardInterrupt):
        return "it was interrupted"
    if isinstance(error, SystemExit):
        return "it was told to end"
    return f"a fault of ours: {type(error).__name__}"


def cpu_seconds() -> float:
    """Return how many CPU seconds this process and those that it began have taken."""
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in usage)


def _begin(home: Home, kind: str, now: datetime) -> Task:
    row = {"kind": kind, "actor": "command", "state": "running", "attempt": 1, "facts": "{}"}
    row |= {"due": now, "queued": now, "started": now, "lease": now + LEASE}
    row |= {"worker": name_of_process()}
    with changing(home) as db:
        end_lost(db, now)
        begun = db.execute(insert(task).values(row).returning(*task.c)).mappings().one()
        return task_of(begun)
