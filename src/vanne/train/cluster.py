"""Several machines: Ray trains slices wherever there is room, and the result is the same.

    fit(..., workers=on_ray())             processes of this machine
    fit(..., workers=on_ray("HOST:6379"))  the machines of a cluster

A shard waits for no other shard. Each slice is one task of Ray: a pure function of the checkpoint
before it and of its own examples, trained by the same `Trainer` that trains in one process. The
driver checks every checkpoint that comes back and keeps it at once, and `fit` publishes in the end:
a worker that dies costs its slice, which Ray runs again, and a driver that dies leaves what it has
kept. A worker in another environment is refused, because its bits could be others.

A worker gets the token ids and item ids of its slice and neither the salt nor who the owners are;
it writes nothing to a disk, prints nothing, and its errors hold no text.
"""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

from vanne import __version__
from vanne.errors import BusyError, RefusedError, VanneError, VerificationError
from vanne.extras import require
from vanne.python import CODE
from vanne.train.base import Base, find_base
from vanne.train.environment import (
    Facts,
    device_of,
    differences,
    environment,
    training_exactly,
)
from vanne.train.fit import (
    GROUND,
    Progress,
    SliceTask,
    TaskRunner,
    Trainer,
    Work,
    in_this_process,
    learner,
)
from vanne.train.settings import TrainingSettings
from vanne.train.store import CheckpointMeta, ModelStore

TELL_SECONDS = 0.3
"""How often a worker says how far it is."""

_MEMORY = Path("/dev/shm")  # noqa: S108, it is no folder on a disk


@dataclass(frozen=True, slots=True)
class CheckpointBytes:
    """The bytes of an adapter and its optimizer, and its note."""

    data: bytes
    note: CheckpointMeta


@dataclass(frozen=True, slots=True)
class SliceJob:
    """A slice to train; `here` is the environment of the driver, `elsewhere` what its note says."""

    task: SliceTask
    settings: TrainingSettings
    here: Facts
    elsewhere: Facts | None


@dataclass
class InMemory:
    """A shelf that is gone with its process and keeps no snapshots: it leaves no copy behind."""

    kept: dict[str, CheckpointBytes] = field(default_factory=dict)

    def note(self, key: str) -> CheckpointMeta | None:
        """Return the note of a checkpoint."""
        return self.kept[key].note if key in self.kept else None

    def load_state(self, key: str, digest: str) -> dict[str, Any]:
        """Return the tensors of a checkpoint."""
        from safetensors.torch import load

        checkpoint = self.kept[key]
        _check(checkpoint, key, digest)
        return load(checkpoint.data)

    def save(self, tensors: Mapping[str, Any], note: CheckpointMeta) -> CheckpointMeta:
        """Keep a checkpoint."""
        from safetensors.torch import save

        data = save(dict(tensors), {"format": "pt"})
        note = replace(note, sha256=sha256(data).hexdigest())
        self.kept[note.key] = CheckpointBytes(data, note)
        return note

    def load_snapshot(self, key: str) -> None:
        """Return nothing: there are no snapshots."""

    def save_snapshot(self, key: str, tensors: Mapping[str, Any]) -> None:
        """Keep no snapshot."""

    def drop_snapshot(self, key: str) -> None:
        """Do nothing: there are no snapshots."""


def on_ray(address: str | None = None, *, retries: int = 3) -> TaskRunner:
    """Return workers for `fit`: a cluster at an address, or processes that Ray starts here.

    A slice whose worker dies is trained again up to `retries` times.
    """

    def train(
        work: Work, store: ModelStore, settings: TrainingSettings, progress: Progress | None
    ) -> dict[str, CheckpointMeta]:
        first = [task for task in work.tasks if task.place == GROUND]
        slices = [task for task in work.tasks if task.place != GROUND]
        whole = progress and (lambda done, _, place: progress(done, work.tokens, place))
        notes = in_this_process(replace(work, tasks=first), store, settings, whole)
        if slices:
            # What the slices need in Ray's memory, twice over.
            adapters = len(slices) * store.slice_bytes(work.plan.ground_key)
            tokens = sum(len(example.tokens) for task in slices for example in task.examples)
            room = 100_000_000 + 2 * (adapters + 8 * tokens)
            with _connected(address, room) as ray:
                driver = Driver(ray, work, store, settings, progress, retries)
                notes |= driver.run(slices)
        return notes

    return train


