"""The current model behind the chat part of OpenAI's API: clients of that API work unchanged.

A question waits for its turn, and a thread of its own runs the model, so that the pages are not
blocked. A client that disconnects ends its answer. No question and no answer is stored or logged.

Requests are read strictly, as in the rest of this API. Two things are accepted because OpenAI's
clients send them without meaning: `null`, and values that ask for nothing. A known parameter that
this server cannot follow is refused by its name, never silently ignored.
"""

import asyncio
import json
import logging
import secrets
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request
from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    WithJsonSchema,
    model_validator,
)
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
from vanne.inference.serving import GenerationJob, Serving
from vanne.train.model import current
from vanne.web.api.models import Fault, JsonObject, Read, Text
from vanne.web.api.problems import (
    UNAVAILABLE,
    ProblemError,
    bad_input,
    problem,
    refuse,
    with_openai_error,
)
from vanne.web.api.route import Guarded, needs
from vanne.web.site import site_of

log = logging.getLogger("vanne.web")

NAME = "vanne"
"""The name of whichever model serves."""

_SHOWN, _LEAST = 16, 8
"""How many digits of a version are shown, and how many name it."""

SCOPE = "generate"
HEADER = "Vanne-Model"
_RETRY_SECONDS = 5

router = APIRouter(prefix="/v1", tags=["model"], route_class=Guarded)

MOST_MESSAGES = 1000
MOST_STOPS = 4
LONGEST_STOP = 200


_NO_EFFECT: dict[str, dict[str, list[Any]]] = {
    "ChatMessage": {"name": [], "refusal": [], "annotations": [[]], "audio": [],
                    "function_call": [], "tool_calls": [[]]},
    "StreamOptions": {"include_obfuscation": [False]},
    "ChatRequest": {
        "n": [1], "frequency_penalty": [0, 0.0], "presence_penalty": [0, 0.0], "logit_bias": [{}],
        "audio": [], "function_call": ["none", "auto"], "functions": [[]], "logprobs": [False],
        "modalities": [["text"]], "parallel_tool_calls": [False, True], "prediction": [],
        "reasoning_effort": [], "response_format": [{"type": "text"}],
        "service_tier": ["auto", "default"], "store": [False], "tool_choice": ["none", "auto"],
        "tools": [[]], "top_logprobs": [0], "verbosity": [], "web_search_options": [],
    },
}  # fmt: skip
"""Parameters that are known there and have no effect here, and the values besides null that ask for
nothing."""


class _FromClient(Read):
    """What clients of OpenAI's API send."""

    @model_validator(mode="before")
    @classmethod
    def _leave_out_what_has_no_effect(cls, sent: object) -> object:
        if not isinstance(sent, dict):
            return sent
        known = _NO_EFFECT[cls.__name__]
        for name in sent.keys() & known.keys():
            neutral = [json.dumps(each) for each in (None, *known[name])]
            if json.dumps(sent[name]) not in neutral:
                values = ", ".join(f"`{each}`" for each in neutral)
                what = f"this server does not do that: leave it out, or send {values}"
                raise bad_input(Fault(row=None, field=name, problem=what))
        return {name: value for name, value in sent.items() if name not in known}

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: GetJsonSchemaHandler) -> Any:
        described = handler.resolve_ref_schema(handler(core))
        for name, neutral in _NO_EFFECT[cls.__name__].items():
            described["properties"][name] = {
                "enum": [None, *neutral],
                "description": "Known, and not supported.",
            }
        return described


def _text_of(content: object) -> object:
    """Return the text of a message that comes in parts (`[{"type": "text", "text": ...}]`)."""
    if not isinstance(content, list):
        return content
    texts = []
    for part in content:
        if not isinstance(part, dict) or set(part) != {"type", "text"} or part["type"] != "text":
            raise ValueError("a part of it is no text: this model reads nothing else")
        if not isinstance(part["text"], str):
            raise ValueError("the text of a part is not a text")
        texts.append(part["text"])
    return "".join(texts)


_PARTS = {
    "type": "object",
    "additionalProperties": False,
    "required": ["type", "text"],
    "properties": {"type": {"const": "text"}, "text": {"type": "string"}},
}
_CONTENT = {"anyOf": [{"type": "string"}, {"type": "array", "items": _PARTS}]}
_STOP = {"type": "string", "minLength": 1, "maxLength": LONGEST_STOP}
_STOPS = {
    "anyOf": [_STOP, {"type": "array", "items": _STOP, "maxItems": MOST_STOPS}, {"type": "null"}],
    "description": "The answer ends before the first of these texts.",
}


