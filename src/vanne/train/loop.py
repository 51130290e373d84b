"""The training loop: train one slice on its own examples, and on nothing from outside it.

Notable:
- AdamW sets out in each slice from where the ground left it, so that a checkpoint is B alone
- a warm-up once, at the start of the ground, then a constant rate: a schedule over the whole corpus
  would change for everybody when one person leaves
- the order of documents is the order of a hash of (seed, place, epoch, id); no global shuffle
- batches hold whole documents, padded to the longest, of `batch_tokens` tokens at most or a single
  document; no packing, no dropout
- right padding needs no attention mask: in a causal model no token looks at what follows it
- the head, 49 k words wide, is computed only where there is a label (vanne.train.base)
- `foreach=False` and deterministic algorithms: same bits on every run in one environment
- a snapshot after any step holds all that the rest depends on: going on from it gives the same bits

A state is the adapter, by its names in peft's file format, and for each B the values that AdamW
keeps (`_MOMENTS`) as "exp_avg/NAME"; a snapshot also holds the losses so far as "record/...". The
ground is kept whole, and of a slice its B: state of the slice after = ground's | B of the slice.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from vanne.errors import ConfigError
from vanne.train import private
from vanne.train.adapter import Tensors, learning, parameters_of, put
from vanne.train.base import label_logits
from vanne.train.digests import digest
from vanne.train.settings import TrainingSettings
from vanne.train.shards import GROUND
from vanne.train.store import is_learnt
from vanne.train.tokens import Example

_MOMENTS = ("step", "exp_avg", "exp_avg_sq")

POOL = 8
"""Batches whose documents are sorted by length together: less padding, order still mixed."""

STRIDE = 8
"""Optimizer steps whose mean loss is kept: enough points for a curve, few bytes in a lineage."""

Record = list[tuple[float, int]]
"""Of each optimizer step: the summed loss of its batch (nats), and over how many tokens."""

Step = Callable[[int, Callable[[], Tensors]], None]


def train(
    model: Any,
    examples: Sequence[Example],
    settings: TrainingSettings,
    epochs: int,
    place: str,
    start: Tensors,
    step: Step,
    secret: str = "",
) -> tuple[Tensors, Record]:
    """Train the adapter on examples for some epochs; return what is to be kept, and the losses.

    `start` is the state after the slice before, or a snapshot of this one. After every optimizer
    step `step` is told the number of tokens and how to take a snapshot. `place` says which slice
    it is. With a `secret` it is trained privately, and no loss is kept (vanne.train.private).

    Raises:
        ConfigError: the loss is no longer a number.
    """
    import torch

    put(model, start)
    learnt = learning(model, ground=place == GROUND)
    parameters = list(learnt.values())
    optimizer = torch.optim.AdamW(
        parameters, lr=settings.learning_rate, betas=(0.9, 0.99), weight_decay=0.0, foreach=False
    )
    states = {
        number: {part: start[f"{part}/{name}"] for part in _MOMENTS}
        for number, name in enumerate(learnt)
        if f"step/{name}" in start
    }
    optimizer.load_state_dict(optimizer.state_dict() | {"state": states})
    record: Record = []
    if "record/loss" in start:
        losses, counts = (start[f"record/{part}"].tolist() for part in ("loss", "labels"))
        record = list(zip(losses, counts, strict=True))

    def snapshot() -> Tensors:
        """Return all that the rest of the slice depends on: the state, and the losses so far."""
        return _state(model, optimizer) | {
            "record/loss": torch.tensor([loss for loss, _ in record], dtype=torch.float64),
            "record/labels": torch.tensor([count for _, count in record]),
        }

    if secret:
        work = private.draws(examples, settings)
    else:
        work = [b for epoch in range(epochs) for b in batches(examples, settings, place, epoch)]
    # Nothing tells how much a private step has read.
    whole = epochs * _tokens(examples)
    worth = [whole // len(work)] * len(work) if secret else list(map(_tokens, work))
    if record:
        step(sum(worth[: len(record)]), snapshot)
    # How many steps the optimizer has made since the start of the ground.
    before = max((int(state["step"]) for state in optimizer.state.values()), default=0)
    for number, batch in enumerate(work[len(record) :], before + 1):
        for group in optimizer.param_groups:
            group["lr"] = settings.learning_rate * min(1.0, number / (settings.warmup_steps + 1))
        where = f"{place} at step {len(record) + 1}"
        if secret:
            noise = private.noise_on(learnt, settings, secret, number)
            _add_clipped(model, batch, settings, noise, where)
            record.append((0.0, 1))
        else:
            record.append(_backward(model, batch, settings, parameters, 1.0, where))
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        step(worth[len(record) - 1], snapshot)
    state = _state(model, optimizer)
    if place == GROUND:  # where a slice goes on, A learns no more
        kept = {k: each for k, each in state.items() if "/" not in k or ".lora_A." not in k}
    else:
        kept = {k: each for k, each in state.items() if is_learnt(k)}
    return kept, record


def _backward(
    model: Any,
    batch: Sequence[Example],
    settings: TrainingSettings,
    parameters: Sequence[Any],
    clip: float,
    where: str,
) -> tuple[float, int]:
    """Leave the clipped gradient of a batch's mean loss; return its summed loss and labels."""
    import torch

    summed, labels = 0.0, sum(len(example.tokens) - example.begin for example in batch)
    for part in _cut(batch, settings.batch_tokens):  # one, but for a member who wrote much
        rows = [example.tokens for example in part]
        loss, _ = summed_loss(model, rows, begin=part[0].begin)
        (loss / labels).backward()
        summed += float(loss.detach())
    norm = torch.nn.utils.clip_grad_norm_(parameters, clip, foreach=False)
    if not (math.isfinite(summed) and math.isfinite(norm)):
        raise ConfigError(
            f"the loss is no longer a number in {where}: nothing of it was written",
            todo="lower `learning_rate`",
        )
    return summed, labels