@dataclass
class Driver:
    """Hands slices out, shows how far they are, and keeps what comes back."""

    ray: Any
    work: Work
    store: ModelStore
    settings: TrainingSettings
    progress: Progress | None
    retries: int
    done: dict[str, int] = field(default_factory=dict)

    def run(self, slices: list[SliceTask]) -> dict[str, CheckpointMeta]:
        """Train the slices; return their notes by key.

        Raises:
            BusyError: a worker died too often.
            RefusedError: a worker is in another environment.
        """
        board = import_module("ray.util.queue").Queue(actor_options={"num_cpus": 0})
        waiting = self._hand_out(slices, board)
        notes = {}
        try:
            while waiting:
                ready, _ = self.ray.wait(list(waiting), timeout=TELL_SECONDS)
                self._show(slices, board)
                for each in ready:
                    task = waiting.pop(each)
                    notes[task.key] = self._keep(each, task)
            self._show(slices, board)
        finally:
            for each in waiting:
                self.ray.cancel(each, force=True)
            board.shutdown(force=True)
        return notes

    def _hand_out(self, slices: list[SliceTask], board: Any) -> dict[Any, SliceTask]:
        """Give every slice to Ray, each with the (coming) checkpoint that it starts from."""
        processors = max((n["Resources"].get("CPU", 0) for n in self.ray.nodes()), default=0)
        remote = self.ray.remote(train_slice).options(
            name="vanne slice",
            num_cpus=min(self.settings.threads, processors),
            num_gpus=int(device_of(self.settings) == "cuda"),
            max_retries=self.retries,
        )
        coming: dict[str, Any] = {}
        for task in slices:
            assert task.previous is not None
            if task.previous not in coming:
                note = self.store.note(task.previous)
                assert note is not None
                data = self.store.checkpoint(task.previous).read_bytes()
                coming[task.previous] = self.ray.put(CheckpointBytes(data, note))
            job = SliceJob(task, self.settings, self.work.here, self.work.elsewhere)
            coming[task.key] = remote.remote(job, coming[task.previous], board)
        return {coming[task.key]: task for task in slices}

    def _keep(self, coming: Any, task: SliceTask) -> CheckpointMeta:
        """Check what a worker made, and write it down."""
        try:
            answer = self.ray.get(coming)
        except self.ray.exceptions.RayError as error:
            raise BusyError(
                f"a worker died while it trained {task.place} ({type(error).__name__})",
                todo="run this again: what was finished is kept; if it dies again, look whether "
                "its machine is short of memory",
            ) from None
        if isinstance(answer, VanneError):
            raise answer
        _check(answer, task.key, answer.note.sha256)
        return self.store.keep(answer.data, answer.note)

    def _show(self, slices: list[SliceTask], board: Any) -> None:
        """Show how far the workers are: a slice that is trained again starts again at nothing."""
        news = dict(board.get_nowait_batch(board.qsize()))
        self.done |= news
        if self.progress and news:
            before = self.work.tokens - sum(task.tokens for task in slices)
            active = [task.place for task in slices if task.key in news]
            self.progress(before + sum(self.done.values()), self.work.tokens, " and ".join(active))


def train_slice(
    job: SliceJob, before: CheckpointBytes | VanneError, board: Any
) -> CheckpointBytes | VanneError:
    """Train a slice in a worker. What goes wrong is an answer: Ray would log what it says."""
    if isinstance(before, VanneError):
        return before
    try:
        return _train(job, before, _teller(job.task, board))
    except VanneError as error:
        return error.with_traceback(None)
    except Exception as error:  # its message could hold a text
        return VanneError(f"a worker failed in {job.task.place} ({type(error).__name__})")


def _train(job: SliceJob, before: CheckpointBytes, tell: Progress) -> CheckpointBytes:
    settings, task = job.settings, job.task
    base, model = _loaded(settings)
    own = environment(settings, base.digest) | {"vanne": __version__}
    if others := differences(own, {**job.here, "vanne": __version__}):
        raise RefusedError(
            f"a worker is not like this machine ({'; '.join(others)}), and its bits may differ",
            todo="use machines of one kind with the same packages, base model and settings",
        )
    store = InMemory({before.note.key: before})
    with training_exactly(settings):
        trainer = Trainer(base, store, settings, tell, task.tokens, job.elsewhere)
        trainer.model = model
        trainer.run([task])
    return store.kept[task.key]


@lru_cache(maxsize=1)
def _loaded(settings: TrainingSettings) -> tuple[Base, Any]:
    """Return the base model with an adapter on it: loaded once in each worker."""
    base = find_base(settings)
    return base, learner(base, settings)


def _teller(task: SliceTask, board: Any) -> Progress:
    """Return a progress that tells the driver now and then."""
    last = 0.0

    def tell(done: int, total: int, _: str) -> None:
        nonlocal last
        if time.monotonic() > last + TELL_SECONDS or done == total:
            board.put_nowait((task.key, done))
            last = time.monotonic()

    return tell


def _check(checkpoint: CheckpointBytes, key: str, digest: str) -> None:
    """Refuse a checkpoint that is not the one that was asked for, or not whole."""
    if checkpoint.note.key != key or sha256(checkpoint.data).hexdigest() != digest:
        raise VerificationError(
            f"checkpoint `{key[:12]}` came back from a worker damaged", todo="run this again"
        )


@contextmanager
def _connected(address: str | None, room: int) -> Iterator[Any]:
    """Connect to a cluster, or start one here that keeps its objects in memory and off the disk."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    require("ray")
    ray: Any = import_module("ray")
    is_ours = not ray.is_initialized()
    if is_ours:
        options: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
        if address is None:
            options |= {"include_dashboard": False, "object_store_memory": room}
            options["_system_config"] = {"automatic_object_spilling_enabled": False}
            if _MEMORY.is_dir():
                options |= {
                    "_plasma_directory": str(_MEMORY),
                    "object_spilling_directory": str(_MEMORY),
                }
        try:
            with chdir(CODE):  # Ray's workers look for code first where the driver was at its start
                ray.init(address or "local", **options)
        except Exception as error:  # whatever Ray raises: no answer, another version, no memory
            ray.shutdown()
            if address is None:
                raise BusyError(
                    f"Ray does not start on this machine ({type(error).__name__})",
                    todo="try again when it is less busy, or train without --ray",
                ) from error
            raise BusyError(
                f"the Ray cluster at `{address}` does not answer ({type(error).__name__})",
                todo="ask `ray status` there; Ray and Python must have the same versions"
                " everywhere",
            ) from error
    try:
        yield ray
    finally:
        if is_ours:
            ray.shutdown()
