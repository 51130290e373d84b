"""`fit`: train what is not yet there. Forgetting is this same function on fewer documents.

    for each shard, for each slice in order:
        if no whole checkpoint has the slice's key: load the one before, train the slice, save
    publish the lineage

A killed run is resumed by calling it again: what was saved is found by its key, and a slice that
was not finished goes on from its last snapshot.
"""

import time
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from dataclasses import InitVar, dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from vanne.corpus import Document
from vanne.errors import InputError, RefusedError, StorageError
from vanne.train import adapter, loop
from vanne.train.adapter import Tensors
from vanne.train.base import Base, find_base, load_base
from vanne.train.captioner import captioner
from vanne.train.digests import seed_of
from vanne.train.environment import Facts, device_of, environment, training_exactly
from vanne.train.model import (
    Model,
    Run,
    first_served,
    live_keys,
    origins_of,
    publish,
    salt_of,
)
from vanne.train.settings import TrainingSettings
from vanne.train.shards import Plan, SliceStep, ground_key, make_plan, placement_of
from vanne.train.store import CheckpointMeta, CheckpointStore, ModelStore
from vanne.train.tokens import BaseTokenizer, Example

GROUND = "ground"


SECONDS = 30.0
"""How much work a killed run loses at most."""

SHARE = 50
"""A snapshot that takes long to write comes less often: it costs at most 1 / SHARE of the time."""


class Progress(Protocol):
    """Told after every optimizer step how many tokens are done, of how many, and where it is."""

    def __call__(self, done: int, total: int, label: str, /) -> None:
        """Show it."""


@dataclass(frozen=True, slots=True)
class SliceTask:
    """A checkpoint that is missing: what it starts from and what it is trained on."""

    key: str
    previous: str | None
    place: str
    examples: list[Example]
    epochs: int

    @property
    def tokens(self) -> int:
        """Tokens x epochs."""
        return self.epochs * sum(len(example.tokens) for example in self.examples)


@dataclass(frozen=True, slots=True)
class Work:
    """What a call of `fit` finds in the store (notes by key), and what it has to train.

    `facts` are the environment of the ground, and `here` is this one: the same, unless another one
    was accepted.
    """

    plan: Plan
    found: Mapping[str, CheckpointMeta]
    tasks: list[SliceTask]
    base: Base
    facts: Facts
    here: Facts
    placement: str

    @property
    def elsewhere(self) -> Facts | None:
        """What the notes of what is trained here have to say about where that was."""
        return None if self.here == self.facts else self.here

    @property
    def tokens(self) -> int:
        """Tokens x epochs that have to be trained, the ground included."""
        return sum(task.tokens for task in self.tasks)


class TaskRunner(Protocol):
    """Who trains what is missing into the store, and returns the notes by their keys."""

    def __call__(
        self,
        work: Work,
        store: ModelStore,
        settings: TrainingSettings,
        progress: Progress | None,
        /,
    ) -> dict[str, CheckpointMeta]:
        """Train it."""


def in_this_process(
    work: Work, store: ModelStore, settings: TrainingSettings, progress: Progress | None
) -> dict[str, CheckpointMeta]:
    """Train one task after the other."""
    return Trainer(work.base, store, settings, progress, work.tokens, work.elsewhere).run(
        work.tasks
    )


@dataclass(frozen=True, slots=True)
class FitOptions:
    """What a call of `fit` may do otherwise than train everything that is missing, here.

    With `shards`, only these are trained and nothing is published. `salt` overrides the store's
    own. What was made in the environments `accept` (a model's `environments`) is kept as if it were
    made in this one. `on_plan` is told what is there and what will be trained, before it begins.
    """

    shards: Collection[int] | None = None
    salt: bytes | None = None
    accept: Sequence[Facts] = ()
    on_plan: Callable[[Work], None] | None = None
    workers: TaskRunner = in_this_process


EVERYTHING_HERE = FitOptions()


