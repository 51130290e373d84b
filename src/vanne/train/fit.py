"""`fit`: train the slices that have no checkpoint yet. Forgetting is `fit` on fewer documents.

    for each shard, for each slice in order:
        if no whole checkpoint has the slice's key: load the one before, train the slice, save
    publish the lineage

Calling `fit` again resumes a killed run: the saved checkpoints are found by their keys, and an
unfinished slice continues from its last snapshot.
"""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from vanne.corpus import Document
from vanne.errors import (
    InputError,
    MissingError,
    RefusedError,
    StorageError,
    VerificationError,
)
from vanne.train import adapter, loop
from vanne.train.adapter import Tensors
from vanne.train.base import Base, find_base, load_base, recompute_layers
from vanne.train.digests import digest, seed_of
from vanne.train.environment import Facts, device_of, environment, training_exactly
from vanne.train.model import Model, Run, live_keys, load, names_in, publish, salt_of
from vanne.train.settings import TrainingSettings
from vanne.train.shards import GROUND, Plan, SliceStep, ground_key, make_plan, placement_of
from vanne.train.store import CheckpointMeta, ModelStore
from vanne.train.tokens import BaseTokenizer, Example

SECONDS = 30.0
"""How much work a killed run loses at most."""

SHARE = 50
"""A snapshot that takes long to write comes less often: it costs at most 1 / SHARE of the time."""

Progress = Callable[[int, int, str], None]
"""Told after every optimizer step how many tokens are done, of how many, and where it is."""


@dataclass(frozen=True, slots=True)
class SliceTask:
    """A checkpoint that is missing: what it starts from and what it is trained on.

    `secret` is that of a private training (vanne.train.private), `ground` the key of the ground.
    """

    key: str
    previous: str | None
    place: str
    examples: list[Example]
    epochs: int
    secret: str = ""
    ground: str = ""

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


def train_tasks(
    work: Work, store: ModelStore, settings: TrainingSettings, progress: Progress | None
) -> dict[str, CheckpointMeta]:
    """Train one task after the other; return the notes by key."""
    notes: dict[str, CheckpointMeta] = {}
    model = learner(work.base, settings) if work.tasks else None
    done, place = 0, ""

    def tell(tokens: int) -> None:
        nonlocal done
        done += tokens
        if progress:
            progress(done, work.tokens, place)

    for task in work.tasks:
        place = task.place
        tell(0)
        notes[task.key] = train_task(model, task, store, settings, work.elsewhere, tell)
    return notes


def train_task(
    model: Any,
    task: SliceTask,
    store: ModelStore,
    settings: TrainingSettings,
    elsewhere: Facts | None,
    tell: Callable[[int], None],
) -> CheckpointMeta:
    """Train a task, and save its checkpoint.

    While a slice is trained its snapshot (adapter, AdamW's moments, losses so far) is written now
    and then. The clock decides only when; going on from any snapshot gives the bits of a run that
    nobody interrupted. It is deleted as soon as the slice's checkpoint is there.
    """
    import torch

    wall, cpu, due = time.perf_counter(), time.process_time(), time.monotonic() + SECONDS
    snapshot = store.load_snapshot(task.key)
    if snapshot:  # what earlier runs spent on the slice counts, too
        earlier_wall, earlier_cpu = snapshot["spent/seconds"].tolist()
        wall, cpu = wall - earlier_wall, cpu - earlier_cpu
        start = snapshot
    elif task.previous is None:
        start = adapter.initial(model, seed_of("vanne/ground/1", settings.seed))
    else:  # always from a file, never from memory
        ground, before = store.note(task.ground), store.note(task.previous)
        if ground is None or before is None:
            raise StorageError("a checkpoint vanished during training", todo="run this again")
        start = store.load_state(ground, before)

    def spent() -> tuple[float, float]:
        return time.perf_counter() - wall, time.process_time() - cpu

    def step(tokens: int, take: Callable[[], Tensors]) -> None:
        nonlocal due
        tell(tokens)
        store.require_unrevoked()
        if (began := time.monotonic()) >= due:
            seconds = {"spent/seconds": torch.tensor(spent(), dtype=torch.float64)}
            store.save_snapshot(task.key, take() | seconds)
            due = (ended := time.monotonic()) + max(SECONDS, SHARE * (ended - began))

    state, record = loop.train(
        model, task.examples, settings, task.epochs, task.place, start, step, task.secret
    )
    note = store.save(state, note_of(task, record, spent(), elsewhere))
    store.drop_snapshot(task.key)
    return note


