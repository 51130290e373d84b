"""The current model behind OpenAI's API: clients of its chat and its completions work unchanged.

The engine of the model speaks that API itself (`vanne.inference.engine`). What is added here:
tokens and limits, the names of the model, strict reading (`vanne.web.api.asked`), and answers that
name their version. Each of several answers (`n`, a list of prompts) is a question of its own to the
engine, which answers them together. A client that disconnects ends its answers. No question and no
answer is stored or logged.
"""

import asyncio
import json
import logging
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Hashable, Sequence
from contextlib import AsyncExitStack
from typing import Annotated, Any

import httpx2
from fastapi import APIRouter, Path, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from vanne.errors import BusyError, MissingError, VanneError
from vanne.inference.engine import Engine
from vanne.train.model import current
from vanne.web.api.asked import NAME, ChatRequest, CompletionRequest
from vanne.web.api.models import Fault, JsonObject
from vanne.web.api.problems import (
    UNAVAILABLE,
    ProblemError,
    bad_input,
    problem,
    refuse,
    with_openai_error,
)
from vanne.web.api.route import Guarded, holder_of, needs
from vanne.web.site import site_of

log = logging.getLogger("vanne.web")

_SHOWN, _LEAST = 16, 8
"""How many digits of a version are shown, and how many name it."""

SCOPE = "generate"
HEADER = "Vanne-Model"

router = APIRouter(prefix="/v1", tags=["model"], route_class=Guarded)

_NO_MODEL = problem(
    503,
    "no-model",
    "there is no model that could answer",
    "train one with `vanne train`; the server's log says what is missing",
    {"retry-after": "60"},
)
_QUEUE_FULL = problem(
    429,
    "queue-full",
    "too many questions wait for the model",
    "send it again in 5 s",
    {"retry-after": "5"},
)
_CUT_OFF = problem(
    503,
    "cut-off",
    "the answer could not be finished: the model was replaced, or the server stops",
    "ask again",
    {"retry-after": "1"},
)


def _describe(described: dict[str, Any]) -> dict[str, Any]:
    """Add to what a route says of itself that it may stream, and names the version."""
    header = {"description": "The version that answers.", "schema": {"type": "string"}}
    content: dict[str, Any] = {"text/event-stream": {}}
    answer = {200: {"headers": {HEADER: header}, "content": content}}
    return described | {"responses": answer | described["responses"]}


@router.post(
    "/chat/completions",
    response_model=JsonObject,
    response_description="The answer as OpenAI's API gives it, whole (`chat.completion`) or as a "
    "stream of chunks that ends with `[DONE]`.",
    **_describe(needs(SCOPE, 404, body=True)),
)
async def create_chat_completion(request: Request, asked: ChatRequest) -> Response:
    """Answer a conversation with the current model, as `POST /chat/completions` of OpenAI's API."""
    return await _answer(request, asked)


@router.post(
    "/completions",
    response_model=JsonObject,
    response_description="What follows each text, whole (`text_completion`) or as a stream of "
    "chunks that ends with `[DONE]`.",
    **_describe(needs(SCOPE, 404, body=True)),
)
async def create_completion(request: Request, asked: CompletionRequest) -> Response:
    """Continue texts with the current model, as `POST /completions` of OpenAI's API."""
    return await _answer(request, asked)


async def _answer(request: Request, asked: ChatRequest | CompletionRequest) -> Response:
    """Let the engine of the version that serves answer, whole or as a stream."""
    site = site_of(request)
    _check_name(asked.model, _tried(site.serving.version))
    async with AsyncExitStack() as stack:
        try:
            engine = await stack.enter_async_context(site.serving.engine())
        except VanneError as error:
            raise _problem_of(error) from error
        _check_name(asked.model, engine.version)  # another may have taken its place meanwhile
        client = await stack.enter_async_context(engine.client())
        bodies = [asked.body(engine.speech, number) for number in range(asked.answers)]
        asker = (holder_of(request).id, asked.user)
        documents = _documents(engine, client, asker, asked.path, bodies)
        stack.push_async_callback(documents.aclose)
        about = {
            "id": f"{asked.prefix}-{secrets.token_hex(12)}",
            "object": asked.kind
            + (".chunk" if asked.stream and asked.prefix == "chatcmpl" else ""),
            "created": int(site.now().timestamp()),
            "model": asked.model,
            "system_fingerprint": engine.version[:_SHOWN],
        }
        headers = {HEADER: engine.version}
        if asked.stream:
            first = await anext(documents)  # a refusal is no stream
            chunks = _chunks(first, documents, about, asked)
            return _Stream(chunks, headers, stack.pop_all())
        whole = await _unless_gone(request, _whole(documents, asked))
        return JSONResponse(about | whole, headers=headers)


