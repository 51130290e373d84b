"""`fit`: train what is not yet there. Forgetting is this same function on fewer documents.

    for each shard, for each slice in order:
        if no whole checkpoint has the slice's key: load the one before, train the slice, save
    publish the lineage

A killed run is resumed by calling it again: what was saved is found by its key.
"""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from vanne.corpus.document import Document
from vanne.errors import InputError, StorageError
from vanne.train import adapter, loop
from vanne.train.base import Base, find_base, load_base
from vanne.train.digests import seed_of
from vanne.train.environment import environment, exactly
from vanne.train.model import Model, Run, first_served, publish
from vanne.train.settings import Settings
from vanne.train.shards import Plan, Step, ground_key, make_plan
from vanne.train.store import Note, Store
from vanne.train.tokens import Example, Tokens

GROUND = "ground"


class Progress(Protocol):
    """Told after every optimizer step how many tokens are done, of how many, and where it is."""

    def __call__(self, done: int, total: int, label: str, /) -> None:
        """Show it."""


@dataclass(frozen=True, slots=True)
class Task:
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


def fit(
    documents: Iterable[Document],
    store: Path,
    settings: Settings,
    *,
    corpus_version: str,
    ground: Sequence[str],
    progress: Progress | None = None,
    shards: Collection[int] | None = None,
    salt: bytes | None = None,
    at: datetime | Callable[[], datetime] | None = None,
) -> Model:
    """Train every slice whose checkpoint is missing, and publish the model.

    With `shards`, only these are trained and nothing is published. `salt` overrides the store's
    own. `at`, a time or a clock that is read at the end, is recorded as the time from which the
    model serves, unless it has served before.

    Raises:
        ConfigError: the loss is no longer a number.
        BusyError: another process trains in this store.
    """
    if shards is not None and not set(shards) <= set(range(settings.shards)):
        raise InputError(f"shards are numbered 0 to {settings.shards - 1}")
    place = Store(store)
    with place.locked(), exactly(settings):
        wall, cpu = time.perf_counter(), time.process_time()
        base = find_base(settings)
        facts = environment(settings, base.digest)
        start = ground_key(ground, settings, facts)
        plan = make_plan(documents, settings, start, salt or place.salt(), shards)
        work = missing(plan, place, settings, base, ground)
        Trainer(base, place, settings, progress, sum(task.tokens for task in work)).run(work)
        run = _run(work, time.perf_counter() - wall, time.process_time() - cpu)
        model = _lineage(plan, place, corpus_version, settings, facts, run)
        if shards is None:
            now = at() if callable(at) else at
            model = replace(model, since=first_served(place, model.version) or now)
            publish(place, model, plan.items)
    return model


def missing(
    plan: Plan, store: Store, settings: Settings, base: Base, ground: Sequence[str]
) -> list[Task]:
    """Return what has to be trained, in order: the steps that have no whole checkpoint."""
    tokens = Tokens(base, settings.max_tokens)
    tasks = []
    if store.note(plan.ground_key) is None:
        rows = enumerate(tokens.encode(ground)) if ground else ()
        examples = [Example(str(number), row) for number, row in rows]
        tasks.append(Task(plan.ground_key, None, GROUND, examples, settings.ground_epochs))
    for step in plan.steps():
        if store.note(step.key) is None:
            examples = tokens.examples(step.documents)
            tasks.append(Task(step.key, step.previous, step.place, examples, settings.epochs))
    return tasks


@dataclass
class Trainer:
    """The model in memory while tasks are worked through; it is loaded only if there is one."""

    base: Base
    store: Store
    settings: Settings
    progress: Progress | None
    total: int
    done: int = field(default=0, init=False)

    @cached_property
    def model(self) -> Any:
        """The base model with an adapter on it."""
        return adapter.attach(load_base(self.base), self.settings)

    def run(self, tasks: Iterable[Task]) -> None:
        """Train each task and save its checkpoint."""
        for task in tasks:
            self._train(task)

    def _train(self, task: Task) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        adapter.put(self.model, self._start(task))
        self._tell(0, task)
        losses = loop.train(
            self.model,
            task.examples,
            self.settings,
            task.epochs if task.examples else 0,
            task.place,
            lambda tokens: self._tell(tokens, task),
        )
        spent = time.perf_counter() - wall, time.process_time() - cpu
        note = Note(task.key, "", len(task.examples), task.tokens, tuple(losses), *spent)
        self.store.save(adapter.taken(self.model), note)

    def _start(self, task: Task) -> adapter.Tensors:
        """Return the adapter that a task sets out from: always from a file, never from memory."""
        if task.previous is None:
            return adapter.initial(self.model, seed_of("vanne/ground/1", self.settings.seed))
        note = self.store.note(task.previous)
        if note is None:
            raise _vanished()
        return self.store.load(note.key, note.sha256)

    def _tell(self, tokens: int, task: Task) -> None:
        self.done += tokens
        if self.progress:
            self.progress(self.done, self.total, task.place)


def _vanished() -> StorageError:
    return StorageError("a checkpoint vanished during training", todo="run this again")


def _run(work: Sequence[Task], seconds: float, cpu_seconds: float) -> Run:
    start = sum(task.tokens for task in work if task.place == GROUND)
    tokens = sum(task.tokens for task in work) - start
    return Run(tokens, start, round(seconds, 3), round(cpu_seconds, 3))


def _lineage(
    plan: Plan,
    store: Store,
    corpus_version: str,
    settings: Settings,
    facts: dict[str, str],
    run: Run,
) -> Model:
    """Read back what every step of the plan has come to."""

    def note(key: str) -> Note:
        found = store.note(key)
        if found is None:
            raise _vanished()
        return found

    def of(step: Step) -> Note:
        found = note(step.key)
        if step.documents:
            return found
        return Note(found.key, found.sha256, 0, 0, (), 0.0, 0.0)

    chains = {shard: tuple(of(step) for step in steps) for shard, steps in plan.shards.items()}
    return Model(corpus_version, settings, facts, note(plan.ground_key), chains, run)
