"""The loss of many adapters on the same texts, with the frozen lower layers computed once.

Adapters sit on the top layers, so what comes out of the lower ones is the same for all of them.
Merging is then a copy of the few adapted weights. For models whose layers lie in `model.layers`
(Llama and its relatives).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy, log_softmax

from benchmarks.quality.held_out import Losses
from vanne.train.base import find_base, load_base
from vanne.train.environment import exactly
from vanne.train.settings import TrainingSettings
from vanne.train.tokens import BaseTokenizer

BATCH = 8
Deltas = Mapping[str, Any]
Batch = tuple[list[int], Any, Any, Any]  # texts, hidden (rows, width, size), real, next words


class Scorer:
    """The base model's top layers, and texts that have passed the lower ones."""

    def __init__(self, settings: TrainingSettings, texts: Sequence[str]) -> None:
        """Load the base model and pass the texts through its frozen layers."""
        self.settings, base = settings, find_base(settings)
        self.causal, self.count = load_base(base), len(texts)
        layers = self.causal.model.layers
        first = len(layers) - settings.layers
        norm, self.causal.model.norm = self.causal.model.norm, torch.nn.Identity()
        self.causal.model.layers = layers[:first]
        with self._running():
            self.batches = list(
                self._batches(BaseTokenizer(base, settings.max_tokens).encode(texts))
            )
        self.causal.model.layers, self.causal.model.norm = layers[first:], norm
        self.modules = {
            f"model.layers.{first + number}.{name}": module
            for number, layer in enumerate(self.causal.model.layers)
            for name, module in layer.named_modules()
        }
        self.plain: dict[str, Any] = {}

    @property
    def words(self) -> int:
        """Return how many tokens are predicted."""
        return sum(len(batch[3]) for batch in self.batches)

    def losses(self, deltas: Deltas) -> Losses:
        """Return the loss of each text with the base model's weights changed by deltas."""
        parts = [
            -cross_entropy(logits, batch[3], reduction="none")
            for batch, logits in zip(self.batches, self.logits(deltas), strict=True)
        ]
        return self.losses_of(torch.cat(parts))

    def losses_of(self, chances: Any) -> Losses:
        """Return the loss of each text from the log probability of each true token."""
        texts = np.concatenate([np.repeat(batch[0], _lengths(batch)) for batch in self.batches])
        sums = np.bincount(texts, -chances.double().numpy(), self.count)
        return Losses(sums, np.bincount(texts, minlength=self.count).astype(float))

    def logits(self, deltas: Deltas) -> Iterator[Any]:
        """Yield per batch the logits of every next word: (tokens, words) float32."""
        self._change(deltas)
        with self._running():
            for _, hidden, real, _ in self.batches:
                out = self.causal.model(inputs_embeds=hidden, use_cache=False).last_hidden_state
                yield self.causal.lm_head(out[:, :-1][real]).float()

    def mixed(self, shards: Sequence[Deltas]) -> dict[str, Losses]:
        """Return the losses when every shard answers: their probabilities or logits averaged.

        The true token's probability is the mean of the shards'; the mean of logits needs every
        word's: (tokens, words) float32 is kept, 2.2 GB for 11,000 tokens.
        """
        single, kept = [], [0.0] * len(self.batches)
        for deltas in shards:
            true = []
            for number, logits in enumerate(self.logits(deltas)):
                chances = log_softmax(logits, -1)
                true.append(self._true(number, chances))
                kept[number] = kept[number] + chances / len(shards)
            single.append(torch.cat(true))
        by_probability = torch.logsumexp(torch.stack(single), 0) - np.log(len(shards))
        by_logit = torch.cat(
            [self._true(number, log_softmax(each, -1)) for number, each in enumerate(kept)]
        )
        return {
            "probabilities": self.losses_of(by_probability),
            "logits": self.losses_of(by_logit),
        } | {f"shard {number}": self.losses_of(row) for number, row in enumerate(single)}

    def _true(self, number: int, chances: Any) -> Any:
        return chances.gather(1, self.batches[number][3][:, None])[:, 0]

    def _batches(self, rows: Sequence[Sequence[int]]) -> Iterator[Batch]:
        order = sorted(range(len(rows)), key=lambda number: (len(rows[number]), number))
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            lengths = torch.tensor([len(rows[number]) for number in chosen])
            ids = torch.nn.utils.rnn.pad_sequence(
                [torch.tensor(rows[number]) for number in chosen], batch_first=True
            )
            real = torch.arange(1, ids.shape[1])[None] < lengths[:, None]
            hidden = self.causal.model(input_ids=ids, use_cache=False).last_hidden_state
            yield chosen, hidden, real, ids[:, 1:][real]

    def _change(self, deltas: Deltas) -> None:
        with torch.no_grad():
            for name, plain in self.plain.items():
                self.modules[name].weight.copy_(plain)
            for name, delta in deltas.items():
                weight = self.modules[name].weight
                self.plain.setdefault(name, weight.detach().clone())
                weight.copy_(self.plain[name].float() + delta)

    @contextmanager
    def _running(self) -> Iterator[None]:
        with exactly(self.settings), torch.inference_mode():
            yield


def _lengths(batch: Batch) -> list[int]:
    return [int(number) for number in batch[2].sum(1)]
