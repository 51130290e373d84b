"""The current model, answering as OpenAI's API does, so that clients of that work unchanged.

A question waits for its turn, and the model answers it in a thread of its own: nothing here blocks
the pages. Who leaves ends their answer. Nothing of a question or an answer is kept or logged.
"""

import asyncio
import json
import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from vanne.errors import BusyError, InputError, MissingError, VanneError
from vanne.inference.asking import (
    Began,
    Ended,
    Event,
    GenerationRequest,
    Options,
    Piece,
    TooLong,
    Turn,
)
from vanne.inference.serving import Answering, GenerationJob
from vanne.train.model import current
from vanne.web.api.chat_models import (
    ChatCompletion,
    ChatRequest,
    ModelInPath,
    ModelList,
    ModelName,
    TextCompletion,
    TextRequest,
)
from vanne.web.api.problems import (
    UNAVAILABLE,
    Fault,
    ProblemError,
    bad_input,
    error_of,
    problem,
)
from vanne.web.api.route import Guarded, needs, site_of

log = logging.getLogger("vanne.web")

NAME = "vanne"
"""The name of whichever model serves."""

_SHOWN, _LEAST = 16, 8
"""How many digits of a version are shown, and how many name it."""

SCOPE = "generate"
HEADER = "Vanne-Model"
_RETRY_SECONDS = 5

router = APIRouter(prefix="/v1", tags=["model"], route_class=Guarded)


@dataclass(frozen=True, slots=True)
class Form:
    """What an answer is called, whole and in chunks."""

    prefix: str
    whole: str
    chunk: str


CHAT = Form("chatcmpl", "chat.completion", "chat.completion.chunk")
TEXT = Form("cmpl", "text_completion", "text_completion")

_NO_MODEL = problem(
    503,
    "no-model",
    "there is no model that could answer",
    "train one with `vanne train`; the server's log says what is missing",
    [(b"retry-after", b"60")],
)
_QUEUE_FULL = problem(
    429,
    "queue-full",
    "too many questions wait for the model",
    f"send it again in {_RETRY_SECONDS} s",
    [(b"retry-after", b"%d" % _RETRY_SECONDS)],
)
_NO_SUCH_MODEL = problem(
    404,
    "model-not-found",
    "no model of this name serves",
    f"ask for `{NAME}`, or for a name that `GET /v1/models` lists: a version that was replaced is "
    "gone",
)
_NO_ORDER = problem(
    400,
    "bad-conversation",
    "the model's chat template does not take these messages in this order",
    "begin with the system's, if any, and let user and assistant take turns",
)
_CUT_OFF = problem(
    503,
    "cut-off",
    "the answer could not be finished: the model was replaced, or the server stops",
    "ask again",
    [(b"retry-after", b"1")],
)
_NO_STREAM: Fault = {"row": None, "field": "stream_options", "problem": "it is for streams alone"}


_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "headers": {
            HEADER: {"description": "The version that answers.", "schema": {"type": "string"}}
        },
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


def _describe(described: dict[str, Any]) -> dict[str, Any]:
    """Add to what a route says of itself that it may stream, and names the version."""
    return described | {"responses": _ANSWERS | described["responses"]}


@router.post(
    "/chat/completions",
    response_model=ChatCompletion,
    operation_id="createChatCompletion",
    summary="Answer a conversation",
    response_description="The answer, whole or as a stream of chunks that ends with `[DONE]`.",
    **_describe(needs(SCOPE, 404, body=True)),
)
async def create_chat_completion(request: Request, asked: ChatRequest) -> Response:
    """Answer with the current model, as `POST /chat/completions` of OpenAI's API."""
    turns = tuple(
        Turn("system" if each.role == "developer" else each.role, each.content)
        for each in asked.messages
    )
    most = asked.max_completion_tokens or asked.max_tokens
    return await _answer(request, asked, GenerationRequest(turns, _options(asked, most)), CHAT)


