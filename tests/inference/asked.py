"""Ask a generator, and wait for all of the answer."""

from typing import Any

from vanne.inference.asking import Began, Ended, Event, GenerationRequest, Options, Piece, Turn
from vanne.inference.generator import Generator
from vanne.train.tokens import BaseTokenizer

HELLO = (Turn("user", "hello"),)


def answer(speaker: Generator, prompt: str | tuple[Turn, ...] = HELLO, **options: object) -> str:
    """Return the text of an answer."""
    return text_of(events(speaker, prompt, **options))


def events(
    speaker: Generator, prompt: str | tuple[Turn, ...] = HELLO, **options: object
) -> list[Event]:
    """Return all that a speaker tells of an answer."""
    told: list[Event] = []
    speaker.answer(GenerationRequest(prompt, Options(**options)), told.append, lambda: False)  # type: ignore[arg-type]
    return told


def text_of(told: list[Event]) -> str:
    """Return the text of the pieces, which lie between the beginning and the end."""
    assert isinstance(told[0], Began) and isinstance(told[-1], Ended)
    assert all(isinstance(event, Piece) and event.text for event in told[1:-1])
    return "".join(event.text for event in told[1:-1] if isinstance(event, Piece))


def continued(causal: Any, tokens: BaseTokenizer, prompt: str, most: int) -> str:
    """Return the likeliest continuation of a text, token by token, with nothing cached.

    A generator holds a character back until all of its bytes are there: one that is cut is left out.
    """
    import torch

    ids, written = tokens.prompt(prompt), list[int]()
    with torch.no_grad():
        for _ in range(most):
            logits = causal(input_ids=torch.tensor([ids]), use_cache=False).logits
            ids = [*ids, int(logits[0, -1].argmax())]
            if ids[-1] == tokens.end:
                break
            written.append(ids[-1])
    return tokens.decode(written).rstrip("\ufffd")
