"""The types of a question to the model and of its answer, which comes as events."""

from dataclasses import dataclass
from typing import Literal

Role = Literal["system", "user", "assistant"]
Reason = Literal["stop", "length"]

USUAL_TOKENS = 256
"""The most that is answered if nobody says how much."""

LONGEST_CONTEXT = 4096
"""Tokens of question and answer together, where the model itself permits as many."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What somebody said in a conversation."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Options:
    """How to answer. With a temperature of 0 it is the likeliest word each time, without chance.

    `top_p` keeps the likeliest words that together are so likely (nucleus sampling: Holtzman et
    al., 2020). An answer ends before the first of the texts of `stop`, or after `max_tokens`.
    """

    max_tokens: int | None = None
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """A text to be continued, or a conversation to be answered."""

    prompt: str | tuple[Turn, ...]
    options: Options = Options()


@dataclass(frozen=True, slots=True)
class Began:
    """Which version answers, and how many tokens it was asked."""

    version: str
    prompt_tokens: int


@dataclass(frozen=True, slots=True)
class TooLong:
    """Question and answer together have so many tokens, and the model reads only so many."""

    asked: int
    context: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The answer is whole: why it ended, and how many tokens were written."""

    reason: Reason
    tokens: int


Event = Began | TooLong | Piece | Ended
