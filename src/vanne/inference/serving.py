"""Serve the current model: load it at the first question, unload it when it is replaced.

One thread answers one question after the other. Before each question, and every half second while
none waits, the thread reads which version `CURRENT` names. If that is another version than the
loaded one, the loaded one is unloaded at once, and the next question loads the new one. An answer
that has begun goes on for `GRACE_SECONDS` after its version was replaced; then it is cut off. So
data that a member took back answers no new question, even if the next version cannot be loaded.

Questions wait in a queue. A question that finds the queue full is refused.
"""

import logging
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from vanne.errors import BusyError, ConfigError, InputError, MissingError, VanneError
from vanne.extras import require
from vanne.inference.asking import Event, GenerationRequest
from vanne.inference.generator import Generator, open_generator
from vanne.train.store import ModelStore

log = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 0.5
"""How soon a replaced version is noticed; a look reads one small file."""

GRACE_SECONDS = 30.0
"""How long a version that was replaced may go on with what it has begun: most answers end."""

MOST_WAITING = 16
"""Questions that wait for their turn; the next one is refused."""

NICE = 5
"""How much the thread that answers stands back for those that serve pages (Linux)."""

_STOPS = BusyError("the server stops", todo="ask again")


@dataclass(eq=False)
class GenerationJob:
    """A question on its way. `tell` is called from another thread: events, or an error at last."""

    question: GenerationRequest
    tell: Callable[[Event | VanneError], None]
    _over: threading.Event = field(default_factory=threading.Event)

    @property
    def is_over(self) -> bool:
        """Nobody waits for it."""
        return self._over.is_set()

    def cancel(self) -> None:
        """End it: nobody waits for the answer any more."""
        self._over.set()


class Serving:
    """Answers with the model that `CURRENT` of a store names; may be used from any thread."""

    def __init__(
        self,
        store: Path,
        *,
        grace_seconds: float = GRACE_SECONDS,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        """Load nothing yet."""
        self._store, self._grace, self._most = ModelStore(store), grace_seconds, most_waiting
        self._jobs, self._changed = deque[GenerationJob](), threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_closing = False

    def version(self) -> str:
        """Return the version that the store says serves now.

        Raises:
            MissingError: nothing has been trained, or what a model needs is not installed.
        """
        require("train")
        version = self._store.current_version()
        if version is None:
            raise MissingError("no model has been trained", todo="run `vanne train`")
        return version

    def ask(self, job: GenerationJob) -> None:
        """Let a job wait for its turn; the model is loaded if it is not.

        Raises:
            BusyError: too many wait.
            MissingError: there is no model.
        """
        self.version()
        with self._changed:
            if self._is_closing:
                raise _STOPS
            self._jobs = deque(each for each in self._jobs if not each.is_over)
            if len(self._jobs) >= self._most:
                raise BusyError("too many questions wait", todo="ask again in a few seconds")
            self._jobs.append(job)
            self._changed.notify()
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="model", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Cut what is being answered, refuse what waits, and let go of the model."""
        with self._changed:
            self._is_closing = True
            waiting, self._jobs = self._jobs, deque()
            self._changed.notify()
        for job in waiting:
            job.tell(_STOPS)
        if self._thread:
            self._thread.join(timeout=10)

    def _work(self) -> None:
        """Answer until the server stops."""
        if sys.platform == "linux":  # there a thread has a priority of its own, and hands it on
            thread = threading.get_native_id()
            nice = os.getpriority(os.PRIO_PROCESS, thread)
            os.setpriority(os.PRIO_PROCESS, thread, min(19, nice + NICE))
        generator: Generator | None = None
        while not self._is_closing:
            with self._changed:
                if not self._jobs and not self._is_closing:
                    self._changed.wait(LOOK_EVERY_SECONDS)
                job = self._jobs.popleft() if self._jobs else None
            try:
                version = self.version()
            except VanneError as error:
                generator = None
                if job:
                    job.tell(error)
                continue
            # INVARIANT: no question is answered by a version that was replaced before its turn.
            if generator and generator.version != version:
                generator = None
            if job and not job.is_over:
                generator = self._answered(job, version, generator)
            job = None  # nothing of it is kept

    def _answered(
        self, job: GenerationJob, version: str, generator: Generator | None
    ) -> Generator | None:
        """Answer a question, and tell every error; return the generator, if it could be loaded."""
        looked, deadline = time.monotonic(), float("inf")

        def is_over() -> bool:
            nonlocal looked, deadline
            if self._is_closing:
                raise _STOPS
            now = time.monotonic()
            if now > looked + LOOK_EVERY_SECONDS:
                looked = now
                if self.version() != version:
                    deadline = min(deadline, now + self._grace)
            if now >= deadline:
                raise BusyError("the model was replaced during the answer", todo="ask again")
            return job.is_over

        try:
            while generator is None:
                try:
                    generator = open_generator(self._store.root, version)
                except VanneError as error:
                    if (now := self.version()) != version:  # it was replaced while it was opened
                        version = now
                    elif isinstance(error, InputError):  # the base model's fault, not the asker's
                        raise ConfigError(error.title, todo=error.todo) from None
                    else:
                        raise
            generator.answer(job.question, job.tell, is_over)
        except VanneError as error:
            job.tell(error.with_traceback(None))  # its frames hold the weights
        except MemoryError:
            job.tell(VanneError("there is not enough memory for the model"))
        except Exception as error:  # its message could hold a text
            log.error("a fault of ours while answering: %s", type(error).__name__)
            job.tell(VanneError("the model could not answer"))
        return generator