def fit(
    documents: Iterable[Document],
    store: Path,
    settings: TrainingSettings,
    *,
    corpus_version: str,
    ground: Sequence[str],
    progress: Progress | None = None,
    at: datetime | Callable[[], datetime] | None = None,
    options: FitOptions = EVERYTHING_HERE,
) -> Model:
    """Train every slice whose checkpoint is missing, and publish the model.

    `at`, a time or a clock that is read at the end, is recorded as the time from which the model
    serves, unless it has served before.

    Raises:
        ConfigError: the loss is no longer a number.
        BusyError: another process trains in this store.
    """
    shards = options.shards
    if shards is not None and not set(shards) <= set(range(settings.shards)):
        raise InputError(f"shards are numbered 0 to {settings.shards - 1}")
    place = ModelStore(store)
    with place.locked(), training_exactly(settings):
        wall, cpu = time.perf_counter(), time.process_time()
        work = prepare(documents, place, settings, ground, options)
        if options.on_plan:
            options.on_plan(work)
        notes = {**work.found, **options.workers(work, place, settings, progress)}
        ground_tokens = sum(task.tokens for task in work.tasks if task.place == GROUND)
        run = Run(
            tokens=work.tokens - ground_tokens,
            ground_tokens=ground_tokens,
            seconds=round(time.perf_counter() - wall, 3),
            cpu_seconds=round(time.process_time() - cpu, 3),
        )
        model = _lineage(work, notes, corpus_version, settings, run)
        if shards is None:
            now = at() if callable(at) else at
            model = replace(model, since=first_served(place, model.version) or now)
            publish(place, model, work.plan.items)
            place.prune(live_keys(place))
    return model


def prepare(
    documents: Iterable[Document],
    store: ModelStore,
    settings: TrainingSettings,
    ground: Sequence[str],
    options: FitOptions = EVERYTHING_HERE,
) -> Work:
    """Place every document, and find out what is there and what has to be trained.

    Raises:
        RefusedError: an accepted environment has another base model, or nothing from it is here.
    """
    base, accept = find_base(settings), options.accept
    here = environment(settings, base.digest)
    facts = accept[0] if accept else here
    start = ground_key(ground, settings, facts)
    if facts != here and store.note(start) is None:
        raise RefusedError(
            "nothing that was trained elsewhere can be kept: settings or ground are not those of "
            "the model",
            todo="set them as they were, or train everything again",
        )
    origins = origins_of(store, accept or [here], here)
    salt = options.salt or salt_of(store)
    plan = make_plan(documents, settings, start, salt, options.shards, origins)
    keys = [start, *(step.key for step in plan.steps())]
    notes = {key: known for key in keys if (known := store.note(key))}
    tasks = missing(plan, notes, settings, base, ground)
    return Work(plan, notes, tasks, base, facts, here, placement_of(salt))


def missing(
    plan: Plan, notes: Container[str], settings: TrainingSettings, base: Base, ground: Sequence[str]
) -> list[SliceTask]:
    """Return what has to be trained, in order: the steps that have no whole checkpoint."""
    tokens = BaseTokenizer(base, settings.max_tokens)
    tasks = []
    if plan.ground_key not in notes:
        rows = enumerate(tokens.encode(ground)) if ground else ()
        examples = [Example(str(number), row) for number, row in rows]
        tasks.append(SliceTask(plan.ground_key, None, GROUND, examples, settings.ground_epochs))
    for step in plan.steps():
        if step.key not in notes:
            examples = tokens.examples(step.documents)
            tasks.append(SliceTask(step.key, step.previous, step.place, examples, settings.epochs))
    return tasks


def learner(base: Base, settings: TrainingSettings) -> Any:
    """Return the base model with an adapter on it, or with the projection that reads photos."""
    causal = load_base(base)
    model = captioner(causal) if settings.encoder else adapter.attach(causal, settings)
    return model.to(device_of(settings))


