"""Serve the current model: start its engine at the first question, exchange it when it is replaced.

One thread looks twice a second which version `CURRENT` names, starts engines and ends them. A
question is given to the engine of the version that serves when the question comes; while that
engine starts, the question waits. An answer that has begun is finished by the engine that began it.
An engine whose version was replaced ends with its last answer, or at its deadline: after
`LAST_SECONDS`, and after `REVOKED_SECONDS` where what somebody took back had to go at once. So data
that a member took back answers no new question, even if the next version cannot be loaded.
"""

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from vanne.errors import BusyError, ConflictError, MissingError, VanneError
from vanne.extras import require
from vanne.inference.engine import LLAMA, Engine
from vanne.train.model import current
from vanne.train.store import ModelStore

log = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 0.5
"""How soon a replaced version is noticed; a look reads one small file."""

LAST_SECONDS = 600.0
"""How long a replaced version may finish what it has begun."""

REVOKED_SECONDS = 30.0
"""The same, where the version that replaced it is one that forgot at once."""

MOST_QUESTIONS = 64
"""Questions that wait or are answered; the next one is refused."""

WAIT_SECONDS = 0.05
"""How often a question looks whether its engine has started."""

ERROR_SECONDS = 5.0
"""How long an error is told before the engine is tried again."""


class Serving:
    """The engines of a store: that of the current version, and those that finish their answers."""

    def __init__(self, store: Path, command: str = "") -> None:
        """Start nothing yet. `command` is that of the engine, if it is not llama.cpp."""
        self._store, self._command = ModelStore(store), command
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._engine: Engine | None = None
        self._coming: Engine | None = None
        self._last: list[Engine] = []
        self._error: tuple[float, VanneError] | None = None
        self._questions, self._is_closing, self._is_installed = 0, False, False

    def version(self) -> str:
        """Return the version that the store says serves now.

        Raises:
            MissingError: nothing has been trained, or what a model needs is not installed.
        """
        if not self._is_installed:  # to look costs milliseconds, and each question asks
            require("train")
            if not self._command:
                require("serve")
            self._is_installed = True
        version = self._store.current_version()
        if version is None:
            raise MissingError("no model has been trained", todo="run `vanne train`")
        return version

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[Engine]:
        """Give the engine of the version that serves now; it is kept until the end of the block.

        Raises:
            BusyError: there are too many questions, or the server stops.
            VanneError: there is no engine, and why.
        """
        if self._questions >= MOST_QUESTIONS:
            raise BusyError("too many questions wait", todo="ask again in a few seconds")
        self._questions += 1
        engine = None
        try:
            while (engine := self._taken()) is None:
                await asyncio.sleep(WAIT_SECONDS)
            yield engine
        finally:
            self._questions -= 1
            if engine:
                with self._changed:
                    engine.answers -= 1
                    self._changed.notify()

    def _taken(self) -> Engine | None:
        """Return the engine of the current version with one answer more; None: it is starting."""
        version = self.version()
        with self._changed:
            if self._is_closing:
                raise BusyError("the server stops", todo="ask again")
            # INVARIANT: no question is answered by a version that was replaced before it.
            if self._engine and self._engine.version == version and not self._engine.is_dead:
                self._engine.answers += 1
                return self._engine
            if self._error:
                raise self._error[1].with_traceback(None)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="model", daemon=True)
                self._thread.start()
        return None

    def close(self) -> None:
        """End all engines, whatever they answer."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        if self._thread:
            self._thread.join(timeout=30)

    def _work(self) -> None:
        """Look after the engines until the server stops."""
        while not self._is_closing:
            try:
                self._look()
            except VanneError as error:
                self._fail(error)
            except Exception as error:  # its message could hold a text
                self._fail(VanneError(f"a fault of ours with an engine: {type(error).__name__}"))
            with self._changed:
                self._changed.wait(WAIT_SECONDS if self._coming else LOOK_EVERY_SECONDS)
        with self._changed:
            engines = [self._engine, self._coming, *self._last]
            self._engine = self._coming = None
        for engine in filter(None, engines):
            engine.stop()

    def _fail(self, error: VanneError) -> None:
        log.error("%s", error)
        with self._changed:
            self._error = (time.monotonic(), error)

    def _look(self) -> None:
        """Start, exchange and end engines, as the version that serves now asks for."""
        version, now = self._store.current_version(), time.monotonic()
        with self._changed:
            if self._error and now > self._error[0] + ERROR_SECONDS:
                self._error = None
            if self._engine and (self._engine.version != version or self._engine.is_dead):
                self._engine.deadline = now + self._seconds_left()
                self._last.append(self._engine)
                self._engine = None
            over = [e for e in self._last if not e.answers or e.is_dead or now > e.deadline]
            self._last = [each for each in self._last if each not in over]
        for engine in over:
            engine.stop()
        if self._engine is None and version and self._questions and not self._error:
            self._coming = self._coming or Engine.start(self._store.root, self._command or LLAMA)
        if self._coming:
            self._bring(self._coming)

    def _bring(self, coming: Engine) -> None:
        """Let an engine serve once it is ready, if its version is still the one that does."""
        try:
            if not coming.is_ready():
                return
        except VanneError as error:
            self._coming = None
            coming.stop()
            if not isinstance(error, ConflictError):  # replaced while it was copied: once more
                raise
            return
        self._coming = None
        if coming.version != self._store.current_version():
            coming.stop()
            return
        with self._changed:
            self._engine = coming

    def _seconds_left(self) -> float:
        """Say how long a version that was just replaced may finish what it has begun."""
        with suppress(VanneError):
            if not current(self._store.root).waiting:
                return LAST_SECONDS
        return REVOKED_SECONDS
