"""The ensemble: the mean of the shards' deltas, merged into the base model.

    W' = W + sum over shards of w_s * scale * B_s A_s        w_s = 1/S where all are whole

Every shard started from the same ground, so the mean counts the ground once. peft's own "linear"
combination is not this mean: it multiplies A and B each by the square root of the weight and adds
them up, which is about S times too much for shards with a shared start. While some shards wait for
their training, the others count by what they learnt (`Model.weights`).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vanne.errors import InputError
from vanne.train.adapter import SCALE, Tensors, is_transposed
from vanne.train.base import find_base, load_base
from vanne.train.environment import exactly
from vanne.train.loop import summed_loss
from vanne.train.model import Model, Parts, load_parts
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
                summed_loss(self.causal, rows[n : n + _BATCH]) for n in range(0, len(rows), _BATCH)
            ]
            return sum(float(loss) for loss, _ in parts) / sum(count for _, count in parts)


def load_ensemble(store: Path, model: Model) -> LanguageModel:
    """Load the base model with the mean of the model's adapters merged in.

    Raises:
        VerificationError: an adapter does not have the digest that the lineage records.
    """
    ensemble = load_base_model(model.settings)
    merge(ensemble.causal, load_parts(store, model))
    return ensemble


def load_base_model(settings: TrainingSettings) -> LanguageModel:
    """Load the base model as it is."""
    base = find_base(settings)
    return LanguageModel(load_base(base), BaseTokenizer(base, settings.max_tokens), settings)


def base_loss(settings: TrainingSettings, texts: Sequence[str]) -> float:
    """Return the base model's loss on texts, before any training."""
    return load_base_model(settings).loss(texts)


def merge(causal: Any, parts: Parts) -> None:
    """Add the mean of the adapters' deltas to a model's weights."""
    import torch

    modules = dict(causal.named_modules())
    with torch.no_grad():
        for name in parts[0][0]:
            if ".lora_A." in name:
                layer = name.removeprefix("base_model.model.").partition(".lora_A.")[0]
                module, delta = modules[layer], mean_delta(parts, name)
                delta = delta.T if is_transposed(module) else delta
                module.weight.copy_(module.weight.float() + delta)


def mean_delta(parts: Parts, name: str) -> Any:
    """Return the mean over adapters of scale * B A, for the layer whose A has this name."""
    second, whole = name.replace(".lora_A.", ".lora_B."), sum(weight for _, weight in parts)
    return sum(weight * (each[second] @ each[name]) for each, weight in parts) * (SCALE / whole)


def one_adapter(parts: Parts) -> Tensors:
    """Return the mean of adapters as one adapter of their ranks' sum, with a scale of 1.

    Its factors are the singular vectors of the mean, each times the root of its singular value: a
    function of the mean alone, whatever the adapters were. Stacked factors would be the adapters
    themselves, row by row. The mean is never built: it is Q_B (R_B R_A') Q_A', and the core is
    small. Directions below float32's precision hold no part of the mean and could show those of one
    adapter, so they are zero.
    """
    import torch

    joined, whole = {}, sum(weight for _, weight in parts)
    for name in sorted(parts[0][0]):
        if ".lora_A." in name:
            second = name.replace(".lora_A.", ".lora_B.")
            rows = torch.cat([each[name].double() for each, _ in parts])
            columns = torch.cat([weight * each[second].double() for each, weight in parts], 1)
            (q_b, r_b), (q_a, r_a) = torch.linalg.qr(columns), torch.linalg.qr(rows.T)
            left, sizes, right = torch.linalg.svd(r_b @ r_a.T * (SCALE / whole))
            sizes[sizes <= sizes.max() * torch.finfo(torch.float32).eps] = 0
            count, root = len(sizes), sizes.sqrt()
            ours, theirs = q_b @ left[:, :count] * root, root[:, None] * (right[:count] @ q_a.T)
            largest = theirs.gather(1, theirs.abs().argmax(1, keepdim=True))
            sign = torch.where(largest < 0, -1.0, 1.0)  # a pair of vectors has no sign of its own
            joined[name] = torch.zeros_like(rows, dtype=torch.float32)
            joined[name][:count] = theirs * sign
            joined[second] = torch.zeros_like(columns, dtype=torch.float32)
            joined[second][:, :count] = ours * sign.T
    return joined