def note_of(
    task: SliceTask, record: loop.Record, spent: tuple[float, float], elsewhere: Facts | None
) -> CheckpointMeta:
    """Return what is known of the checkpoint of a task, but for the digest of its bytes."""
    return CheckpointMeta(
        task.key,
        "",
        len(task.examples),
        task.tokens,
        () if task.secret else loop.losses_of(record),
        *spent,
        cut=sum(example.cut for example in task.examples),
        environment=elsewhere,
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
        ConflictError: something has left the model meanwhile.
    """
    shards = options.shards
    if shards is not None and not set(shards) <= set(range(settings.shards)):
        raise InputError(f"shards are numbered 0 to {settings.shards - 1}")
    part = "".join(f"-{shard}" for shard in sorted(shards or ()))
    with ModelStore(store).training(corpus_version, part) as place, training_exactly(settings):
        wall, cpu = time.perf_counter(), time.process_time()
        work = prepare(documents, place, settings, ground, options)
        if options.on_plan:
            options.on_plan(work)
        notes = {**work.found, **train_tasks(work, place, settings, progress)}
        ground_tokens = sum(task.tokens for task in work.tasks if task.place == GROUND)
        chains = {
            shard: tuple(
                notes[step.key] if step.documents else notes[step.key].passed_on() for step in steps
            )
            for shard, steps in work.plan.shards.items()
        }
        run = Run(
            tokens=work.tokens - ground_tokens,
            ground_tokens=ground_tokens,
            seconds=round(time.perf_counter() - wall, 3),
            cpu_seconds=round(time.process_time() - cpu, 3),
        )
        start = notes[work.plan.ground_key]
        model = Model(corpus_version, settings, work.facts, start, chains, run, work.placement)
        if shards is None:
            now = at() if callable(at) else at
            before = None
            with suppress(MissingError, VerificationError):  # it was not published before
                before = load(store, model.version).since
            model = replace(model, since=before or now)
            with place.locked():
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
    called = names_in(store, accept or [here], here)
    salt = options.salt or salt_of(store)
    plan = make_plan(documents, settings, start, salt, options.shards, called)
    keys = [start, *(step.key for step in plan.steps())]
    notes = {key: note for key in keys if (note := store.note(key))}
    tokens = BaseTokenizer(base, settings.max_tokens, settings.instruction)
    tasks = list[SliceTask]()
    if start not in notes:
        rows = enumerate(tokens.encode(ground)) if ground else ()
        begin = len(tokens.before)
        examples = [Example(str(number), row, begin=begin) for number, row in rows]
        epochs = settings.ground_epochs if ground else 0
        tasks.append(SliceTask(start, None, GROUND, examples, epochs))
    chains = [
        [
            _task(step, tokens, settings, salt, start)
            for step in steps
            if step.documents and step.key not in notes
        ]
        for steps in plan.shards.values()
    ]
    # The shortest first: most shards are whole if the time for the training ends before it.
    for chain in sorted(chains, key=lambda chain: sum(task.tokens for task in chain)):
        tasks += chain
    return Work(plan, notes, tasks, base, facts, here, placement_of(salt))


def _task(
    step: SliceStep, tokens: BaseTokenizer, settings: TrainingSettings, salt: bytes, start: str
) -> SliceTask:
    """Return the task of a slice; a private one says which texts go together, and not whose."""
    examples, secret = tokens.examples(step.documents), ""
    if settings.noise:
        secret = digest("vanne/private/1", salt, step.key)
        owners = {row.item_id: digest(secret, row.owner) for row in step.documents}
        examples = [replace(each, member=owners[each.id]) for each in examples]
    epochs = settings.epochs
    return SliceTask(step.key, step.previous, step.place, examples, epochs, secret, start)


def learner(base: Base, settings: TrainingSettings, device: str = "") -> Any:
    """Return the base model with an adapter on it."""
    causal = load_base(base)
    if settings.recompute:
        recompute_layers(causal)
    return adapter.attach(causal, settings).to(device or device_of(settings))
