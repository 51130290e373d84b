"""The worker: hear the ledger, take up what is due, and record what was done.

Several workers may work on one home: one task runs at a time, and another worker takes up what a
killed one had begun. A failed task is tried again, later each time. A worker stops between two
steps of a training at the latest when it is interrupted, and what it had begun waits again.
"""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from vanne import logs
from vanne.config import Home
from vanne.errors import BusyError, VanneError
from vanne.files import folder_bytes
from vanne.forks import FORKS, is_orphan
from vanne.plugins import tell_refreshed
from vanne.settings import Settings
from vanne.worker.commands import clock, cpu_seconds, held, reason_of
from vanne.worker.steps import (
    STEPS,
    TOGETHER,
    Errand,
    Paused,
    asks_for_something,
    heard_so_far,
    next_time,
)
from vanne.worker.tasks import (
    LEASE,
    Task,
    beat,
    claim,
    enqueue,
    fail,
    finish,
    last_ended,
    name_of_process,
    next_for,
    release,
)

log = logging.getLogger("vanne.worker")

POLL_SECONDS = 1.0
BEAT_SECONDS = LEASE.total_seconds() / 3
"""How often a worker says that it lives, and renews the lease of what it does."""
DISK_SECONDS = 2.0
"""How long it may take to measure the folders of the home, after each task."""
HELD = timedelta(seconds=5)
"""How long to wait where a command of the operator holds the home."""
NICE = 10
"""How much a worker beside a server yields: the pages get about nine times its share of a core."""
AGAIN_SECONDS, END_SECONDS = 5.0, 10.0
"""How long a server waits before it begins another worker, and for one to end."""


