"""Work on people's texts is done in other processes, and costs nobody but whoever asked for it.

The process that serves switch, ledger and objections has one interpreter lock. A page or a route
that reads what people wrote (drafts, briefs, profiles, offers) is marked with `elsewhere`: a worker
answers it (`vanne.web.worker`), within a budget. A worker whose budget is used up, that hangs or
dies is killed; that request alone is told so (422 where its text was too much work, else 503).
One person has one request answered at a time, so that nobody can take all workers.
"""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from inspect import iscoroutinefunction
from typing import Any
from weakref import WeakValueDictionary

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from vanne.errors import BusyError, LostError, TooMuchError, VanneError
from vanne.forks import FORKS
from vanne.inference.asking import Event
from vanne.inference.serving import GenerationJob, Serving
from vanne.web import worker
from vanne.web.api.gate import HOLDER
from vanne.web.api.models import LARGEST_BYTES
from vanne.web.session import person_of

log = logging.getLogger("vanne.web")

MOST_WAITING, MOST_IDLE = 32, 2
WAIT_SECONDS = 30
"""How long a request waits for a worker: longer than the budget of one that runs."""
SILENCE_SECONDS = 180
"""A worker that says nothing for so long hangs: a model may take that long for a draft."""

_PASSED_ON = (
    "type asgi http_version method scheme path raw_path query_string root_path headers client "
    f"server session {HOLDER}"
).split()


class Workers:
    """The workers of a deployment. A process is begun when there is something to do for it."""

    def __init__(self, deployment: worker.Deployment, serving: Serving, at_once: int) -> None:
        self._deployment, self._serving = deployment, serving
        self._idle: list[_Worker] = []
        self._busy: set[_Worker] = set()
        self._at_once = at_once
        self._turns = WeakValueDictionary[str, asyncio.Lock]()
        self._waiting = 0
        self._open()

    def _open(self) -> None:
        self._places = asyncio.Semaphore(self._at_once)
        self._threads = ThreadPoolExecutor(self._at_once, "workers")

    async def answer(
        self, asked: worker.ForwardedRequest, who: str, receive: Receive, send: Send
    ) -> None:
        """Let a worker answer a request.

        Raises:
            TooMuchError: the budget is used up.
            BusyError: no worker is free.
            LostError: it died or hangs.
        """
        async with self._place(who), self._worker() as hired:
            gone = asyncio.create_task(hired.kill_when_gone(receive))

            async def forward(message: Message) -> None:
                if message["type"] == "http.response.body" and not message.get("more_body"):
                    gone.cancel()  # whoever has the whole answer may go
                await send(message)

            try:
                await self._passed_on(hired, asked, forward)
            except VanneError:
                if not gone.done():
                    raise
            finally:
                gone.cancel()

    async def _passed_on(
        self, hired: "_Worker", asked: worker.ForwardedRequest, send: Send
    ) -> None:
        await self._in_thread(hired.ask, asked)
        job: GenerationJob | None = None
        try:
            while not isinstance(message := await self._in_thread(hired.hear), worker.WorkDone):
                if isinstance(message, worker.ModelQuestion):
                    job = self._ask_model(hired, message, job)
                    continue
                if message.session is not None and message.session != asked.scope["session"]:
                    asked.scope["session"].clear()
                    asked.scope["session"].update(message.session)
                await send(dict(message.message))
        finally:
            if job:
                job.cancel()
        hired.is_free = True

    def _ask_model(
        self, hired: "_Worker", asked: worker.ModelQuestion, before: GenerationJob | None
    ) -> GenerationJob:
        if before:
            before.cancel()
        job = GenerationJob(asked.question, lambda event: hired.tell(asked.number, event))
        try:
            self._serving.ask(job)
        except VanneError as error:
            job.tell(error)
        return job

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
    async def _worker(self) -> AsyncIterator["_Worker"]:
        """Give a worker; kill it if it did not come to the end of what it was asked."""
        hired = None
        while self._idle and hired is None:
            idle = self._idle.pop()
            hired = idle if idle.is_alive() else None
        hired = hired or await self._in_thread(_Worker, self._deployment)
        hired.is_free = False
        self._busy.add(hired)
        try:
            yield hired
        finally:
            self._busy.discard(hired)
            if hired.is_free and len(self._idle) < MOST_IDLE:
                self._idle.append(hired)
            else:
                hired.kill()

    def close(self) -> None:
        """End every worker. An application that is started once more begins with new ones."""
        for each in (*self._idle, *self._busy):
            each.kill()
        self._idle.clear()
        self._threads.shutdown(wait=False)
        self._open()

    async def _in_thread(self, act: Callable[..., Any], *values: object) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, act, *values)


