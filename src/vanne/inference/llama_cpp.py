"""The fast engine: llama.cpp, through xllamacpp, on a GGUF file of the current model.

Weights that training touched are 8-bit there, so its words may differ where two are nearly equally
likely. Prompts are not kept from one question to the next. llama.cpp also listens on a port of this
machine; it is given a random key there that nobody is told.
"""

import os
import secrets
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from vanne.errors import InputError, VanneError
from vanne.extras import require
from vanne.inference.asking import Emit, Ended, Options

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
        told = _Told(emit)
        self._server.handle_completions(asked, told)
        return told.ended()

    def close(self) -> None:
        """Let go of the weights: llama.cpp frees them with its server."""
        del self._server


class _Told:
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
