"""Questions on their way to whoever answers: each has its turn, or is refused."""

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from vanne.errors import BusyError, VanneError
from vanne.inference.asking import Event, Question
from vanne.inference.speaker import Speaker

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Job:
    """A question on its way. `tell` is called from another thread: events, or an error at last."""

    question: Question
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

    def answer(self, speaker: Speaker) -> None:
        """Let a speaker answer, and tell every error of it."""
        if self.is_over and not self._cut:
            return
        try:
            speaker.answer(self.question, self._pass, self._over.is_set)
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

    def ask(self, job: Job) -> None:
        """Let a job wait for its turn.

        Raises:
            BusyError: too many wait.
            MissingError: there is no model.
        """

    def close(self) -> None:
        """Let go of what it holds."""


class Jobs:
    """Questions that wait, first come, first served."""

    def __init__(self, most: int) -> None:
        self._most, self._jobs, self._changed = most, deque[Job](), threading.Condition()

    def put(self, job: Job) -> None:
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

    def take(self, is_leaving: threading.Event) -> Job | None:
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

    def drain(self) -> list[Job]:
        """Return all that wait, and let nobody wait."""
        with self._changed:
            jobs = list(self._jobs)
            self._jobs.clear()
            return jobs
