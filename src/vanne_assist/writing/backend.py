"""What can write: a server that speaks OpenAI's API, or the model that this network trained.

A writer gives pieces and last why it ended. It is asked with data and trusted with nothing: it has
no tools, and what it says goes to the guard.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from vanne.config import Home
from vanne.inference.asking import Ended, Piece, Turn

if TYPE_CHECKING:
    from vanne.inference.serving import Answering


@dataclass(frozen=True, slots=True)
class WritingRequest:
    """A conversation to be answered."""

    messages: tuple[Turn, ...]
    max_tokens: int
    temperature: float = 0.0
    seed: int | None = None


class Writer(Protocol):
    """Answers, piece by piece."""

    @property
    def name(self) -> str:
        """Which model writes, as outputs name it."""

    def write(self, asked: WritingRequest) -> Iterator[Piece | Ended]:
        """Yield the answer; last an `Ended` whose reason is `stop` or `length`.

        Raises:
            BusyError: it cannot be reached, is too slow or breaks off.
            RefusedError: the key is not taken, or a content filter stopped it.
        """

    def close(self) -> None:
        """Let go of what it holds."""


def open_writer(home: Home, serving: "Answering | None" = None) -> Writer | None:
    """Return the back end that `HOME/writing.toml` names; None if it names none.

    With a `serving` the network's own model is the one that it already holds open.

    Raises:
        ConfigError: the settings are wrong.
        MissingError: a package or a model is not there.
    """
    from vanne_assist.writing.settings import WritingSettings

    settings = WritingSettings.read(home.root)
    if settings.backend == "server":
        from vanne_assist.writing.server import Server

        return Server(settings)
    if settings.backend == "ensemble":
        from vanne_assist.writing.ensemble import Ensemble

        return Ensemble(home.model, settings, serving=serving)
    return None
