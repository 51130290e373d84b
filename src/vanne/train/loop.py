"""The training loop: everything that happens to one slice, and nothing from outside it.

Notable:
- a fresh AdamW per slice, a fixed warm-up, then a constant rate: a schedule over the whole corpus
  would change for everybody when one person leaves
- the order of documents is the order of a hash of (seed, place, epoch, id); no global shuffle
- batches hold whole documents padded to the longest; no packing, no dropout
- right padding needs no attention mask: in a causal model no token looks at what follows it
- the head, 49 k words wide, is computed only where there is a label (vanne.train.logits)
- `foreach=False` and deterministic algorithms: same bits on every run in one environment
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from vanne.errors import ConfigError
from vanne.train.adapter import trainable
from vanne.train.digests import digest
from vanne.train.logits import label_logits
from vanne.train.settings import Settings
from vanne.train.tokens import Example

POOL = 8
"""Batches whose documents are sorted by length together: less padding, order still mixed."""

Step = Callable[[int], None]


def train(
    model: Any, examples: Sequence[Example], settings: Settings, epochs: int, place: str, step: Step
) -> list[float]:
    """Train the adapter on examples for some epochs; return the mean loss of each (nats/token).

    `step` is told the number of tokens after every optimizer step. `place` says which slice it is.

    Raises:
        ConfigError: the loss is no longer a number.
    """
    import torch

    parameters = list(trainable(model).values())
    optimizer = torch.optim.AdamW(
        parameters, lr=settings.learning_rate, betas=(0.9, 0.99), weight_decay=0.0, foreach=False
    )
    losses, steps = [], 0
    for epoch in range(epochs):
        total, labels = 0.0, 0
        for batch in batches(examples, settings, place, epoch):
            steps += 1
            for group in optimizer.param_groups:
                group["lr"] = settings.learning_rate * min(1.0, steps / (settings.warmup_steps + 1))
            loss, count = summed_loss(model, [example.tokens for example in batch])
            (loss / count).backward()
            norm = torch.nn.utils.clip_grad_norm_(parameters, 1.0, foreach=False)
            _check(float(loss.detach()), float(norm), place, steps)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            total, labels = total + float(loss.detach()), labels + count
            step(sum(len(example.tokens) for example in batch))
        losses.append(total / labels)
    return losses


def batches(
    examples: Sequence[Example], settings: Settings, place: str, epoch: int
) -> list[list[Example]]:
    """Return one epoch's batches: a function of these examples alone.

    Pools of `POOL` batches are sorted by length before they are cut, so that little is padding.
    """
    rank = {
        row.id: digest("vanne/order/1", settings.seed, place, epoch, row.id) for row in examples
    }
    ordered = sorted(examples, key=lambda row: rank[row.id])
    pools = _cut(ordered, settings.batch_size * POOL)
    by_length = (sorted(pool, key=lambda row: (len(row.tokens), rank[row.id])) for pool in pools)
    found = [batch for pool in by_length for batch in _cut(pool, settings.batch_size)]
    return sorted(found, key=lambda batch: rank[batch[0].id])


def summed_loss(model: Any, rows: Sequence[Sequence[int]]) -> tuple[Any, int]:
    """Return the sum of the loss over every token but the first of each row, and their number."""
    import torch
    from torch.nn.functional import cross_entropy

    width = max(map(len, rows))
    ids = torch.tensor([[*row, *[0] * (width - len(row))] for row in rows])  # (rows, width)
    lengths = torch.tensor([[len(row)] for row in rows])
    real = torch.arange(1, width)[None] < lengths  # (rows, width - 1)
    causal = model.get_base_model() if hasattr(model, "get_base_model") else model
    logits = label_logits(causal, ids, real)  # (labels, words)
    return cross_entropy(logits, ids[:, 1:][real], reduction="sum"), int(real.sum())


def _check(loss: float, norm: float, place: str, steps: int) -> None:
    if not (math.isfinite(loss) and math.isfinite(norm)):
        raise ConfigError(
            f"the loss is no longer a number in {place} at step {steps}: nothing of it was written",
            todo="lower `learning_rate`",
        )


def _cut(rows: Sequence[Example], size: int) -> Iterable[list[Example]]:
    return (list(rows[start : start + size]) for start in range(0, len(rows), size))