class _Stream(StreamingResponse):
    """A stream of events that lets go of its engine when it ends, however it ends."""

    def __init__(
        self, chunks: AsyncIterator[str], headers: dict[str, str], stack: AsyncExitStack
    ) -> None:
        proxies = {"X-Accel-Buffering": "no"}  # a proxy would wait for the whole
        super().__init__(chunks, media_type="text/event-stream", headers=headers | proxies)
        self._stack = stack

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._stack:
            await super().__call__(scope, receive, send)


async def _documents(
    engine: Engine,
    client: httpx2.AsyncClient,
    asker: Hashable,
    path: str,
    bodies: Sequence[dict[str, Any]],
) -> AsyncGenerator[tuple[int, dict[str, Any]], None]:
    """Give what the engine sends for each of several questions, as it comes, with its number."""
    coming: asyncio.Queue[tuple[int, dict[str, Any] | Exception | None]] = asyncio.Queue()

    async def ask(number: int, body: dict[str, Any]) -> None:
        try:
            wanted = {name: value for name, value in body.items() if value is not None}
            async with (
                engine.places.taken(asker) as place,
                client.stream("POST", path, json=wanted | place) as answer,
            ):
                if answer.status_code != 200:
                    raise _refusal(answer.status_code, await answer.aread(), body)
                if not body["stream"]:
                    coming.put_nowait((number, json.loads(await answer.aread())))
                else:
                    async for line in answer.aiter_lines():
                        if line.startswith("data: {"):
                            coming.put_nowait((number, json.loads(line[6:])))
            coming.put_nowait((number, None))
        except Exception as error:
            coming.put_nowait((number, error))

    tasks = [asyncio.create_task(ask(*each)) for each in enumerate(bodies)]
    try:
        left = len(tasks)
        while left:
            number, document = await coming.get()
            if isinstance(document, httpx2.HTTPError) or (
                isinstance(document, dict) and "error" in document
            ):
                raise ProblemError(_CUT_OFF)
            if isinstance(document, Exception):
                raise document
            if document is None:
                left -= 1
            else:
                yield number, document
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _unless_gone(request: Request, answer: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    """Return an answer, unless who asked hangs up: then it is cut off."""

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    work, watch = asyncio.ensure_future(answer), asyncio.create_task(gone())
    try:
        await asyncio.wait({work, watch}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise ProblemError(_CUT_OFF)
        return work.result()
    finally:
        for task in (work, watch):
            task.cancel()
        await asyncio.gather(work, watch, return_exceptions=True)


def _refusal(status: int, said: bytes, body: dict[str, Any]) -> ProblemError:
    """Say why an engine refuses a question, without what it says: that could be a text."""
    try:
        error = json.loads(said)["error"]
        is_too_long = "context" in f"{error.get('type')} {error.get('message')}"
    except (ValueError, KeyError, TypeError, AttributeError):
        error, is_too_long = {}, False
    if status < 500 and is_too_long:
        most, asked = error.get("n_ctx"), error.get("n_prompt_tokens")
        known = f" is {most} tokens, and the question has {asked}" if most and asked else ""
        return refuse(
            400,
            "context-length-exceeded",
            f"this model's maximum context length{known or ' is exceeded'}",
            "shorten the question, or ask for fewer tokens",
        )
    if body.get("response_format"):
        what = "the engine of the model cannot follow it"
        return bad_input(Fault(row=None, field="response_format", problem=what))
    if status >= 500 and "messages" not in body:
        log.error("the engine answered with %d", status)
        return ProblemError(UNAVAILABLE)
    return refuse(
        400,
        "bad-conversation",
        "the model does not take this question, or its chat template these messages in this order",
        "begin with the system's, if any, and let user and assistant take turns",
    )


def _tried(version: Callable[[], str]) -> str:
    try:
        return version()
    except VanneError as error:
        raise _problem_of(error) from error


def _problem_of(error: VanneError) -> ProblemError:
    """Say why no engine answers."""
    if isinstance(error, BusyError):
        return ProblemError(_QUEUE_FULL)
    log.error("%s", error)
    return ProblemError(_NO_MODEL if isinstance(error, MissingError) else UNAVAILABLE)


@router.get(
    "/models",
    response_model=JsonObject,
    response_description="Two names of one model; none while there is none.",
    **needs(SCOPE),
)
def list_models(request: Request) -> Response:
    """List the names by which the model can be asked.

    `vanne` is always the current model; the other is the beginning of its version.
    """
    return JSONResponse({"object": "list", "data": list(_names(request).values())})


@router.get(
    "/models/{model}",
    response_model=JsonObject,
    response_description="It can.",
    **needs(SCOPE, 404, 422),
)
def get_model(
    request: Request,
    model: Annotated[
        str, Path(min_length=1, max_length=64, description="One of the names.", examples=["vanne"])
    ],
) -> Response:
    """Say of a name whether the model can be asked by it."""
    names = _names(request)
    if model not in names:
        raise _no_such_model()
    return JSONResponse(names[model])


def _names(request: Request) -> dict[str, dict[str, Any]]:
    try:
        model = current(site_of(request).home.model)
    except MissingError:
        return {}
    since = int(model.since.timestamp()) if model.since else 0
    shared = {"object": "model", "created": since, "owned_by": "vanne"}
    return {name: {"id": name} | shared for name in (NAME, model.version[:_SHOWN])}


def _check_name(name: str, version: str) -> None:
    is_version = len(name) >= _LEAST and version.startswith(name)
    if name != NAME and not is_version:
        raise _no_such_model()


def _no_such_model() -> ProblemError:
    return refuse(
        404,
        "model-not-found",
        "no model of this name serves",
        f"ask for `{NAME}`, or for a name that `GET /v1/models` lists: a version that was replaced "
        "is gone",
    )


async def _whole(
    documents: AsyncIterator[tuple[int, dict[str, Any]]], asked: ChatRequest | CompletionRequest
) -> dict[str, Any]:
    """Return the answers to all questions, and how many tokens they were."""
    choices, tokens = dict[int, dict[str, Any]](), dict[int, dict[str, int]]()
    async for number, document in documents:
        choices[number], tokens[number] = _choice(number, document), document["usage"]
    return {
        "choices": [choices[number] for number in sorted(choices)],
        "usage": _usage(tokens, asked.n or 1),
    }


async def _chunks(
    first: tuple[int, dict[str, Any]],
    documents: AsyncIterator[tuple[int, dict[str, Any]]],
    about: dict[str, Any],
    asked: ChatRequest | CompletionRequest,
) -> AsyncIterator[str]:
    """Give the events of a stream, as OpenAI's API sends them."""
    with_usage = bool(asked.stream_options and asked.stream_options.include_usage)
    tokens = dict[int, dict[str, int]]()

    def event_of(document: dict[str, Any]) -> str:
        return f"data: {json.dumps(document, separators=(',', ':'))}\n\n"

    def chunk(number: int, document: dict[str, Any]) -> str:
        if document.get("usage"):
            tokens[number] = document["usage"]
        if not document["choices"]:
            return ""
        usage = {"usage": None} if with_usage else {}
        return event_of(about | {"choices": [_choice(number, document)]} | usage)

    try:
        yield chunk(*first)
        async for number, document in documents:
            if event := chunk(number, document):
                yield event
        if with_usage:
            yield event_of(about | {"choices": [], "usage": _usage(tokens, asked.n or 1)})
        yield "data: [DONE]\n\n"
    except ProblemError as error:
        problem = with_openai_error(error.answer.document)
        yield event_of(problem.model_dump(include={"error"}))


def _choice(number: int, document: dict[str, Any]) -> dict[str, Any]:
    """Return the one choice of a document by its number."""
    choice: dict[str, Any] = {"logprobs": None} | document["choices"][0] | {"index": number}
    said = choice["logprobs"]
    if "text" in choice and said and "content" in said:  # llama.cpp says them as in a chat
        rows, places = said["content"], [0]
        for row in rows:
            places.append(places[-1] + len(row["token"]))
        choice["logprobs"] = {
            "tokens": [row["token"] for row in rows],
            "token_logprobs": [row["logprob"] for row in rows],
            "top_logprobs": [
                {each["token"]: each["logprob"] for each in row["top_logprobs"]} for row in rows
            ],
            "text_offset": places[:-1],
        }
    return choice


def _usage(tokens: dict[int, dict[str, int]], n: int) -> dict[str, int]:
    """Add up the tokens of all answers; a prompt of `n` answers counts once."""
    asked = sum(each["prompt_tokens"] for number, each in tokens.items() if number % n == 0)
    written = sum(each["completion_tokens"] for each in tokens.values())
    return {
        "prompt_tokens": asked,
        "completion_tokens": written,
        "total_tokens": asked + written,
    }
