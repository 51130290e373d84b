"""Ask a speaker, and wait for all of the answer."""

from vanne.inference.asking import Began, Ended, Event, GenerationRequest, Options, Piece, Turn
from vanne.inference.generator import Generator

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
