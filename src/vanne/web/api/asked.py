"""What clients of OpenAI's API send: a conversation to be answered, or texts to be continued.

Two things are accepted because those clients send them without meaning: `null`, and values that ask
for nothing. A known parameter that this server cannot follow is refused by its name, never silently
ignored.
"""

import json
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    WithJsonSchema,
    model_validator,
)

from vanne.inference.talk import Speech
from vanne.web.api.models import Fault, Read, Text
from vanne.web.api.problems import bad_input

NAME = "vanne"
"""The name of whichever model serves."""

USUAL_TOKENS = 256
"""The most that is written if nobody says how much."""

MOST_MESSAGES = 1000
MOST_ANSWERS = 128
"""Prompts, times `n`."""

MOST_STOPS = 4
LONGEST_STOP = 200
MOST_LOGPROBS = 20
LARGEST_SCHEMA = 8_000
"""Characters of a JSON schema: an engine makes a grammar of it."""

_SEEDS = 2**32 - 1
"""llama.cpp reads the last number of 32 bits as none."""

_NO_EFFECT: dict[str, dict[str, list[Any]]] = {
    "ChatMessage": {"name": [], "refusal": [], "annotations": [[]], "audio": [],
                    "function_call": [], "tool_calls": [[]]},
    "StreamOptions": {"include_obfuscation": [False]},
    "ChatRequest": {
        "audio": [], "function_call": ["none", "auto"], "functions": [[]],
        "modalities": [["text"]], "parallel_tool_calls": [False, True], "prediction": [],
        "reasoning_effort": [], "service_tier": ["auto", "default"], "store": [False],
        "tool_choice": ["none", "auto"], "tools": [[]], "verbosity": [], "web_search_options": [],
    },
    "CompletionRequest": {"best_of": [1], "echo": [False], "suffix": [""]},
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


class ResponseFormat(Read):
    """What an answer has to be."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: Annotated[
        dict[str, Any] | None, Field(description="For its type: `name`, `schema`, `strict`.")
    ] = None

    @model_validator(mode="after")
    def _has_its_schema(self) -> Self:
        if (self.type == "json_schema") != (self.json_schema is not None):
            raise ValueError("`json_schema` goes with the type of the same name")
        if len(json.dumps(self.json_schema)) > LARGEST_SCHEMA:
            raise ValueError(f"the schema has more than {LARGEST_SCHEMA:,} characters")
        return self


_Penalty = Annotated[float | None, Field(ge=-2, le=2, description="As OpenAI's API has it.")]


class _GenerationRequest(_FromClient):
    """What both ways of asking have in common."""

    model: Annotated[
        Text, Field(description="`vanne`, or the beginning of a version (8 hex digits or more).")
    ]
    max_tokens: Annotated[
        int | None, Field(ge=1, le=2**31, description=f"The most that is written; {USUAL_TOKENS}.")
    ] = None
    n: Annotated[
        int | None, Field(ge=1, le=MOST_ANSWERS, description="How many answers to each.")
    ] = None
    temperature: Annotated[
        float | None,
        Field(ge=0, le=2, description="0, as if it is absent: the likeliest word each time."),
    ] = None
    top_p: Annotated[
        float | None,
        Field(gt=0, le=1, description="Choose among the likeliest words that are together so."),
    ] = None
    frequency_penalty: _Penalty = None
    presence_penalty: _Penalty = None
    logit_bias: Annotated[
        dict[str, Annotated[float, Field(ge=-100, le=100)]] | None,
        Field(max_length=300, description="Numbers of tokens of the base model, and their bias."),
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
    user: Annotated[
        str | None,
        Field(description="Who of those behind one token: each is an asker apart. Not stored."),
    ] = None

    @property
    def answers(self) -> int:
        """How many answers are asked for."""
        return self.n or 1

    def body(self, speech: Speech, number: int) -> dict[str, Any]:
        """Return what the engine is asked for the answer of a number."""
        return {
            "model": NAME,
            "max_tokens": self.max_tokens or USUAL_TOKENS,
            "temperature": self.temperature or 0.0,
            "top_p": self.top_p,
            "frequency_penalty": self.frequency_penalty,
            "presence_penalty": self.presence_penalty,
            "logit_bias": self.logit_bias,
            "seed": None if self.seed is None else (self.seed + number) % _SEEDS,
            "stop": self.stop,
            "stream": bool(self.stream),
            "stream_options": {"include_usage": True} if self.stream else None,
        }

    @model_validator(mode="after")
    def _streams_what_is_for_streams(self) -> Self:
        if self.stream_options and not self.stream:
            raise bad_input(
                Fault(row=None, field="stream_options", problem="it is for streams alone")
            )
        return self


class ChatRequest(_GenerationRequest):
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
    logprobs: Annotated[bool | None, Field(description="Say how likely each token was.")] = None
    top_logprobs: Annotated[
        int | None, Field(ge=0, le=MOST_LOGPROBS, description="And that of the likeliest ones.")
    ] = None
    response_format: Annotated[
        ResponseFormat | None, Field(description="Text, any JSON, or JSON of a schema.")
    ] = None
    metadata: Annotated[dict[str, Any] | None, Field(description="Read, and not kept.")] = None

    path: ClassVar = "/v1/chat/completions"
    kind: ClassVar = "chat.completion"
    prefix: ClassVar = "chatcmpl"

    def body(self, speech: Speech, number: int) -> dict[str, Any]:
        """Return what the engine is asked for the answer of a number."""
        roles = ("system" if each.role == "developer" else each.role for each in self.messages)
        shape = self.response_format
        return super().body(speech, number) | {
            "messages": [
                {"role": role, "content": speech.message(each.content)}
                for role, each in zip(roles, self.messages, strict=True)
            ],
            "max_tokens": self.max_completion_tokens or self.max_tokens or USUAL_TOKENS,
            "stop": speech.stops(self.stop or []),
            "logprobs": self.logprobs,
            "top_logprobs": self.top_logprobs,
            "response_format": shape and shape.model_dump(exclude_none=True),
        }


class CompletionRequest(_GenerationRequest):
    """Texts to be continued."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"model": "vanne", "prompt": "A tinsmith is", "max_tokens": 16}]
        }
    )

    prompt: Annotated[
        list[str],
        Field(min_length=1, max_length=MOST_ANSWERS),
        BeforeValidator(lambda value: [value] if isinstance(value, str) else value),
        WithJsonSchema(
            {
                "anyOf": [
                    {"type": "string"},
                    {
                        "type": "array",
                        "items": {"type": "string"},
                        "minItems": 1,
                        "maxItems": MOST_ANSWERS,
                    },
                ],
                "description": "A text, or several that are each continued; no numbers of tokens.",
            }
        ),
    ]
    logprobs: Annotated[
        int | None,
        Field(ge=0, le=MOST_LOGPROBS, description="Say how likely each token was, and so many."),
    ] = None

    path: ClassVar = "/v1/completions"
    kind: ClassVar = "text_completion"
    prefix: ClassVar = "cmpl"

    @property
    def answers(self) -> int:
        """How many answers are asked for."""
        return len(self.prompt) * (self.n or 1)

    @model_validator(mode="after")
    def _asks_for_few(self) -> Self:
        if self.answers > MOST_ANSWERS:
            what = f"prompts times `n` are more than {MOST_ANSWERS}"
            raise bad_input(Fault(row=None, field="n", problem=what))
        return self

    def body(self, speech: Speech, number: int) -> dict[str, Any]:
        """Return what the engine is asked for the answer of a number."""
        prompt = speech.text(self.prompt[number // (self.n or 1)])
        return super().body(speech, number) | {"prompt": prompt, "logprobs": self.logprobs}
