"""The model that this network trained, in this process: whichever version serves.

It was trained to continue members' texts. It is small: what it writes is
seldom usable, and the guard says so. It has read other members' texts, so that
`vanne_assist.writing.guard` compares its drafts with them.
"""

from collections.abc import Iterator
from pathlib import Path
from queue import Empty, SimpleQueue

from vanne.errors import BusyError, InputError, VanneError
from vanne.inference.asking import Ended, Event, GenerationRequest, Options, Piece, TooLong
from vanne.inference.serving import Answering, GenerationJob, Serving
from vanne_assist.writing.backend import WritingRequest
from vanne_assist.writing.settings import WritingSettings

_SHOWN = 12


class Ensemble:
    """The current model of a store."""

    def __init__(
        self,
        store: Path,
        settings: WritingSettings,
        serving: Answering | None = None,
    ) -> None:
        """Look which version serves; it is loaded when it is first asked.

        A `serving` that somebody else holds open is asked, and left open.

        Raises:
            MissingError: nothing has been trained, or what a model needs is not installed.
        """
        self._is_lent = serving is not None
        self._serving = serving or Serving(store)
        self._deadline = settings.deadline_seconds
        self.name = f"vanne/{self._serving.version()[:_SHOWN]}"

    def write(self, asked: WritingRequest) -> Iterator[Piece | Ended]:
        """Yield the answer; see `Writer.write`."""
        events: SimpleQueue[Event | VanneError] = SimpleQueue()
        options = Options(asked.max_tokens, asked.temperature, top_p=0.9, seed=asked.seed)
        job = GenerationJob(GenerationRequest(asked.messages, options), events.put)
        self._serving.ask(job)
        try:
            while True:
                event = events.get(timeout=self._deadline)
                if isinstance(event, VanneError):
                    raise event
                if isinstance(event, TooLong):
                    raise InputError(
                        "there is more to say than the model can read", todo="say it in fewer words"
                    )
                if isinstance(event, Piece | Ended):
                    yield event
                if isinstance(event, Ended):
                    return
        except Empty:
            raise BusyError("the model gave no answer in time", todo="try again later") from None
        finally:
            job.cancel()

    def close(self) -> None:
        """Let go of the model, unless somebody else holds it."""
        if not self._is_lent:
            self._serving.close()