class ChatMessage(_FromClient):
    """What somebody said."""

    role: Annotated[
        Literal["system", "developer", "user", "assistant"],
        Field(description="`developer` is read as `system`."),
    ]
    content: Annotated[
        str,
        BeforeValidator(_text_of),
        WithJsonSchema({**_CONTENT, "description": "A text, or parts that are texts."}),
    ]


class StreamOptions(_FromClient):
    """What a stream tells besides the answer."""

    include_usage: Annotated[
        bool, Field(description="Tell at last how many tokens it was; every chunk has `usage`.")
    ] = False


class ChatRequest(_FromClient):
    """A conversation to be answered."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "model": "vanne",
                    "messages": [{"role": "user", "content": "What does a tinsmith do?"}],
                    "max_tokens": 64,
                }
            ]
        }
    )

    model: Annotated[
        Text, Field(description="`vanne`, or the beginning of a version (8 hex digits or more).")
    ]
    max_tokens: Annotated[
        int | None,
        Field(ge=1, le=2**31, description="The most that is written; 256, or what there is room."),
    ] = None
    temperature: Annotated[
        float | None,
        Field(ge=0, le=2, description="0, as if it is absent: the likeliest word each time."),
    ] = None
    top_p: Annotated[
        float | None,
        Field(gt=0, le=1, description="Choose among the likeliest words that are together so."),
    ] = None
    seed: Annotated[
        int | None,
        Field(ge=-(2**53), le=2**53, description="The same chance again, on one version."),
    ] = None
    stop: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=LONGEST_STOP)]] | None,
        Field(max_length=MOST_STOPS),
        BeforeValidator(lambda value: [value] if isinstance(value, str) else value),
        WithJsonSchema(_STOPS),
    ] = None
    stream: Annotated[
        bool | None, Field(description="Send it piece by piece, as server-sent events.")
    ] = None
    stream_options: StreamOptions | None = None
    user: Annotated[str | None, Field(description="Read, and not kept.")] = None
    messages: Annotated[
        list[ChatMessage],
        Field(
            min_length=1,
            max_length=MOST_MESSAGES,
            description="In order. The base model's chat template says which orders there are.",
        ),
    ]
    max_completion_tokens: Annotated[
        int | None,
        Field(ge=1, le=2**31, description="The newer name of `max_tokens`, which it overrules."),
    ] = None
    metadata: Annotated[dict[str, Any] | None, Field(description="Read, and not kept.")] = None


_NO_MODEL = problem(
    503,
    "no-model",
    "there is no model that could answer",
    "train one with `vanne train`; the server's log says what is missing",
    {"retry-after": "60"},
)


def _describe(described: dict[str, Any]) -> dict[str, Any]:
    """Add to what a route says of itself that it may stream, and names the version."""
    header = {"description": "The version that answers.", "schema": {"type": "string"}}
    content = {"text/event-stream": {"schema": {"type": "string"}}}
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
    if asked.stream_options and not asked.stream:
        what = "it is for streams alone"
        raise bad_input(Fault(row=None, field="stream_options", problem=what))
    site = site_of(request)
    try:
        _check_name(asked.model, site.serving.version())
    except MissingError as error:
        log.error("%s", error)
        raise ProblemError(_NO_MODEL) from error
    turns = tuple(
        Turn("system" if each.role == "developer" else each.role, each.content)
        for each in asked.messages
    )
    options = Options(
        max_tokens=asked.max_completion_tokens or asked.max_tokens,
        temperature=asked.temperature or 0.0,
        top_p=asked.top_p or 1.0,
        seed=asked.seed,
        stop=tuple(asked.stop or ()),
    )
    events = _events(request, site.serving, GenerationRequest(turns, options))
    began = await anext(events)
    if isinstance(began, TooLong):
        raise refuse(
            400,
            "context-length-exceeded",
            f"this model's maximum context length is {began.context} tokens, and question and "
            f"answer have {began.asked}",
            "shorten the question, or ask for fewer tokens",
        )
    assert isinstance(began, Began)
    try:
        _check_name(asked.model, began.version)  # it may have waited while another took its place
    except ProblemError:
        await events.aclose()
        raise
    about = {
        "id": f"chatcmpl-{secrets.token_hex(12)}",
        "created": int(site.now().timestamp()),
        "model": asked.model,
        "system_fingerprint": began.version[:_SHOWN],
    }
    headers = {HEADER: began.version}
    if asked.stream:
        with_usage = bool(asked.stream_options and asked.stream_options.include_usage)
        headers["X-Accel-Buffering"] = "no"  # a proxy would wait for the whole
        chunks = _chunks(events, began, about, with_usage=with_usage)
        return StreamingResponse(chunks, media_type="text/event-stream", headers=headers)
    text = ""
    async for event in events:
        if isinstance(event, Piece):
            text += event.text
    assert isinstance(event, Ended)
    message = {"role": "assistant", "content": text, "refusal": None}
    choices = [_choice("message", message, event)]
    whole = {"object": "chat.completion", "choices": choices, "usage": _usage(began, event)}
    return JSONResponse(about | whole, headers=headers)


async def _events(
    request: Request, serving: Serving, question: GenerationRequest
) -> AsyncGenerator[Event, None]:
    """Give an answer as it comes from the model's thread; who leaves ends it.

    Raises:
        ProblemError: there is no answer, or it cannot be finished.
    """
    loop = asyncio.get_running_loop()
    coming: asyncio.Queue[Event | VanneError] = asyncio.Queue()

    def tell(event: Event | VanneError) -> None:
        with suppress(RuntimeError):  # the loop is closed: the server has stopped
            loop.call_soon_threadsafe(coming.put_nowait, event)

    async def end_when_gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        job.cancel()
        coming.put_nowait(BusyError("whoever asked has gone"))

    job = GenerationJob(question, tell)
    try:
        serving.ask(job)
    except BusyError as error:
        raise refuse(
            429,
            "queue-full",
            "too many questions wait for the model",
            f"send it again in {_RETRY_SECONDS} s",
            {"retry-after": str(_RETRY_SECONDS)},
        ) from error
    except MissingError as error:
        raise ProblemError(_NO_MODEL) from error
    watch = loop.create_task(end_when_gone())
    try:
        while True:
            event = await coming.get()
            if isinstance(event, VanneError):
                raise _problem_of(event)
            yield event
            if isinstance(event, Ended | TooLong):
                return
    finally:
        job.cancel()
        watch.cancel()


def _problem_of(error: VanneError) -> ProblemError:
    match error:
        case InputError():
            return refuse(
                400,
                "bad-conversation",
                "the model's chat template does not take these messages in this order",
                "begin with the system's, if any, and let user and assistant take turns",
            )
        case BusyError():
            return refuse(
                503,
                "cut-off",
                "the answer could not be finished: the model was replaced, or the server stops",
                "ask again",
                {"retry-after": "1"},
            )
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


async def _chunks(
    events: AsyncGenerator[Event, None], began: Began, about: dict[str, Any], *, with_usage: bool
) -> AsyncIterator[str]:
    """Give the events of a stream, as OpenAI's API sends them."""
    about = about | {"object": "chat.completion.chunk"} | ({"usage": None} if with_usage else {})

    def event_of(document: dict[str, Any]) -> str:
        return f"data: {json.dumps(document, separators=(',', ':'))}\n\n"

    def chunk(delta: dict[str, str], ended: Ended | None = None) -> str:
        return event_of(about | {"choices": [_choice("delta", delta, ended)]})

    try:
        yield chunk({"role": "assistant", "content": ""})
        async for event in events:
            if isinstance(event, Piece):
                yield chunk({"content": event.text})
            elif isinstance(event, Ended):
                yield chunk({}, event)
                if with_usage:
                    yield event_of(about | {"choices": [], "usage": _usage(began, event)})
        yield "data: [DONE]\n\n"
    except ProblemError as error:
        problem = with_openai_error(error.answer.document)
        yield event_of(problem.model_dump(include={"error"}))
    finally:
        await events.aclose()


def _choice(name: str, message: dict[str, Any], ended: Ended | None) -> dict[str, Any]:
    """Return the one choice: of a whole answer, or of a chunk that is the last if it is ended."""
    reason = ended.reason if ended else None
    return {"index": 0, name: message, "logprobs": None, "finish_reason": reason}


def _usage(began: Began, ended: Ended) -> dict[str, int]:
    return {
        "prompt_tokens": began.prompt_tokens,
        "completion_tokens": ended.tokens,
        "total_tokens": began.prompt_tokens + ended.tokens,
    }
