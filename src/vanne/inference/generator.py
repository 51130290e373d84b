"""One version of the model, loaded: it answers one question at a time.

Which engine that is: `transformers` gives the ensemble's own bits and is always there;
`llama.cpp` is several times faster and needs the package xllamacpp and a base model that comes as a
GGUF file; `auto` takes llama.cpp where both are there.

In llama.cpp the weights that training touched are 8-bit, so its words may differ where two are
nearly equally likely. It keeps no prompt from one question to the next. It also listens on a port
of this machine, where it is given a random key that nobody is told.
"""

import os
import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, get_args

from vanne.errors import ConfigError, InputError, RefusedError, VanneError, did_you_mean
from vanne.extras import require
from vanne.inference.asking import (
    USUAL_TOKENS,
    Began,
    Emit,
    Ended,
    Engine,
    Event,
    GenerationRequest,
    Options,
    Piece,
    TooLong,
)
from vanne.inference.prompts import Prompts
from vanne.train.base import find_base
from vanne.train.ensemble import LanguageModel
from vanne.train.environment import exactly
from vanne.train.model import load
from vanne.train.settings import TrainingSettings

EngineName = Literal["auto", "transformers", "llama.cpp"]
ENGINES: tuple[EngineName, ...] = get_args(EngineName)

Tell = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class Generator:
    """A version of the model in an engine."""

    version: str
    engine: Engine
    prompts: Prompts

    def answer(self, question: GenerationRequest, tell: Tell, is_over: Callable[[], bool]) -> None:
        """Answer a question: tell that it begins or is too long, each piece, and that it is ended.

        Raises:
            InputError: the model's template does not take the conversation.
        """
        options, context = question.options, self.prompts.context
        prompt = self.prompts.tokens(question.prompt)
        needed = len(prompt) + (options.max_tokens or 1)
        if needed > context:
            tell(TooLong(needed, context))
            return
        most = options.max_tokens or min(USUAL_TOKENS, context - len(prompt))
        is_talk = not isinstance(question.prompt, str)
        stops = Stops((*options.stop, *(self.prompts.turn if is_talk else ())))
        tell(Began(self.version, len(prompt)))

        def emit(text: str) -> bool:
            if piece := stops.feed(text):
                tell(Piece(piece))
            return stops.is_hit or is_over()

        ended = self.engine.write(prompt, options, most, emit)
        if piece := stops.rest():
            tell(Piece(piece))
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


def open_generator(store: Path, version: str, name: EngineName, at: datetime) -> Generator:
    """Load a version of the model into an engine.

    Raises:
        MissingError: the version, its base model or the engine is not there.
        RefusedError: llama.cpp is wanted, and no GGUF file can be made of this model.
        VerificationError: an adapter does not have the digest that the lineage records.
    """
    from vanne.inference.gguf import cached_gguf
    from vanne.train.ensemble import load_ensemble

    model = load(store, version)
    prompts = Prompts(find_base(model.settings))
    if name == "llama.cpp" or (name == "auto" and is_installed()):
        try:
            gguf = cached_gguf(store, model, at)
            return Generator(version, LlamaCpp(gguf, prompts.context), prompts)
        except RefusedError:  # there is no such file of this base model
            if name == "llama.cpp":
                raise
    ensemble = load_ensemble(store, model)
    engine = InProcess(ensemble, prompts.tokenizer, prompts.ends, model.settings)
    return Generator(version, engine, prompts)


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
        waiting = self._held + text
        places = [place for stop in self._texts if (place := waiting.find(stop)) >= 0]
        if places:
            self.is_hit, self._held = True, ""
            return waiting[: min(places)]
        # How many characters at the end may begin a stop.
        keep = max(
            (n for s in self._texts for n in range(1, len(s)) if waiting.endswith(s[:n])), default=0
        )
        given, self._held = waiting[: len(waiting) - keep], waiting[len(waiting) - keep :]
        return given

    def rest(self) -> str:
        """Return what was held back and turned out to be no stop."""
        waiting, self._held = self._held, ""
        return waiting


class InProcess:
    """A model in memory, and the tokenizer that reads what it writes."""

    def __init__(
        self,
        model: LanguageModel,
        tokenizer: Any,
        ends: Collection[int],
        settings: TrainingSettings,
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


PACKAGE = "xllamacpp"


def is_installed() -> bool:
    """Say whether the engine's package is there."""
    return find_spec(PACKAGE) is not None


class LlamaCpp:
    """llama.cpp with one model."""

    def __init__(self, gguf: Path, context: int, threads: int | None = None) -> None:
        """Load a GGUF file.

        Raises:
            MissingError: the package is not installed.
            InputError: llama.cpp cannot load it.
        """
        require("fast")
        llama: Any = import_module(PACKAGE)
        try:
            self._server = llama.Server(_parameters(llama, gguf, context, threads or _threads()))
        except RuntimeError as error:
            raise InputError(f"llama.cpp cannot load `{gguf.name}`") from error

    def write(self, prompt: Sequence[int], options: Options, most: int, emit: Emit) -> Ended:
        """Write at most so many tokens after the prompt."""
        asked = {
            "prompt": list(prompt),
            "n_predict": most,
            "temperature": options.temperature,
            "top_p": options.top_p,
            "seed": secrets.randbits(32) if options.seed is None else options.seed % 2**32,
            "samplers": ["temperature", "top_p"],
            "cache_prompt": False,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        told = _TokenReader(emit)
        self._server.handle_completions(asked, told)
        return told.ended()

    def close(self) -> None:
        """Let go of the weights: llama.cpp frees them with its server."""
        del self._server


class _TokenReader:
    """What llama.cpp calls for each token. An exception in it would be swallowed there."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._count = 0
        self._reason: str | None = None
        self._tokens: int | None = None
        self._error: Exception | None = None

    def __call__(self, chunk: dict[str, Any]) -> bool:
        try:
            return self._take(chunk)
        except Exception as error:
            self._error = error
            return True

    def _take(self, chunk: dict[str, Any]) -> bool:
        (choice,) = chunk["choices"]
        self._reason = choice["finish_reason"]
        self._tokens = chunk.get("usage", {}).get("completion_tokens")
        if self._reason is not None and not choice["text"]:
            return False
        self._count += 1
        return self._emit(choice["text"])

    def ended(self) -> Ended:
        """Return why it ended."""
        if isinstance(self._error, VanneError):  # such as that the model was replaced
            raise self._error
        if self._error is not None:
            raise VanneError("llama.cpp gave no answer that can be read") from self._error
        is_cut = self._reason == "length"
        return Ended("length" if is_cut else "stop", self._tokens or self._count)


def _parameters(llama: Any, gguf: Path, context: int, threads: int) -> Any:
    chosen = llama.CommonParams()
    chosen.model.path = str(gguf)
    chosen.n_ctx, chosen.n_parallel = context, 1
    chosen.cpuparams.n_threads = chosen.cpuparams_batch.n_threads = threads
    chosen.cache_prompt, chosen.cache_ram_mib, chosen.n_ctx_checkpoints = False, 0, 0
    chosen.api_keys = [secrets.token_hex()]
    chosen.ui = chosen.endpoint_slots = chosen.endpoint_props = False
    chosen.n_threads_http, chosen.warmup, chosen.verbosity = 1, False, 0
    return chosen


def _threads() -> int:
    """Return how many threads to use: its threads spin while they wait, so one core is left."""
    return max(1, (os.cpu_count() or 2) - 1)
