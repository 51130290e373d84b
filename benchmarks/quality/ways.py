"""Ways of combining shards into one model: from adapters to changes of the base model's weights.

Each is a function of the checkpoints (and of how many documents each holds), so each keeps
forgetting exact. A *change* is what a shard learnt beyond the ground: scale * (B A - B0 A0).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch

from vanne.train.adapter import SCALE, Tensors

Deltas = dict[str, Any]
KEPT = 0.2
"""The share of a change's entries that TIES keeps (Yadav et al., 2023, arXiv 2306.01708)."""
AGREEING = 0.8
"""The share of shards that must agree on a sign, as a majority, for an entry to be kept."""


@dataclass(frozen=True)
class Parts:
    """The ground's and the shards' adapters, and how many documents each shard holds."""

    ground: Tensors
    shards: Sequence[Tensors]
    documents: Sequence[int]

    @cached_property
    def start(self) -> Deltas:
        """Return the ground's delta of every layer."""
        return delta(self.ground)

    @cached_property
    def changes(self) -> Deltas:
        """Return what each shard changed beyond the ground, per layer: (shards, out, in)."""
        deltas = [delta(one) for one in self.shards]
        return {
            name: torch.stack([one[name] for one in deltas]) - base
            for name, base in self.start.items()
        }

    @cached_property
    def middle(self) -> Deltas:
        """Return the mean change of every layer."""
        return {name: changes.mean(0) for name, changes in self.changes.items()}


def delta(tensors: Tensors) -> Deltas:
    """Return scale * B A for every adapted layer."""
    return {
        module(name): SCALE * tensors[name.replace(".lora_A.", ".lora_B.")] @ tensors[name]
        for name in tensors
        if ".lora_A." in name
    }


def module(name: str) -> str:
    """Return the layer of a tensor in peft's file format."""
    return name.removeprefix("base_model.model.").partition(".lora_A.")[0]


def mean(parts: Parts) -> Deltas:
    """The mean of the shards' deltas."""
    return scaled(parts, 1.0)


def scaled(parts: Parts, gain: float) -> Deltas:
    """The ground, and `gain` times the mean of what the shards changed (task arithmetic).

    Ilharco et al., 2023, arXiv 2212.04089; `gain` = number of shards is the plain sum.
    """
    return {name: base + gain * parts.middle[name] for name, base in parts.start.items()}


def of_one_length(parts: Parts) -> Deltas:
    """The mean change, made as long in every layer as the shards' changes are on average."""

    def rescaled(changes: Any) -> Any:
        middle = changes.mean(0)
        longest = changes.flatten(1).norm(dim=1).mean()
        return middle * (longest / middle.norm().clamp_min(1e-12))

    return _joined(parts, rescaled)


def by_documents(parts: Parts) -> Deltas:
    """The mean weighted by how many documents each shard holds."""
    weights = torch.tensor(parts.documents, dtype=torch.float32)
    weights = (weights / weights.sum())[:, None, None]
    return _joined(parts, lambda changes: (weights * changes).sum(0))


def by_factor(parts: Parts) -> Deltas:
    """The mean of the As and the mean of the Bs, and then their product."""
    names = parts.shards[0]
    return delta({n: torch.stack([one[n] for one in parts.shards]).mean(0) for n in names})


def ties(parts: Parts) -> Deltas:
    """TIES: keep each shard's largest entries, elect a sign, average those that agree with it."""

    def merged(changes: Any) -> Any:
        flat = changes.flatten(1).abs()
        least = flat.kthvalue(max(1, round((1 - KEPT) * flat.shape[1])), dim=1).values
        trimmed = torch.where(changes.abs() > least[:, None, None], changes, 0.0)
        agrees = (trimmed.sign() == trimmed.sum(0).sign()) & (trimmed != 0)
        return (trimmed * agrees).sum(0) / agrees.sum(0).clamp_min(1)

    return _joined(parts, merged)


def agreed(parts: Parts) -> Deltas:
    """The mean change where nearly all shards agree on the sign, and none elsewhere."""

    def masked(changes: Any) -> Any:
        agreement = (changes.sign().mean(0).abs() + 1) / 2
        return changes.mean(0) * (agreement >= AGREEING)

    return _joined(parts, masked)


MERGED: Mapping[str, Callable[[Parts], Deltas]] = {
    "mean": mean,
    "of one length": of_one_length,
    "by documents": by_documents,
    "A and B apart": by_factor,
    "TIES": ties,
    "agreed": agreed,
}


def _joined(parts: Parts, join: Callable[[Any], Any]) -> Deltas:
    """Add what is made of the stacked changes (shards, out, in) to the ground's delta."""
    return {name: base + join(parts.changes[name]) for name, base in parts.start.items()}