@router.post(
    "/completions",
    response_model=TextCompletion,
    operation_id="createCompletion",
    summary="Continue a text",
    response_description="The continuation, whole or as a stream that ends with `[DONE]`.",
    **_describe(needs(SCOPE, 404, body=True)),
)
async def create_completion(request: Request, asked: TextRequest) -> Response:
    """Continue a text with the current model, as `POST /completions` of OpenAI's API.

    It is the form in which the model was trained: members' texts as they stand, without a template.
    """
    return await _answer(
        request, asked, GenerationRequest(asked.prompt, _options(asked, asked.max_tokens)), TEXT
    )


@router.get(
    "/models",
    response_model=ModelList,
    operation_id="listModels",
    summary="List the names by which the model can be asked",
    response_description="Two names of one model; none while there is none.",
    **needs(SCOPE),
)
def list_models(request: Request) -> Response:
    """List `vanne`, which is always the current model, and the beginning of its version."""
    return JSONResponse({"object": "list", "data": list(_names(request).values())})


@router.get(
    "/models/{model}",
    response_model=ModelName,
    operation_id="getModel",
    summary="Say of a name whether the model can be asked by it",
    response_description="It can.",
    **needs(SCOPE, 404, 422),
)
def get_model(request: Request, model: ModelInPath) -> Response:
    """Look up one of the names that the list has."""
    names = _names(request)
    if model not in names:
        raise ProblemError(_NO_SUCH_MODEL)
    return JSONResponse(names[model])


def _names(request: Request) -> dict[str, dict[str, Any]]:
    try:
        model = current(site_of(request).home.model)
    except MissingError:
        return {}
    since = int(model.since.timestamp()) if model.since else 0
    shared = {"object": "model", "created": since, "owned_by": "vanne"}
    return {name: {"id": name} | shared for name in (NAME, model.version[:_SHOWN])}


def _options(asked: ChatRequest | TextRequest, most: int | None) -> Options:
    return Options(
        max_tokens=most,
        temperature=asked.temperature or 0.0,
        top_p=asked.top_p or 1.0,
        seed=asked.seed,
        stop=tuple(asked.stop or ()),
    )


async def _answer(
    request: Request, asked: ChatRequest | TextRequest, question: GenerationRequest, form: Form
) -> Response:
    """Wait for the answer to begin, and send it: from here on nothing but the model can fail."""
    if asked.stream_options and not asked.stream:
        raise bad_input(_NO_STREAM)
    site = site_of(request)
    try:
        _check_name(asked.model, site.serving.version())
    except MissingError as error:
        log.error("%s", error)
        raise ProblemError(_NO_MODEL) from error
    stream = AnswerStream(request, site.serving, question)
    began = await stream.began()
    try:
        _check_name(asked.model, began.version)  # it may have waited while another took its place
    except ProblemError:
        stream.end()
        raise
    about = {
        "id": f"{form.prefix}-{secrets.token_hex(12)}",
        "created": int(site.now().timestamp()),
        "model": asked.model,
        "system_fingerprint": began.version[:_SHOWN],
    }
    headers = {HEADER: began.version}
    if asked.stream:
        with_usage = bool(asked.stream_options and asked.stream_options.include_usage)
        chunks = _chunks(stream, began, form, about, told_usage=with_usage)
        headers["X-Accel-Buffering"] = "no"  # a proxy would wait for the whole
        return StreamingResponse(chunks, media_type="text/event-stream", headers=headers)
    text, ended = await stream.whole()
    choice = _choice(form, {"role": "assistant", "content": text, "refusal": None}, text, ended)
    whole = about | {"object": form.whole, "choices": [choice], "usage": _usage(began, ended)}
    return JSONResponse(whole, headers=headers)


def _check_name(name: str, version: str) -> None:
    is_version = len(name) >= _LEAST and version.startswith(name)
    if name != NAME and not is_version:
        raise ProblemError(_NO_SUCH_MODEL)