_LOST = LostError("a worker ended before its work", todo="look whether it was done, and try again")
_BUSY = BusyError("as many texts are being read as may be", todo="try again in a moment")


class _Worker:
    """One worker, as the server sees it."""

    def __init__(self, deployment: worker.Deployment) -> None:
        self._link, theirs = FORKS.Pipe()
        self._answers, their_answers = FORKS.Pipe()
        given = (theirs, their_answers, deployment)
        self._process = FORKS.Process(target=worker.work, args=given, daemon=True)
        self._process.start()
        theirs.close()
        their_answers.close()
        self.is_free = True

    def is_alive(self) -> bool:
        """Say whether it can be asked."""
        return self._process.is_alive()

    def ask(self, asked: worker.ForwardedRequest) -> None:
        """Send a request."""
        with suppress(OSError):  # it has died: `hear` says so
            self._link.send(asked)

    def hear(self) -> "worker.ForwardedMessage | worker.ModelQuestion | worker.WorkDone":
        """Wait for what it says next.

        Raises:
            TooMuchError: its budget is used up.
            LostError: it died or hangs.
        """
        try:
            if not self._link.poll(SILENCE_SECONDS):
                raise _LOST
            message: worker.ForwardedMessage | worker.ModelQuestion | worker.WorkDone = (
                self._link.recv()
            )
            return message
        except (EOFError, OSError):
            self._process.join()
        if self._process.exitcode == -signal.SIGXCPU:
            raise TooMuchError(
                "reading a text took more work than one request may", todo="shorten the text"
            )
        raise _LOST

    def tell(self, number: int, event: Event | VanneError) -> None:
        """Pass on what the model answers."""
        with suppress(OSError):
            self._answers.send((number, event))

    async def kill_when_gone(self, receive: Receive) -> None:
        """End it as soon as whoever asked has gone."""
        while (await receive())["type"] != "http.disconnect":
            pass
        self._process.kill()

    def kill(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.join()
        self._link.close()
        self._answers.close()


Endpoint = Callable[[Request], Any]


def elsewhere(
    endpoint: Endpoint,
    but: Callable[[Request], Awaitable[bool]] | None = None,
    *,
    writes: bool = False,
) -> Callable[[Request], Awaitable[Response]]:
    """Let a worker answer for an endpoint: one of the `writers` if a model may write for it.

    What is asked `but` for something is answered here. So is whoever is not signed in: they are
    sent to sign in, and no text is read.
    """

    async def answer(request: Request) -> Response:
        is_worker = request.app.state.site.readers is None
        if is_worker or person_of(request) is None or (but and await but(request)):
            if iscoroutinefunction(endpoint):
                answered: Response = await endpoint(request)
                return answered
            return await run_in_threadpool(endpoint, request)
        site = request.app.state.site
        return await passed_on(request, site.writers if writes else site.readers)

    return answer


async def passed_on(request: Request, workers: Workers) -> Response:
    """Return what lets a worker answer a request."""
    return PassedOn(workers, request, await body_of(request))


class PassedOn(Response):
    """The answer of a worker, sent as it comes."""

    def __init__(self, workers: Workers, request: Request, body: bytes) -> None:
        scope = {key: request.scope[key] for key in _PASSED_ON if key in request.scope}
        at = request.app.state.site.now()
        self._workers, self._who = workers, _who(request)
        self._asked = worker.ForwardedRequest(scope, body, at)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        await self._workers.answer(self._asked, self._who, receive, send)


async def body_of(request: Request) -> bytes:
    """Read the body of a request.

    Raises:
        HTTPException: it is larger than any may be (413).
    """
    length = request.headers.get("content-length", "0")
    if length.isdigit() and int(length) > LARGEST_BYTES:  # do not even begin to read it
        raise HTTPException(413)
    parts, size = [], 0
    async for part in request.stream():
        parts.append(part)
        if (size := size + len(part)) > LARGEST_BYTES:
            raise HTTPException(413)
    return b"".join(parts)


def _who(request: Request) -> str:
    """Return who asks: a program by its token, a person by their session."""
    if holder := request.scope.get(HOLDER):
        return f"token {holder.id}"
    person = person_of(request)
    return f"person {person.subject}" if person else ""
