"""The engine that is always there: torch, in this process, with a cache of keys and values.

The cache belongs to one answer and goes with it. The weights are the ensemble's own bits.
"""

from collections.abc import Collection, Sequence
from typing import Any

from vanne.inference.asking import Emit, Ended, Options
from vanne.train.ensemble import LanguageModel
from vanne.train.environment import exactly
from vanne.train.settings import Settings


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