@dataclass
class Snapshots:
    """The snapshots of one slice. `snapshot` is the one that this run goes on from.

    While a slice is trained its snapshot (adapter, AdamW's moments, losses so far) is written now
    and then. The clock decides only when; going on from any snapshot gives the bits of a run that
    nobody interrupted. It is deleted as soon as the slice's checkpoint is there.
    """

    store: CheckpointStore
    key: str
    snapshot: InitVar[Tensors | None]
    earlier: tuple[float, float] = field(default=(0.0, 0.0), init=False)

    def __post_init__(self, snapshot: Tensors | None) -> None:
        """Start the clocks; what earlier runs spent on the slice counts, too."""
        if snapshot:
            seconds, cpu_seconds = snapshot["spent/seconds"].tolist()
            self.earlier = seconds, cpu_seconds
        self._began = time.perf_counter(), time.process_time()
        self._due = time.monotonic() + SECONDS

    def spent(self) -> tuple[float, float]:
        """Return the wall and CPU seconds that the slice has taken, earlier runs included."""
        wall, cpu = self._began
        return (
            self.earlier[0] + time.perf_counter() - wall,
            self.earlier[1] + time.process_time() - cpu,
        )

    def when_due(self, take: Callable[[], Tensors]) -> None:
        """Write a snapshot if it is time.

        Raises:
            StorageError: it cannot be written; the one before is whole.
        """
        started = time.monotonic()
        if started < self._due:
            return
        import torch

        spent = {"spent/seconds": torch.tensor(self.spent(), dtype=torch.float64)}
        self.store.save_snapshot(self.key, take() | spent)
        ended = time.monotonic()
        self._due = ended + max(SECONDS, SHARE * (ended - started))


@dataclass
class Trainer:
    """The model in memory while tasks are worked through; it is loaded only if there is one."""

    base: Base
    store: CheckpointStore
    settings: TrainingSettings
    progress: Progress | None
    total: int
    elsewhere: Facts | None = None
    done: int = field(default=0, init=False)

    @cached_property
    def model(self) -> Any:
        """The base model with what is trained on it, where it is trained."""
        return learner(self.base, self.settings)

    def run(self, tasks: Iterable[SliceTask]) -> dict[str, CheckpointMeta]:
        """Train each task and save its checkpoint; return the notes by their keys."""
        return {task.key: self._train(task) for task in tasks}

    def _train(self, task: SliceTask) -> CheckpointMeta:
        self._tell(0, task)
        snapshot = self.store.load_snapshot(task.key)
        snapshots = Snapshots(self.store, task.key, snapshot)

        def step(tokens: int, take: Callable[[], adapter.Tensors]) -> None:
            self._tell(tokens, task)
            snapshots.when_due(take)

        epochs = task.epochs if task.examples else 0
        if snapshot:
            start = snapshot
        elif task.previous is None:
            start = adapter.initial(self.model, seed_of("vanne/ground/1", self.settings.seed))
        else:  # always from a file, never from memory
            before = self.store.note(task.previous)
            if before is None:
                raise StorageError("a checkpoint vanished during training", todo="run this again")
            start = self.store.load_state(before.key, before.sha256)
        state, record = loop.train(
            self.model, task.examples, self.settings, epochs, task.place, start, step
        )
        note = CheckpointMeta(
            task.key,
            "",
            len(task.examples),
            task.tokens,
            loop.losses_of(record),
            *snapshots.spent(),
            cut=sum(example.cut for example in task.examples),
            environment=self.elsewhere,
        )
        note = self.store.save(state, note)
        self.store.drop_snapshot(task.key)
        return note

    def _tell(self, tokens: int, task: SliceTask) -> None:
        self.done += tokens
        if self.progress:
            self.progress(self.done, self.total, task.place)


def _lineage(
    work: Work,
    notes: Mapping[str, CheckpointMeta],
    corpus_version: str,
    settings: TrainingSettings,
    run: Run,
) -> Model:
    """Say what every step of the plan has come to."""

    def of(step: SliceStep) -> CheckpointMeta:
        note = notes[step.key]
        return note if step.documents else CheckpointMeta(note.key, note.sha256, 0, 0, (), 0.0, 0.0)

    chains = {shard: tuple(map(of, steps)) for shard, steps in work.plan.shards.items()}
    start = notes[work.plan.ground_key]
    return Model(corpus_version, settings, work.facts, start, chains, run, work.placement)
