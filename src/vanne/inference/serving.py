"""The current model, kept at hand: loaded when it is first asked, exchanged when it is replaced.

A keeper looks every half second which version `CURRENT` names. Another one is loaded beside the one
that answers, in a thread of its own; as soon as it is ready it takes every question that waits, and
the one before only ends the answer that it is giving. Its weights go with its thread. However long
loading or answering takes, a version that was replaced is cut off after `GRACE_SECONDS`, and if the
new one cannot be loaded it takes no more questions at once: what somebody took back is not served
for want of something else.

Questions wait in a queue: each has its turn, or is refused.
"""

import logging
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from vanne.errors import (
    BusyError,
    ConfigError,
    InputError,
    MissingError,
    VanneError,
    storing,
)
from vanne.extras import require
from vanne.inference.asking import Event, GenerationRequest
from vanne.inference.generator import Generator, check_engine, open_generator
from vanne.train.store import ModelStore


@dataclass(eq=False)
class GenerationJob:
    """A question on its way. `tell` is called from another thread: events, or an error at last."""

    question: GenerationRequest
    tell: Callable[[Event | VanneError], None]
    _over: threading.Event = field(default_factory=threading.Event)
    _cut: bool = False

    @property
    def is_over(self) -> bool:
        """Nobody waits for it, or it may not go on."""
        return self._over.is_set()

    def cancel(self) -> None:
        """End it: nobody waits for the answer any more."""
        self._over.set()

    def cut(self) -> None:
        """End it: the version that answers may not go on."""
        self._cut = True
        self._over.set()

    def answer(self, generator: Generator) -> None:
        """Let a generator answer, and tell every error of it."""
        if self.is_over and not self._cut:
            return
        try:
            generator.answer(self.question, self._pass, self._over.is_set)
        except VanneError as error:
            self.tell(error)
        except Exception as error:  # its message could hold a text
            log.error("a fault of ours while answering: %s", type(error).__name__)
            self.tell(VanneError("the model could not answer"))

    def _pass(self, event: Event) -> None:
        if self._cut:
            raise BusyError("the model was replaced during the answer", todo="ask again")
        self.tell(event)


class Answering(Protocol):
    """Who answers with the current model: `Serving`, or a process's way to another's `Serving`."""

    def version(self) -> str:
        """Return the version that serves now.

        Raises:
            MissingError: there is none.
        """

    def ask(self, job: GenerationJob) -> None:
        """Let a job wait for its turn.

        Raises:
            BusyError: too many wait.
            MissingError: there is no model.
        """

    def close(self) -> None:
        """Let go of what it holds."""


class GenerationQueue:
    """Questions that wait, first come, first served."""

    def __init__(self, most: int) -> None:
        self._most, self._jobs, self._changed = most, deque[GenerationJob](), threading.Condition()

    def put(self, job: GenerationJob) -> None:
        """Let a question wait.

        Raises:
            BusyError: too many do.
        """
        with self._changed:
            self._jobs = deque(each for each in self._jobs if not each.is_over)
            if len(self._jobs) >= self._most:
                raise BusyError("too many questions wait", todo="ask again in a few seconds")
            self._jobs.append(job)
            self._changed.notify()

    def take(self, is_leaving: threading.Event) -> GenerationJob | None:
        """Wait for a question; return None for who is leaving, who gets none any more."""
        with self._changed:
            while not self._jobs and not is_leaving.is_set():
                self._changed.wait()
            return None if is_leaving.is_set() else self._jobs.popleft()

    def leave(self, is_leaving: threading.Event) -> None:
        """Send somebody away who may be waiting."""
        with self._changed:
            is_leaving.set()
            self._changed.notify_all()

    def drain(self) -> list[GenerationJob]:
        """Return all that wait, and let nobody wait."""
        with self._changed:
            jobs = list(self._jobs)
            self._jobs.clear()
            return jobs


LOOK_EVERY_SECONDS = 0.5
GRACE_SECONDS = 30.0
"""How long a version that was replaced may go on with what it has begun."""

MOST_WAITING = 16
"""Questions that wait for their turn; the next one is refused."""

NICE = 5
"""How much the threads that answer stand back for those that serve pages (Linux)."""


class _ModelWorker(threading.Thread):
    """Loads one version, answers until it is sent away, and takes the weights with it.

    `deadline` is when it is cut off, once it was seen that another version serves.
    """

    def __init__(
        self,
        version: str,
        open_version: Callable[[str], Generator],
        jobs: GenerationQueue,
        wake: threading.Event,
    ) -> None:
        super().__init__(name=f"model-{version[:8]}", daemon=True)
        self.version = version
        self.deadline: float | None = None
        self.error: VanneError | None = None
        self.is_ready = threading.Event()
        self._open, self._jobs, self._wake = open_version, jobs, wake
        self._leaving = threading.Event()
        self._job: GenerationJob | None = None

    def run(self) -> None:
        """Load, answer, leave."""
        _stand_back()
        generator = self._opened()
        self.is_ready.set()
        self._wake.set()
        if generator is None:
            return
        while job := self._jobs.take(self._leaving):
            self._job = job
            job.answer(generator)
            self._job = job = None  # nothing of it is kept
        generator.engine.close()

    def leave(self) -> None:
        """Take no question any more."""
        self._jobs.leave(self._leaving)

    def cut(self) -> None:
        """End the answer that is being given."""
        if job := self._job:
            job.cut()

    def _opened(self) -> Generator | None:
        try:
            return self._open(self.version)
        except InputError as error:  # the base model's fault, and not that of whoever asks
            self.error = ConfigError(error.title, todo=error.todo)
        except VanneError as error:
            self.error = error
        except MemoryError:
            self.error = VanneError("there is not enough memory for the model")
        except Exception as error:  # its message could hold anything
            log.error("a fault of ours while loading a model: %s", type(error).__name__)
            self.error = VanneError("the model could not be loaded")
        return None