class Worker:
    """One worker of a home. `on_end` is told of each task that ended, done or failed."""

    def __init__(
        self,
        home: Home,
        settings: Settings,
        now: Callable[[], datetime] = clock,
        on_end: Callable[[Task, str], None] = lambda task, line: None,
    ) -> None:
        self._home, self._settings, self._now, self._on_end = home, settings, now, on_end
        self.name = name_of_process()
        self.failed: dict[str, VanneError] = {}
        """Why the last task of a kind failed here."""
        self._heard: int | None = None
        self._next_beat = 0.0

    def hear(self) -> bool:
        """Queue what new entries of the ledger ask for; say whether they ask for something."""
        heard = heard_so_far(self._home)
        if heard is None:
            return False
        heard = max(heard, self._heard or 0)
        size, is_asked = asks_for_something(self._home, heard)
        if is_asked:
            now = self._now()
            enqueue(self._home, "refresh", now + TOGETHER, now)
        else:
            self._heard = size
        return is_asked

    def take(self) -> bool:
        """Do the task that is due, if there is one; say whether there was."""
        task = claim(self._home, self.name, self._now())
        if task is None:
            return False
        began = cpu_seconds()
        try:
            errand = Errand(self._home, self._settings, self._now, task)
            with held(self._home, task, self._now, lambda: self._hear_beside(errand)):
                facts = STEPS[task.kind](errand)
        except Paused as pause:
            self._pause(task, pause, began)
        except BusyError as error:
            now = self._now()
            release(self._home, task, now, now + HELD)
            log.info("%s waits: %s", task.kind, error.title)
            return False
        except VanneError as error:
            self.failed[task.kind] = error
            self._failed(task, reason_of(error), began)
        except Exception as error:  # a fault of ours must not end the worker
            log.exception("a fault of ours in `%s`", task.kind)
            self._failed(task, reason_of(error), began)
        except BaseException:
            release(self._home, task, self._now())
            raise
        else:
            disk = {"disk": folder_bytes(self._home.root, DISK_SECONDS)}
            finish(self._home, task, self._now(), {**facts, **disk}, cpu_seconds() - began)
            if task.kind == "refresh":
                tell_refreshed(self._home, self._now())
            self._look_again_tonight()
            self._on_end(task, ", ".join(f"{name} {value}" for name, value in facts.items()))
        return True

    def run(self, is_ended: Callable[[], bool]) -> None:
        """Hear and work until that is so. A database that is away is tried again."""
        is_new = True
        while not is_ended():
            try:
                self._beat()
                if is_new:
                    self._look_again_tonight()
                    is_new = False
                self.hear()
                is_idle = not self.take()
            except VanneError as error:
                log.error("%s", error)
                is_idle = True
            if is_idle:
                time.sleep(POLL_SECONDS)

    def run_once(self) -> None:
        """Do all that is due now, or is asked for by the ledger, and end.

        Raises:
            VanneError: the home, its ledger or its database cannot be read.
        """
        self._beat()
        self.hear()
        wait_until = self._now() + TOGETHER
        while self.take() or self._now() <= wait_until:
            time.sleep(0.05)

    def do(self, kinds: Iterable[str]) -> Iterator[Task]:
        """Do tasks now, one after the other, or let another worker do them; yield each that ended.

        What was asked of a kind is done once: it is not waited for what is tried again later.
        """
        for kind in kinds:
            began = self._now()
            enqueue(self._home, kind, began, began)
            while waits := next_for(self._home).get(kind):
                if waits.state == "queued" and waits.due > self._now() + HELD:
                    break
                if not self.take():
                    time.sleep(0.05)
            yield from (each for each in [last_ended(self._home, kind)] if each)

    def _beat(self) -> None:
        """Say now and then that this worker lives; while a task runs, its lease says so."""
        if time.monotonic() >= self._next_beat:
            beat(self._home, self.name, self._now())
            self._next_beat = time.monotonic() + BEAT_SECONDS

    def _hear_beside(self, errand: Errand) -> None:
        """Hear what is chosen during a training, which then lets the corpus hear it first."""
        if errand.task.kind == "retrain" and self.hear():
            errand.is_asked.set()

    def _pause(self, task: Task, pause: Paused, cpu_began: float) -> None:
        now, due = self._now(), pause.due
        finish(self._home, task, now, {"paused": pause.why}, cpu_seconds() - cpu_began)
        began = {"began": (task.started or now).isoformat()}
        enqueue(self._home, task.kind, due, now, began | dict(task.facts))
        self._on_end(task, f"{pause.why}; it goes on at {due:%H:%M:%S} UTC")

    def _look_again_tonight(self) -> None:
        """Look each night whether something left with no choice, and whether the ledger holds.

        Items leave also by age, by a move, when a window ends.
        """
        now = self._now()
        if heard_so_far(self._home) is not None:
            enqueue(self._home, "refresh", next_time(self._settings.train_at, now), now)
        enqueue(self._home, "check", next_time(self._settings.train_at, now), now)

    def _failed(self, task: Task, why: str, began: float) -> None:
        again = fail(self._home, task, self._now(), why, cpu_seconds() - began)
        log.error("%s failed, and is tried again at %s: %s", task.kind, f"{again:%H:%M:%S}", why)
        self._on_end(task, f"failed, again at {again:%H:%M:%S} UTC: {why}")


def work(home: Home, settings: Settings) -> None:
    """Work until this process is told to end, or the one that began it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server ends this process when it ends
    end_on_sigterm()
    os.nice(NICE)
    logs.configure()
    Worker(home, settings).run(is_orphan)


def end_on_sigterm() -> None:
    """End this process as it would end by itself: what it had begun waits again."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))


@contextmanager
def beside(home: Home, settings: Settings) -> Iterator[None]:
    """Run a worker in a process of its own; begin it again should it die."""
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.is_set():
            worker = FORKS.Process(target=work, args=(home, settings), name="worker", daemon=True)
            worker.start()
            while worker.is_alive() and not is_over.wait(POLL_SECONDS):
                pass
            if not is_over.is_set():
                log.error("the worker ended with %s: another one begins", worker.exitcode)
                is_over.wait(AGAIN_SECONDS)
            worker.terminate()
            worker.join(END_SECONDS)
            if worker.is_alive():
                worker.kill()

    watcher = threading.Thread(target=watch, name="worker")
    watcher.start()
    try:
        yield
    finally:
        is_over.set()
        watcher.join()
