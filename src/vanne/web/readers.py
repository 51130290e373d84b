"""Processes, the readers, that answer the requests which read people's texts, each within a budget.

A long text can keep a processor busy, and the server process has one interpreter lock for switches,
ledger and objections. So a page or a route that reads what people wrote (drafts, briefs, profiles,
offers) is marked with `elsewhere`, and a reader answers it. A reader that uses up its budget, hangs
or dies is killed. Only the request that it was answering fails (422 where the text was too much
work, else 503). Each person has one request answered at a time, so that nobody can take all
readers.

A reader opens the home itself, gets requests through a pipe, and sends back what an application
sends to a server (ASGI 3). The kernel ends a request that uses more processor time than it may, and
refuses it more memory.
"""

import asyncio
import logging
import math
import os
import resource
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from vanne.config import Home
from vanne.errors import BusyError, LostError, TooMuchError, VanneError
from vanne.forks import FORKS, Connection
from vanne.settings import Settings
from vanne.web.api.gate import HOLDER
from vanne.web.api.models import LARGEST_BYTES
from vanne.web.guard import place_of
from vanne.web.session import PERSON, person_of

log = logging.getLogger("vanne.web")

MEGABYTES = 2048
"""Of new memory, for one request. How many seconds of processor it has is a setting."""
AT_ONCE_WRITING = 8
"""How many requests are answered at once for which a model may write: they wait for the model, and
do not keep a processor busy as those do that read."""
MOST_WAITING, MOST_IDLE = 32, 2
WAIT_SECONDS = 30
"""How long a request waits for a reader: longer than the budget of one that runs."""
SILENCE_SECONDS = 180
"""A reader that says nothing for so long hangs: a model may take that long for a draft."""

_PASSED_ON = (
    "type asgi http_version method scheme path raw_path query_string root_path headers client "
    f"server session {HOLDER} {PERSON}"
).split()
_LOST = LostError("a reader ended before its work", todo="look whether it was done, and try again")
_BUSY = BusyError("as many texts are being read as may be", todo="try again in a moment")


@dataclass(frozen=True, slots=True)
class Deployment:
    """What a reader has to know of the deployment."""

    home: Home
    lang: str
    settings: Settings
    environment: Mapping[str, str]


class ForwardedRequest(NamedTuple):
    """A request whose body was read and whose session was opened, and when it was made."""

    scope: Mapping[str, Any]
    body: bytes
    at: datetime


class ForwardedMessage(NamedTuple):
    """A message of the answer; the session stands with the first one, as it then is."""

    message: Mapping[str, Any]
    session: Mapping[str, Any] | None


# What the server does


class Readers:
    """The readers of a deployment. A process is begun when there is something to do for it."""

    def __init__(self, deployment: Deployment, at_once: int) -> None:
        self._deployment = deployment
        self._idle: list[_ReadingProcess] = []
        self._busy: set[_ReadingProcess] = set()
        self._at_once = at_once
        self._turns = WeakValueDictionary[str, asyncio.Lock]()
        self._waiting = 0
        self._open()

    def _open(self) -> None:
        self._places = asyncio.Semaphore(self._at_once)
        self._threads = ThreadPoolExecutor(self._at_once, "readers")

    async def answer(
        self, forwarded: ForwardedRequest, who: str, receive: Receive, send: Send
    ) -> None:
        """Let a reader answer a request.

        Raises:
            TooMuchError: the budget is used up.
            BusyError: no reader is free.
            LostError: it died or hangs.
        """
        async with self._place(who), self._reader() as reader:
            gone = asyncio.create_task(reader.kill_when_gone(receive))
            try:
                await self._in_thread(reader.ask, forwarded)
                while (heard := await self._in_thread(reader.hear)) is not None:
                    message, session = heard
                    if session is not None and session != forwarded.scope["session"]:
                        forwarded.scope["session"].clear()
                        forwarded.scope["session"].update(session)
                    if message["type"] == "http.response.body" and not message.get("more_body"):
                        gone.cancel()  # whoever has the whole answer may go
                    await send(dict(message))
                reader.is_free = True
            except VanneError:
                if not gone.done():
                    raise
            finally:
                gone.cancel()

    @asynccontextmanager
    async def _place(self, who: str) -> AsyncIterator[None]:
        """Wait for the turn of a person, and for a place."""
        if self._waiting >= MOST_WAITING:
            raise _BUSY
        turn = self._turns.setdefault(who, asyncio.Lock())
        self._waiting += 1
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await turn.acquire()
                try:
                    await self._places.acquire()
                except BaseException:
                    turn.release()
                    raise
        except TimeoutError:
            raise _BUSY from None
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._places.release()
            turn.release()

    @asynccontextmanager
    async def _reader(self) -> AsyncIterator["_ReadingProcess"]:
        """Give a reader; kill it if it did not come to the end of what it was asked."""
        reader = None
        while self._idle and reader is None:
            idle = self._idle.pop()
            reader = idle if idle.process.is_alive() else None
        reader = reader or await self._in_thread(_ReadingProcess, self._deployment)
        reader.is_free = False
        self._busy.add(reader)
        try:
            yield reader
        finally:
            self._busy.discard(reader)
            if reader.is_free and len(self._idle) < MOST_IDLE:
                self._idle.append(reader)
            else:
                reader.kill()

    def close(self) -> None:
        """End every reader. An application that is started once more begins with new ones."""
        for each in (*self._idle, *self._busy):
            each.kill()
        self._idle.clear()
        self._threads.shutdown(wait=False)
        self._open()

    async def _in_thread(self, act: Callable[..., Any], *values: object) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, act, *values)


