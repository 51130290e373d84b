"""What runs in a worker: the pages and the API that read people's texts, one request at a time.

A worker is a process of its own. It opens the home itself, is asked over a pipe, and
sends back what an application sends to a server (ASGI 3). The kernel ends a request that uses more
processor time than it may, and refuses it more memory: see `vanne.web.workers` for what whoever
asked is told then. The model stays where it is: a worker asks for its answers over a second pipe.
"""

import asyncio
import logging
import math
import os
import resource
import signal
import sys
import threading
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vanne.config import Home
from vanne.forks import Connection
from vanne.inference.asking import GenerationRequest
from vanne.inference.serving import GenerationJob, Serving
from vanne.settings import Settings
from vanne.web.guard import place_of

log = logging.getLogger("vanne.web")

MEGABYTES = 2048
"""Of new memory, for one request. How many seconds of processor it has is a setting."""
AT_ONCE_WRITING = 8
"""How many requests are answered at once for which a model may write: they wait for the model, and
do not keep a processor busy as those do that read."""
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Deployment:
    """What a worker has to know of the deployment."""

    home: Home
    lang: str
    settings: Settings
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ForwardedRequest:
    """A request whose body was read and whose session was opened, and when it was made."""

    scope: Mapping[str, Any]
    body: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class ForwardedMessage:
    """A message of the answer; the session stands with the first one, as it then is."""

    message: Mapping[str, Any]
    session: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ModelQuestion:
    """A question for the model. Its answer bears the same number."""

    number: int
    question: GenerationRequest


@dataclass(frozen=True, slots=True)
class WorkDone:
    """The answer is whole, and the worker free."""


def work(link: Connection, model: Connection, deployment: Deployment) -> None:
    """Answer what is asked until nobody can ask any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's, which ends its workers
    os.environ.clear()
    os.environ.update(deployment.environment)
    _stand_back()
    try:
        _work(link, model, deployment)
    except EOFError:
        return
    except Exception as error:  # its message could hold a text
        log.error("a fault of ours in a worker: %s at %s", type(error).__name__, place_of(error))


def _work(link: Connection, model: Connection, deployment: Deployment) -> None:
    from vanne.web.app import applications

    clock = _Clock()
    pages, api = applications(deployment, clock, LentModel(link, model, deployment.home))
    with asyncio.Runner() as runner:
        while True:
            asked: ForwardedRequest = link.recv()
            clock.at = asked.at
            _limit(deployment.settings.work_seconds)
            app = api if asked.scope["path"].startswith("/v1/") else pages
            runner.run(_answer(app, asked, link))
            link.send(WorkDone())


class _Clock:
    """The time at which the request came to the server.

    Before the first one it is so long ago that no session has ended: the server forgets those.
    """

    at = datetime.fromtimestamp(0, UTC)

    def __call__(self) -> datetime:
        return self.at


async def _answer(app: Any, asked: ForwardedRequest, link: Connection) -> None:
    scope: MutableMapping[str, Any] = dict(asked.scope)
    coming = [{"type": "http.request", "body": asked.body, "more_body": False}]

    async def receive() -> Mapping[str, Any]:
        if not coming:
            await asyncio.Event().wait()  # the server ends a worker whose client has gone
        return coming.pop()

    async def send(message: Mapping[str, Any]) -> None:
        is_start = message["type"] == "http.response.start"
        session = dict(scope["session"]) if is_start and "session" in scope else None
        link.send(ForwardedMessage(message, session))

    await app(scope, receive, send)


def _limit(seconds: int) -> None:
    """Let the kernel end the next request when its share is used up."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used_seconds = math.ceil(usage.ru_utime + usage.ru_stime)
    _set_limit(resource.RLIMIT_CPU, used_seconds + seconds)
    _set_limit(resource.RLIMIT_CORE, 0)
    if sys.platform == "linux":
        used_pages = int(Path("/proc/self/statm").read_text().split()[5])  # of data and stacks
        _set_limit(resource.RLIMIT_DATA, used_pages * _PAGE_BYTES + MEGABYTES * 2**20)


def _set_limit(kind: int, most: int) -> None:
    hard = resource.getrlimit(kind)[1]
    soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (soft, hard))


def _stand_back() -> None:
    """Let the server have a processor first; short of memory, let the kernel end this process."""
    os.nice(5)
    if sys.platform == "linux":
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("1000")


class LentModel:
    """The model that the server holds, asked from a worker."""

    def __init__(self, link: Connection, answers: Connection, home: Home) -> None:
        self._link, self._answers = link, answers
        self._serving = Serving(home.model)  # says which version serves, and loads nothing
        self._number = 0
        self._job: GenerationJob | None = None
        self._listener: threading.Thread | None = None

    def version(self) -> str:
        """Return the version that serves now.

        Raises:
            MissingError: there is none.
        """
        return self._serving.version()

    def ask(self, job: GenerationJob) -> None:
        """Pass a question on; the one before is answered no more.

        Raises:
            MissingError: there is no model.
        """
        self.version()
        self._number, self._job = self._number + 1, job
        self._link.send(ModelQuestion(self._number, job.question))
        if self._listener is None:
            self._listener = threading.Thread(target=self._listen, daemon=True)
            self._listener.start()

    def close(self) -> None:
        """Hold nothing."""

    def _listen(self) -> None:
        while True:
            try:
                number, event = self._answers.recv()
            except EOFError:
                return
            if number == self._number and self._job:
                self._job.tell(event)
