"""The ensemble: the mean of the shards' deltas, merged into the base model.

    W' = W + scale * (sum over shards of w_s B_s) A        w_s = 1/S where all are whole

Every shard started from the same ground, so the mean counts the ground once. A is the ground's in
all of them (vanne.train.adapter), so the mean is one adapter of the same rank, whose B is the mean
of their Bs. While some shards wait for their training, the others count by what they learnt
(`Model.weights`).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vanne.errors import InputError, VerificationError
from vanne.train.adapter import SCALE, Tensors, is_transposed
from vanne.train.base import find_base, load_base
from vanne.train.environment import exactly
from vanne.train.loop import summed_loss
from vanne.train.model import Model, load_mean
from vanne.train.settings import TrainingSettings
from vanne.train.tokens import BaseTokenizer

_BATCH = 8


class LanguageModel:
    """A model in memory, and what it makes of texts."""

    def __init__(self, causal: Any, tokens: BaseTokenizer, settings: TrainingSettings) -> None:
        """Take a causal model and its tokenizer."""
        self.causal, self._tokens, self._settings = causal, tokens, settings

    def loss(self, texts: Sequence[str]) -> float:
        """Return the mean loss per token (nats) over all tokens of the texts."""
        import torch

        if not texts:
            raise InputError("there is no text to measure the loss on")
        rows = sorted(self._tokens.encode(texts), key=lambda row: (len(row), row))
        with exactly(self._settings), torch.inference_mode():
            parts = [
                summed_loss(self.causal, rows[n : n + _BATCH], begin=len(self._tokens.before))
                for n in range(0, len(rows), _BATCH)
            ]
            return sum(float(loss) for loss, _ in parts) / sum(count for _, count in parts)


def load_ensemble(store: Path, model: Model) -> LanguageModel:
    """Load the base model with the mean of the model's adapters merged in.

    Raises:
        VerificationError: an adapter, or the base model, does not have the digest that the lineage
            records.
    """
    ensemble = load_base_model(model.settings, model.environment["base"])
    merge(ensemble.causal, load_mean(store, model))
    return ensemble


def load_base_model(settings: TrainingSettings, sha256: str | None = None) -> LanguageModel:
    """Load the base model as it is: the one of that digest, if there is one.

    Raises:
        VerificationError: the settings name another.
    """
    base = find_base(settings)
    if sha256 not in (None, base.digest):
        raise VerificationError(
            f"the base model in `{base.folder}` is not the one that the model was trained on",
            todo="put that back: what was learnt on one means nothing on another",
        )
    tokens = BaseTokenizer(base, settings.max_tokens, settings.instruction)
    return LanguageModel(load_base(base), tokens, settings)


def base_loss(settings: TrainingSettings, texts: Sequence[str]) -> float:
    """Return the base model's loss on texts, before any training."""
    return load_base_model(settings).loss(texts)


def merge(causal: Any, adapter: Tensors) -> None:
    """Add the change that an adapter makes to a model's weights."""
    import torch

    modules = dict(causal.named_modules())
    with torch.no_grad():
        for name in adapter:
            if ".lora_A." in name:
                layer = name.removeprefix("base_model.model.").partition(".lora_A.")[0]
                delta = SCALE * (adapter[name.replace(".lora_A.", ".lora_B.")] @ adapter[name])
                module = modules[layer]
                delta = delta.T if is_transposed(module) else delta
                module.weight.copy_(module.weight.float() + delta)