class _ReadingProcess:
    """One reader, as the server sees it."""

    def __init__(self, deployment: Deployment) -> None:
        self._link, theirs = FORKS.Pipe()
        self.process = FORKS.Process(target=work, args=(theirs, deployment), daemon=True)
        self.process.start()
        theirs.close()
        self.is_free = True

    def ask(self, forwarded: ForwardedRequest) -> None:
        """Send a request."""
        with suppress(OSError):  # it has died: `hear` says so
            self._link.send(forwarded)

    def hear(self) -> ForwardedMessage | None:
        """Wait for what it says next; None when the answer is whole.

        Raises:
            TooMuchError: its budget is used up.
            LostError: it died or hangs.
        """
        try:
            if not self._link.poll(SILENCE_SECONDS):
                raise _LOST
            message: ForwardedMessage | None = self._link.recv()
            return message
        except (EOFError, OSError):
            self.process.join()
        if self.process.exitcode == -signal.SIGXCPU:
            raise TooMuchError(
                "reading a text took more work than one request may", todo="shorten the text"
            )
        raise _LOST

    async def kill_when_gone(self, receive: Receive) -> None:
        """End it as soon as whoever asked has gone."""
        while (await receive())["type"] != "http.disconnect":
            pass
        self.process.kill()

    def kill(self) -> None:
        """End it, whatever it does."""
        self.process.kill()
        self.process.join()
        self._link.close()


def elsewhere(
    endpoint: Callable[[Request], Any],
    but: Callable[[Request], Awaitable[bool]] | None = None,
    *,
    writes: bool = False,
) -> Callable[[Request], Awaitable[Response]]:
    """Let a reader answer for an endpoint: one of the `writers` if a model may write for it.

    What is asked `but` for something is answered here. So is whoever is not signed in: they are
    sent to sign in, and no text is read.
    """

    async def answer(request: Request) -> Response:
        site = request.app.state.site
        is_reader = site.readers is None
        if is_reader or person_of(request) is None or (but and await but(request)):
            if iscoroutinefunction(endpoint):
                response: Response = await endpoint(request)
                return response
            return await run_in_threadpool(endpoint, request)
        return await passed_on(request, site.writers if writes else site.readers)

    return answer


async def passed_on(request: Request, readers: Readers) -> Response:
    """Return what lets a reader answer a request.

    Raises:
        HTTPException: its body is larger than any may be (413).
    """
    length = request.headers.get("content-length", "0")
    if length.isdigit() and int(length) > LARGEST_BYTES:  # do not even begin to read it
        raise HTTPException(413)
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_BYTES:
            raise HTTPException(413)
    return _PassedOn(readers, request, bytes(body))


class _PassedOn(Response):
    """The answer of a reader, sent as it comes."""

    def __init__(self, readers: Readers, request: Request, body: bytes) -> None:
        scope = {key: request.scope[key] for key in _PASSED_ON if key in request.scope}
        self._readers = readers
        self._forwarded = ForwardedRequest(scope, body, request.app.state.site.now())
        self._who = ""  # a program by its token, a person by their session
        if holder := request.scope.get(HOLDER):
            self._who = f"token {holder.id}"
        elif person := person_of(request):
            self._who = f"person {person.subject}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        await self._readers.answer(self._forwarded, self._who, receive, send)


# What a reader does


def work(link: Connection, deployment: Deployment) -> None:
    """Answer what is asked until nobody can ask any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's, which ends its readers
    os.environ.clear()
    os.environ.update(deployment.environment)
    # let the server have a processor first; short of memory, let the kernel end this process
    os.nice(5)
    if sys.platform == "linux":
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("1000")
    try:
        _work(link, deployment)
    except EOFError:
        return
    except Exception as error:  # its message could hold a text
        log.error("a fault of ours in a reader: %s at %s", type(error).__name__, place_of(error))


def _work(link: Connection, deployment: Deployment) -> None:
    from vanne.web.app import applications

    # the clock tells when the request came to the server
    now = datetime.fromtimestamp(0, UTC)
    pages, api = applications(deployment, lambda: now)
    with asyncio.Runner() as runner:
        while True:
            forwarded: ForwardedRequest = link.recv()
            now = forwarded.at
            _limit(deployment.settings.work_seconds)
            app = api if forwarded.scope["path"].startswith("/v1/") else pages
            runner.run(_answer(app, forwarded, link))
            link.send(None)


async def _answer(app: Any, forwarded: ForwardedRequest, link: Connection) -> None:
    scope = dict(forwarded.scope)
    coming = [{"type": "http.request", "body": forwarded.body, "more_body": False}]

    async def receive() -> Mapping[str, Any]:
        if not coming:
            await asyncio.Event().wait()  # the server ends a reader whose client has gone
        return coming.pop()

    async def send(message: Mapping[str, Any]) -> None:
        is_start = message["type"] == "http.response.start"
        session = dict(scope["session"]) if is_start and "session" in scope else None
        link.send(ForwardedMessage(message, session))

    await app(scope, receive, send)


def _limit(seconds: int) -> None:
    """Let the kernel end the next request when its share is used up."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    limits = {
        resource.RLIMIT_CPU: math.ceil(usage.ru_utime + usage.ru_stime) + seconds,
        resource.RLIMIT_CORE: 0,
    }
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text().split()[5])  # of data and stacks
        limits[resource.RLIMIT_DATA] = pages * os.sysconf("SC_PAGE_SIZE") + MEGABYTES * 2**20
    for kind, most in limits.items():
        hard = resource.getrlimit(kind)[1]
        soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (soft, hard))
