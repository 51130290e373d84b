"""One version of the model, loaded: it answers one question at a time.

Which engine that is: `transformers` gives the ensemble's own bits and is always there;
`llama.cpp` is several times faster and needs the package xllamacpp and a base model that comes as a
GGUF file; `auto` takes llama.cpp where both are there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

from vanne.errors import ConfigError, RefusedError, did_you_mean
from vanne.extras import require
from vanne.inference import llama_cpp
from vanne.inference.asking import (
    USUAL_TOKENS,
    Began,
    Ended,
    Engine,
    Event,
    Piece,
    Question,
    TooLong,
)
from vanne.inference.prompts import Prompts
from vanne.inference.stops import Stops
from vanne.train.base import find_base
from vanne.train.model import load

EngineName = Literal["auto", "transformers", "llama.cpp"]
ENGINES: tuple[EngineName, ...] = get_args(EngineName)

Tell = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class Speaker:
    """A version of the model in an engine."""

    version: str
    engine: Engine
    prompts: Prompts

    def answer(self, question: Question, tell: Tell, is_over: Callable[[], bool]) -> None:
        """Answer a question: tell that it begins or is too long, each piece, and that it is ended.

        Raises:
            InputError: the model's template does not take the conversation.
        """
        options, context = question.options, self.prompts.context
        prompt = self.prompts.tokens(question.prompt)
        asked = len(prompt) + (options.max_tokens or 1)
        if asked > context:
            tell(TooLong(asked, context))
            return
        most = options.max_tokens or min(USUAL_TOKENS, context - len(prompt))
        is_talk = not isinstance(question.prompt, str)
        stops = Stops((*options.stop, *(self.prompts.turn if is_talk else ())))
        tell(Began(self.version, len(prompt)))

        def emit(text: str) -> bool:
            if given := stops.feed(text):
                tell(Piece(given))
            return stops.is_hit or is_over()

        ended = self.engine.write(prompt, options, most, emit)
        if given := stops.rest():
            tell(Piece(given))
        tell(Ended("stop", ended.tokens) if stops.is_hit else ended)


def check_engine(name: str) -> EngineName:
    """Return the name of an engine that can be used here.

    Raises:
        ConfigError: there is no such engine.
        MissingError: its package is not installed.
    """
    if name not in ENGINES:
        raise ConfigError(f"`{name}` is no engine", todo=did_you_mean(name, list(ENGINES)))
    if name == "llama.cpp":
        require("fast")
    return name


def open_speaker(store: Path, version: str, name: EngineName, at: datetime) -> Speaker:
    """Load a version of the model into an engine.

    Raises:
        MissingError: the version, its base model or the engine is not there.
        RefusedError: llama.cpp is wanted, and no GGUF file can be made of this model.
        VerificationError: an adapter does not have the digest that the lineage records.
    """
    from vanne.inference.cache import cached_gguf
    from vanne.inference.in_process import InProcess
    from vanne.train.ensemble import load_ensemble

    model = load(store, version)
    prompts = Prompts(find_base(model.settings))
    if name == "llama.cpp" or (name == "auto" and llama_cpp.is_installed()):
        try:
            gguf = cached_gguf(store, model, at)
            return Speaker(version, llama_cpp.LlamaCpp(gguf, prompts.context), prompts)
        except RefusedError:  # there is no such file of this base model
            if name == "llama.cpp":
                raise
    ensemble = load_ensemble(store, model)
    engine = InProcess(ensemble, prompts.tokenizer, prompts.ends, model.settings)
    return Speaker(version, engine, prompts)