def _add_clipped(
    model: Any,
    batch: Sequence[Example],
    settings: TrainingSettings,
    sums: dict[Any, Any],
    where: str,
) -> None:
    """Leave the sum of each member's own clipped gradient, on top of what is in `sums`."""
    parameters = list(sums)
    for texts in private.by_member(batch):
        _backward(model, texts, settings, parameters, settings.clip, where)
        for each in parameters:
            if each.grad is not None:
                sums[each] += each.grad
            each.grad = None
    for each, total in sums.items():
        each.grad = total


def batches(
    examples: Sequence[Example], settings: TrainingSettings, place: str, epoch: int
) -> list[list[Example]]:
    """Return one epoch's batches: a function of these examples alone.

    Pools of `POOL` batches are sorted by length before they are cut, so that little is padding.
    """
    rank = {
        row.id: digest("vanne/order/1", settings.seed, place, epoch, row.id) for row in examples
    }
    ordered = sorted(examples, key=lambda row: rank[row.id])
    pools = _cut(ordered, settings.batch_tokens * POOL)
    by_length = (sorted(pool, key=lambda row: (len(row.tokens), rank[row.id])) for pool in pools)
    cut = [batch for pool in by_length for batch in _cut(pool, settings.batch_tokens)]
    return sorted(cut, key=lambda batch: rank[batch[0].id])


def summed_loss(model: Any, rows: Sequence[Sequence[int]], *, begin: int = 1) -> tuple[Any, int]:
    """Return the sum of the loss over all but the first tokens of each row, and their number."""
    import torch
    from torch.nn.functional import cross_entropy

    width = max(map(len, rows))
    causal = model.get_base_model() if hasattr(model, "get_base_model") else model
    device = next(causal.parameters()).device
    padded = [[*row, *[0] * (width - len(row))] for row in rows]
    ids = torch.tensor(padded, device=device)  # (rows, width)
    lengths = torch.tensor([[len(row)] for row in rows], device=device)
    place = torch.arange(1, width, device=device)[None]
    real = (place >= begin) & (place < lengths)  # (rows, width - 1)
    logits = label_logits(causal, ids, real)  # (labels, words)
    count = sum(map(len, rows)) - begin * len(rows)
    return cross_entropy(logits, ids[:, 1:][real], reduction="sum"), count


def losses_of(record: Record) -> tuple[float, ...]:
    """Return the mean loss per token of every `STRIDE` steps; the last point may hold fewer."""
    parts = (record[start : start + STRIDE] for start in range(0, len(record), STRIDE))
    return tuple(sum(loss for loss, _ in part) / sum(n for _, n in part) for part in parts)


def _state(model: Any, optimizer: Any) -> Tensors:
    """Return a copy of the adapter and of what AdamW keeps of each tensor, in main memory."""
    tensors: Tensors = {}
    for name, parameter in parameters_of(model).items():
        moments = optimizer.state.get(parameter, {})
        parts = {name: parameter.detach()} | {f"{part}/{name}": moments[part] for part in moments}
        tensors |= {key: each.to("cpu", copy=True) for key, each in parts.items()}
    return tensors


def _tokens(batch: Sequence[Example]) -> int:
    return sum(len(example.tokens) for example in batch)


def _cut(rows: Iterable[Example], tokens: int) -> list[list[Example]]:
    """Cut into parts of so many tokens, padding counted, or of a single row."""
    parts, width = list[list[Example]](), 0
    for row in rows:
        width = max(width, len(row.tokens))
        if parts and width * (len(parts[-1]) + 1) <= tokens:
            parts[-1].append(row)
        else:
            parts.append([row])
            width = len(row.tokens)
    return parts
