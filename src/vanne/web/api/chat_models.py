"""The documents of the part of the API that speaks as OpenAI's does.

What is read is as strict as everywhere here, but for what clients of that API send without meaning
anything by it: `null`, and the values that ask for nothing. A parameter that is known there and
cannot be followed here is refused by its name, and never left undone in silence.
"""

import json
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler, WithJsonSchema
from pydantic_core import core_schema

from vanne.web.api.models import Read, Text, Written

MOST_MESSAGES = 1000
MOST_STOPS = 4
LONGEST_STOP = 200


class Only:
    """A parameter that is known and has no effect: null, or a value that asks for nothing."""

    def __init__(self, *neutral: object) -> None:
        self._neutral = neutral

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        return core_schema.no_info_before_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, *_: Any) -> dict[str, Any]:
        return {"enum": [None, *self._neutral], "description": "Known, and not supported."}

    def _check(self, value: object) -> None:
        same = (type(value) is type(each) and value == each for each in self._neutral)
        if value is not None and not any(same):  # `true` is no 1
            values = ", ".join(f"`{json.dumps(each)}`" for each in (None, *self._neutral))
            raise ValueError(f"this server does not do that: leave it out, or send {values}")


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


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


class ChatMessage(Read):
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
    name: Annotated[None, Only()] = None
    refusal: Annotated[None, Only()] = None
    annotations: Annotated[None, Only([])] = None
    audio: Annotated[None, Only()] = None
    function_call: Annotated[None, Only()] = None
    tool_calls: Annotated[None, Only([])] = None


class StreamOptions(Read):
    """What a stream tells besides the answer."""

    include_usage: Annotated[
        bool, Field(description="Tell at last how many tokens it was; every chunk has `usage`.")
    ] = False
    include_obfuscation: Annotated[None, Only(False)] = None


class _Asked(Read):
    """What holds for conversations and for texts alike."""

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
        BeforeValidator(_as_list),
        WithJsonSchema(_STOPS),
    ] = None
    stream: Annotated[
        bool | None, Field(description="Send it piece by piece, as server-sent events.")
    ] = None
    stream_options: StreamOptions | None = None
    user: Annotated[str | None, Field(description="Read, and not kept.")] = None
    n: Annotated[None, Only(1)] = None
    frequency_penalty: Annotated[None, Only(0, 0.0)] = None
    presence_penalty: Annotated[None, Only(0, 0.0)] = None
    logit_bias: Annotated[None, Only({})] = None


class ChatRequest(_Asked):
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
    audio: Annotated[None, Only()] = None
    function_call: Annotated[None, Only("none", "auto")] = None
    functions: Annotated[None, Only([])] = None
    logprobs: Annotated[None, Only(False)] = None
    modalities: Annotated[None, Only(["text"])] = None
    parallel_tool_calls: Annotated[None, Only(False, True)] = None
    prediction: Annotated[None, Only()] = None
    reasoning_effort: Annotated[None, Only()] = None
    response_format: Annotated[None, Only({"type": "text"})] = None
    service_tier: Annotated[None, Only("auto", "default")] = None
    store: Annotated[None, Only(False)] = None
    tool_choice: Annotated[None, Only("none", "auto")] = None
    tools: Annotated[None, Only([])] = None
    top_logprobs: Annotated[None, Only(0)] = None
    verbosity: Annotated[None, Only()] = None
    web_search_options: Annotated[None, Only()] = None


class TextRequest(_Asked):
    """A text to be continued."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"model": "vanne", "prompt": "I have been a tinsmith", "max_tokens": 64}]
        }
    )

    prompt: Annotated[str, Field(description="The beginning, as it might stand in the corpus.")]
    best_of: Annotated[None, Only(1)] = None
    echo: Annotated[None, Only(False)] = None
    logprobs: Annotated[None, Only()] = None
    suffix: Annotated[None, Only("")] = None


ModelInPath = Annotated[
    str,
    Path(min_length=1, max_length=64, description="One of the names.", examples=["vanne"]),
]


class Usage(Written):
    """How many tokens it was."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


Finish = Annotated[
    Literal["stop", "length"],
    Field(description="`length`: there was more to say than `max_tokens`."),
]


class ChatAnswer(Written):
    """What the model says."""

    role: Literal["assistant"]
    content: str
    refusal: None = None


class ChatChoice(Written):
    """The one answer."""

    index: Literal[0]
    message: ChatAnswer
    finish_reason: Finish
    logprobs: None = None


class TextChoice(Written):
    """The one continuation."""

    index: Literal[0]
    text: str
    finish_reason: Finish
    logprobs: None = None


class _Answered(Written):
    """What holds for both."""

    id: str
    created: Annotated[int, Field(description="When, in seconds since 1970.")]
    model: Annotated[str, Field(description="As it was asked for.")]
    system_fingerprint: Annotated[
        str, Field(description="The beginning of the version that answered, whole.")
    ]
    usage: Usage


class ChatCompletion(_Answered):
    """A whole answer."""

    object: Literal["chat.completion"]
    choices: list[ChatChoice]


class TextCompletion(_Answered):
    """A whole continuation."""

    object: Literal["text_completion"]
    choices: list[TextChoice]


class ModelName(Written):
    """A name by which a model can be asked."""

    id: str
    object: Literal["model"]
    created: Annotated[int, Field(description="Since when it serves, in seconds; 0: not known.")]
    owned_by: Literal["vanne"]


class ModelList(Written):
    """The model that serves, by its two names; empty while there is none."""

    object: Literal["list"]
    data: list[ModelName]
