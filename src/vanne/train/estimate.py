"""Estimate a training before it begins: steps, tokens, bytes and time.

The time comes from the training of the current model, if its settings and machine were like these;
otherwise from a few real steps, whose result is discarded.
"""

import shutil
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vanne.errors import MissingError, VerificationError
from vanne.train import adapter, loop
from vanne.train.environment import training_exactly
from vanne.train.fit import Work, learner
from vanne.train.loop import STRIDE
from vanne.train.model import current
from vanne.train.private import steps_in
from vanne.train.settings import TrainingSettings
from vanne.train.store import ModelStore, is_learnt

FEW_STEPS = 20
"""Fewer optimizer steps than about this leave a shard weak."""

WARM, TIMED = 2, 4
"""Steps before the clock starts, since the first are slow, and steps that it measures."""


@dataclass(frozen=True, slots=True)
class ShardEstimate:
    """One shard. `found` and `to_train` count slices with documents; `steps` are all of them.

    Of a slice that was found there may be up to `STRIDE` fewer.
    """

    shard: int
    found: int
    to_train: int
    documents: int
    tokens: int
    steps: int


@dataclass(frozen=True, slots=True)
class TrainingRate:
    """What training costs here; `source` is `earlier training` or `measured steps`."""

    tokens_per_second: float
    checkpoint_bytes: int
    ground_bytes: int
    source: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """A whole training. Tokens are counted as often as they are trained on.

    `rate` is None where nothing is left to train.
    """

    shards: tuple[ShardEstimate, ...]
    slices: int
    ground_tokens: int
    tokens_to_train: int
    checkpoints_to_write: int
    rate: TrainingRate | None
    seconds_expected: float
    bytes_to_write: int

    @property
    def weak(self) -> tuple[ShardEstimate, ...]:
        """The shards that make few steps."""
        return tuple(shard for shard in self.shards if shard.steps < FEW_STEPS)

    def as_dict(self) -> dict[str, Any]:
        """Return it for a JSON document."""
        return asdict(self)


def estimate(work: Work, settings: TrainingSettings, rate: TrainingRate | None = None) -> Estimate:
    """Say what a piece of work is, in numbers."""
    tasks = {task.key: task for task in work.tasks}
    shards = []
    for shard, steps in work.plan.shards.items():
        filled = [step for step in steps if step.documents]
        todo = [tasks[step.key] for step in filled if step.key in tasks]
        notes = [work.found[step.key] for step in filled if step.key not in tasks]
        batches = sum(len(loop.batches(task.examples, settings, task.place, 0)) for task in todo)
        made = sum(min(settings.epochs * n.documents, STRIDE * len(n.losses)) for n in notes)
        shards.append(
            ShardEstimate(
                shard=shard,
                found=len(notes),
                to_train=len(todo),
                documents=sum(len(step.documents) for step in filled),
                tokens=sum(task.tokens for task in todo) + sum(note.tokens for note in notes),
                steps=steps_in(settings) * len(filled)
                if settings.noise
                else settings.epochs * batches + made,
            )
        )
    rate = rate if tasks else None
    return Estimate(
        shards=tuple(shards),
        slices=settings.slices,
        ground_tokens=sum(task.tokens for task in work.tasks if task.previous is None),
        tokens_to_train=work.tokens,
        checkpoints_to_write=len(tasks),
        rate=rate,
        # Without the start of the program; a snapshot needs four checkpoints more at times.
        seconds_expected=round(work.tokens / rate.tokens_per_second, 3) if rate else 0.0,
        bytes_to_write=sum(
            rate.checkpoint_bytes if task.previous else rate.ground_bytes for task in work.tasks
        )
        if rate
        else 0,
    )


def expected_rate(work: Work, store: Path, settings: TrainingSettings) -> TrainingRate | None:
    """Return what training costs here; None if nothing is left to train."""
    if not work.tasks:
        return None
    with suppress(MissingError, VerificationError, OSError):
        # What the current model took, if all that makes a step dear is the same; the device is a
        # fact of the environment.
        model = current(store)
        costly = ("layers", "rank", "batch_tokens", "max_tokens", "threads", "recompute")
        alike = all(getattr(model.settings, name) == getattr(settings, name) for name in costly)
        if alike and model.environments == (work.here,) and model.seconds_total:
            sizes = ModelStore(store).sizes(model.ground.key)
            return TrainingRate(
                model.tokens_total / model.seconds_total, *sizes, "earlier training"
            )
    task = max(work.tasks, key=lambda task: task.tokens)
    some = loop.batches(task.examples, settings, task.place, 0)[: WARM + TIMED]
    examples = [each for batch in some for each in batch]
    with training_exactly(settings):
        learning = learner(work.base, settings)
        start = adapter.initial(learning, settings.seed)
        marks = [(time.perf_counter(), 0)]

        def mark(tokens: int, _: object) -> None:
            marks.append((time.perf_counter(), tokens))

        loop.train(learning, examples, settings, 1, task.place, start, mark)
    first = max(0, min(WARM, len(marks) - 2))
    tokens = sum(count for _, count in marks[first + 1 :])
    seconds = marks[-1][0] - marks[first][0]
    each_size = {k: each.numel() * each.element_size() for k, each in start.items()}
    learnt = sum(size for k, size in each_size.items() if is_learnt(k))
    ground = sum(each_size.values()) + 2 * learnt  # AdamW keeps two moments of each number
    return TrainingRate(tokens / seconds if tokens else 1.0, learnt, ground, "measured steps")


def full_seconds(outlook: Estimate, store: Path) -> float:
    """Return how long a training of everything takes here; 0 where nothing tells."""
    rate = outlook.rate.tokens_per_second if outlook.rate else 0.0
    if not rate:
        with suppress(MissingError, VerificationError):
            model = current(store)
            rate = model.tokens_total / model.seconds_total if model.seconds_total else 0.0
    return sum(shard.tokens for shard in outlook.shards) / rate if rate else 0.0


def space_left(store: Path) -> int:
    """Return how many bytes are free where a store lies, or will lie."""
    there = next(path for path in (store.absolute(), *store.absolute().parents) if path.exists())
    return shutil.disk_usage(there).free