async def _chunks(
    stream: "AnswerStream", began: Began, form: Form, about: dict[str, Any], *, told_usage: bool
) -> AsyncIterator[str]:
    """Give the events of a stream, as OpenAI's API sends them."""
    about = about | {"object": form.chunk} | ({"usage": None} if told_usage else {})

    def chunk(delta: dict[str, str], text: str = "", ended: Ended | None = None) -> str:
        return _sent(about | {"choices": [_choice(form, delta, text, ended)]})

    try:
        if form is CHAT:
            yield chunk({"role": "assistant", "content": ""})
        while not isinstance(event := await stream.next(), Ended):
            if isinstance(event, Piece):
                yield chunk({"content": event.text}, event.text)
        yield chunk({}, ended=event)
        if told_usage:
            yield _sent(about | {"choices": [], "usage": _usage(began, event)})
        yield "data: [DONE]\n\n"
    except ProblemError as error:
        yield _sent({"error": error_of(error.answer)})
    finally:
        stream.end()


def _choice(form: Form, message: dict[str, Any], text: str, ended: Ended | None) -> dict[str, Any]:
    """Return the one choice: of a whole answer, or of a chunk that is the last if it is ended."""
    if form is TEXT:
        what: dict[str, Any] = {"text": text}
    else:
        what = {"message" if "refusal" in message else "delta": message}
    reason = ended.reason if ended else None
    return {"index": 0, **what, "logprobs": None, "finish_reason": reason}


def _usage(began: Began, ended: Ended) -> dict[str, int]:
    return {
        "prompt_tokens": began.prompt_tokens,
        "completion_tokens": ended.tokens,
        "total_tokens": began.prompt_tokens + ended.tokens,
    }


def _sent(document: dict[str, Any]) -> str:
    return f"data: {json.dumps(document, separators=(',', ':'))}\n\n"


class AnswerStream:
    """An answer as it comes: events come from the model's thread, and whoever asked may go."""

    def __init__(self, request: Request, serving: Answering, question: GenerationRequest) -> None:
        """Ask.

        Raises:
            ProblemError: too many wait, or there is no model.
        """
        loop = asyncio.get_running_loop()
        self._events: asyncio.Queue[Event | VanneError] = asyncio.Queue()

        def tell(event: Event | VanneError) -> None:
            with suppress(RuntimeError):  # the loop is closed: the server has stopped
                loop.call_soon_threadsafe(self._events.put_nowait, event)

        self._job = GenerationJob(question, tell)
        try:
            serving.ask(self._job)
        except BusyError as error:
            raise ProblemError(_QUEUE_FULL) from error
        except MissingError as error:
            raise ProblemError(_NO_MODEL) from error
        self._watch = loop.create_task(self._until_gone(request))

    async def began(self) -> Began:
        """Wait for the turn.

        Raises:
            ProblemError: the question cannot be answered.
        """
        event = await self.next()
        if isinstance(event, Began):
            return event
        self.end()
        assert isinstance(event, TooLong)
        raise ProblemError(
            problem(
                400,
                "context-length-exceeded",
                f"this model's maximum context length is {event.context} tokens, and question and "
                f"answer have {event.asked}",
                "shorten the question, or ask for fewer tokens",
            )
        )

    async def whole(self) -> tuple[str, Ended]:
        """Wait for all of the answer."""
        texts = []
        while not isinstance(event := await self.next(), Ended):
            texts += [event.text] if isinstance(event, Piece) else []
        self.end()
        return "".join(texts), event

    async def next(self) -> Event:
        """Wait for the next event.

        Raises:
            ProblemError: there is none, and this is why.
        """
        event = await self._events.get()
        if isinstance(event, VanneError):
            self.end()
            match event:
                case InputError():
                    raise ProblemError(_NO_ORDER)
                case BusyError():
                    raise ProblemError(_CUT_OFF)
            log.error("%s", event)
            raise ProblemError(_NO_MODEL if isinstance(event, MissingError) else UNAVAILABLE)
        return event

    def end(self) -> None:
        """Hear no more of it."""
        self._job.cancel()
        self._watch.cancel()

    async def _until_gone(self, request: Request) -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        self._job.cancel()
        self._events.put_nowait(BusyError("whoever asked has gone"))