class _Shift:
    """Who answers, who will, and who is on the way out. Used by the keeper alone."""

    def __init__(self, make: Callable[[str], _ModelWorker], grace_seconds: float) -> None:
        self._make, self._grace = make, grace_seconds
        self._serving: _ModelWorker | None = None
        self._coming: _ModelWorker | None = None
        self._leaving: list[_ModelWorker] = []

    def look(self, version: str, now: float) -> VanneError | None:
        """Bring the shift to a version; return why it cannot be done."""
        if self._coming and self._coming.is_ready.is_set():
            came, self._coming = self._coming, None
            if came.error is None:
                self._relieve()
                self._serving = came
            elif came.version == version:
                return came.error
        if self._serving and not self._serving.is_alive():
            self._serving = None
        if self._coming is None and (self._serving is None or self._serving.version != version):
            self._coming = self._make(version)
            self._coming.start()
        if self._serving and self._serving.version != version:
            self._serving.deadline = self._serving.deadline or now + self._grace
            if now >= self._serving.deadline:
                self._relieve()
        self._leaving = [worker for worker in self._leaving if worker.is_alive()]
        for worker in self._leaving:
            if now >= (worker.deadline or now):
                worker.cut()
        return None

    def end(self, seconds: float) -> None:
        """Send everybody away; cut those off that are not gone in so many seconds."""
        self._relieve()
        workers = [*self._leaving, *([self._coming] if self._coming else [])]
        until = time.monotonic() + seconds
        for worker in workers:
            worker.leave()
            worker.join(timeout=max(0.0, until - time.monotonic()))
            worker.cut()
        for worker in workers:
            worker.join(timeout=5)

    def _relieve(self) -> None:
        """Send away whoever answers."""
        if self._serving:
            self._serving.leave()
            self._leaving.append(self._serving)
            self._serving = None


class Serving:
    """Answers with the model that `CURRENT` of a store names; may be used from any thread."""

    def __init__(
        self,
        store: Path,
        engine: str = "auto",
        *,
        grace_seconds: float = GRACE_SECONDS,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        """Load nothing yet.

        Raises:
            ConfigError: there is no such engine.
            MissingError: the engine's package is not installed.
        """
        self._store, self._engine = ModelStore(store), check_engine(engine)
        self._grace = grace_seconds
        self._jobs = GenerationQueue(most_waiting)
        self._lock, self._wake = threading.Lock(), threading.Event()
        self._keeper: threading.Thread | None = None
        self._is_closing = False

    def version(self) -> str:
        """Return the version that the store says serves now.

        Raises:
            MissingError: nothing has been trained, or what a model needs is not installed.
        """
        require("train")
        if not self._store.pointer.exists():
            raise MissingError("no model has been trained", todo="run `vanne train`")
        with storing("the name of the current model"):
            return self._store.pointer.read_text().strip()

    def ask(self, job: GenerationJob) -> None:
        """Let a job wait for its turn; the model is loaded if it is not.

        Raises:
            BusyError: too many wait.
            MissingError: there is no model.
        """
        self.version()
        with self._lock:
            if self._is_closing:
                raise _STOPS
            self._jobs.put(job)
            if self._keeper is None:
                self._keeper = threading.Thread(target=self._keep, name="models", daemon=True)
                self._keeper.start()

    def close(self) -> None:
        """Cut what is being answered, and let go of every model."""
        with self._lock:
            self._is_closing, keeper = True, self._keeper
        self._wake.set()
        if keeper:
            keeper.join(timeout=10)

    def _keep(self) -> None:
        """Have the right version at hand until none can be had, or the server stops."""
        shift = _Shift(self._worker, self._grace)
        while (error := self._looked(shift)) is None:
            self._wake.wait(LOOK_EVERY_SECONDS)
            self._wake.clear()
        shift.end(0.0 if self._is_closing else self._grace)
        log.info("no model is at hand: %s", error)

    def _looked(self, shift: _Shift) -> VanneError | None:
        """Look once; if that is the end, let nobody wait any more: the next one begins anew."""
        with self._lock:
            try:
                error = _STOPS if self._is_closing else shift.look(self.version(), time.monotonic())
            except VanneError as missing:
                error = missing
            if error:
                for job in self._jobs.drain():
                    job.tell(error)
                self._keeper = None
            return error

    def _worker(self, version: str) -> _ModelWorker:
        def opened(version: str) -> Generator:
            return open_generator(self._store.root, version, self._engine, datetime.now(UTC))

        return _ModelWorker(version, opened, self._jobs, self._wake)


_STOPS = BusyError("the server stops", todo="ask again")


def _stand_back() -> None:
    if sys.platform == "linux":  # there a thread has a priority of its own, and hands it on
        thread = threading.get_native_id()
        nice = os.getpriority(os.PRIO_PROCESS, thread)
        os.setpriority(os.PRIO_PROCESS, thread, min(19, nice + NICE))


log = logging.getLogger(__name__)
