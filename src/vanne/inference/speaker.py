"""One version of the model, loaded: it answers one question at a time.

Which engine that is: `transformers` gives the ensemble's own bits and is always there;
`llama.cpp` is several times faster and needs the package xllamacpp and a base model that comes as a
GGUF file; `auto` takes llama.cpp where both are there.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

from vanne.errors import ConfigError, RefusedError, did_you_mean
from vanne.extras import require
from vanne.inference import llama_cpp
from vanne.inference.asking import (
    USUAL_TOKENS,
    Began,
    Emit,
    Ended,
    Engine,
    Event,
    Options,
    Piece,
    Question,
    TooLong,
)
from vanne.inference.prompts import Prompts
from vanne.train.base import find_base
from vanne.train.ensemble import LanguageModel
from vanne.train.environment import exactly
from vanne.train.model import load
from vanne.train.settings import Settings

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
    from vanne.inference.speaker import InProcess
    from vanne.inference.togguf import cached_gguf
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


class Stops:
    """Holds back what may be the beginning of a stop text, and gives the rest."""

    def __init__(self, texts: tuple[str, ...]) -> None:
        self._texts = [text for text in texts if text]
        self._held = ""
        self.is_hit = False

    def feed(self, text: str) -> str:
        """Take a piece; return what can be given of all so far.

        >>> stops = Stops(("END",))
        >>> [stops.feed(piece) for piece in ("an E", "nd E", "N", "D.")], stops.is_hit
        (['an ', 'End ', '', ''], True)
        """
        if self.is_hit:
            return ""
        held = self._held + text
        places = [place for stop in self._texts if (place := held.find(stop)) >= 0]
        if places:
            self.is_hit, self._held = True, ""
            return held[: min(places)]
        keep = max((_overlap(held, stop) for stop in self._texts), default=0)
        given, self._held = held[: len(held) - keep], held[len(held) - keep :]
        return given

    def rest(self) -> str:
        """Return what was held back and turned out to be no stop."""
        held, self._held = self._held, ""
        return held


def _overlap(text: str, stop: str) -> int:
    """Return how many characters at the end of a text begin the stop."""
    longest = min(len(text), len(stop) - 1)
    return next((n for n in range(longest, 0, -1) if text.endswith(stop[:n])), 0)


class InProcess:
    """A model in memory, and the tokenizer that reads what it writes."""

    def __init__(
        self, model: LanguageModel, tokenizer: Any, ends: Collection[int], settings: Settings
    ) -> None:
        self._causal, self._tokenizer = model.causal, tokenizer
        self._ends, self._settings = ends, settings

    def write(self, prompt: Sequence[int], options: Options, most: int, emit: Emit) -> Ended:
        """Write at most so many tokens after the prompt."""
        import torch
        from tokenizers.decoders import DecodeStream
        from transformers import DynamicCache

        causal, device = self._causal, self._causal.device
        cache = DynamicCache(config=causal.config)
        text = DecodeStream(ids=list(prompt), skip_special_tokens=True)
        draw = torch.Generator(device)
        draw.seed() if options.seed is None else draw.manual_seed(options.seed)
        ids = torch.tensor([list(prompt)], device=device)
        with exactly(self._settings), torch.inference_mode():
            for count in range(1, most + 1):
                out = causal(input_ids=ids, cache=cache, use_cache=True, logits_to_keep=1)
                token = _next(out.logits[0, -1].float(), options, draw)
                if token in self._ends:
                    return Ended("stop", count)
                if emit(text.step(self._tokenizer, token) or ""):
                    return Ended("stop", count)
                ids = torch.tensor([[token]], device=device)
        return Ended("length", most)

    def close(self) -> None:
        """Let go of the weights."""
        del self._causal


def _next(logits: Any, options: Options, draw: Any) -> int:
    """Choose a token from logits of shape (words,)."""
    import torch

    if options.temperature == 0:
        return int(logits.argmax())
    likely, words = torch.softmax(logits / options.temperature, 0).sort(descending=True)
    before = likely.cumsum(0) - likely  # how likely all those are that come before each
    likely[before >= options.top_p] = 0  # the first always stays: nothing is before it
    return int(words[torch.multinomial(likely, 1, generator=draw)])
