"""Train on several machines: Ray runs slices wherever there is room; the result is the same.

    fit(..., workers=on_ray())             processes of this machine
    fit(..., workers=on_ray("HOST:6379"))  the machines of a cluster

A shard waits for no other shard. Each slice is one task of Ray: a pure function of the checkpoint
before it and of its own examples, the same `loop.train` that trains in one process. The driver
checks every checkpoint that comes back and stores it at once, and `fit` publishes in the end. If a
worker dies, Ray runs its slice again; if the driver dies, the stored checkpoints stay. A worker in
another environment is refused, because its bits could differ.

A worker gets the token ids and item ids of its slice, in a private training also which of them
are one member's and the secret of their noise, and neither the salt nor the owners. It
writes nothing to a disk and prints nothing, and its errors hold no text.
"""

import os
import time
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

from vanne import __version__
from vanne.errors import BusyError, ConfigError, RefusedError, VanneError, VerificationError
from vanne.extras import require
from vanne.python import CODE
from vanne.train import loop
from vanne.train.base import find_base
from vanne.train.environment import Facts, device_of, differences, environment, training_exactly
from vanne.train.fit import (
    Progress,
    SliceTask,
    TaskRunner,
    Work,
    in_this_process,
    learner,
    note_of,
)
from vanne.train.settings import TrainingSettings
from vanne.train.store import CheckpointMeta, ModelStore

TELL_SECONDS = 0.3
"""How often the driver says how far it is."""


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


def on_ray(address: str | None = None, *, retries: int = 3) -> TaskRunner:
    """Return workers for `fit`: a cluster at an address, or processes that Ray starts here.

    A slice whose worker dies is trained again up to `retries` times.
    """

    def train(
        work: Work, store: ModelStore, settings: TrainingSettings, progress: Progress | None
    ) -> dict[str, CheckpointMeta]:
        if settings.processes > 1:
            raise ConfigError(
                "`processes` divide a slice on one machine, and Ray runs whole slices"
            )
        first = [task for task in work.tasks if task.place == loop.GROUND]
        slices = [task for task in work.tasks if task.place != loop.GROUND]
        whole = progress and (lambda done, _, place: progress(done, work.tokens, place))
        notes = in_this_process(replace(work, tasks=first), store, settings, whole)
        if slices:
            # What the slices need in Ray's memory, twice over.
            adapters = len(slices) * store.slice_bytes(work.plan.ground_key)
            tokens = sum(len(example.tokens) for task in slices for example in task.examples)
            room = 100_000_000 + 2 * (adapters + 8 * tokens)
            with _connected(address, room) as ray:
                notes |= _train_slices(ray, slices, work, store, settings, progress, retries)
        return notes

    return train


def _train_slices(
    ray: Any,
    slices: list[SliceTask],
    work: Work,
    store: ModelStore,
    settings: TrainingSettings,
    progress: Progress | None,
    retries: int,
) -> dict[str, CheckpointMeta]:
    """Hand the slices out, and check and keep what comes back; return their notes by key.

    Raises:
        BusyError: a worker died too often.
        RefusedError: a worker is in another environment.
    """
    processors = max((n["Resources"].get("CPU", 0) for n in ray.nodes()), default=0)
    remote = ray.remote(train_slice).options(
        name="vanne slice",
        num_cpus=min(settings.threads, processors),
        num_gpus=int(device_of(settings) == "cuda"),
        max_retries=retries,
    )
    coming: dict[str, Any] = {}  # checkpoints by their key: each is what the next slice starts from
    for task in slices:
        assert task.previous is not None
        if task.previous not in coming:
            note = store.note(task.previous)
            assert note is not None
            data = store.checkpoint(task.previous).read_bytes()
            coming[task.previous] = ray.put(CheckpointBytes(data, note))
        job = SliceJob(task, settings, work.here, work.elsewhere)
        coming[task.key] = remote.remote(job, coming[task.previous])
    waiting = {coming[task.key]: task for task in slices}
    done = work.tokens - sum(task.tokens for task in slices)
    notes = {}
    try:
        while waiting:
            ready, _ = ray.wait(list(waiting), timeout=TELL_SECONDS)
            store.require_unrevoked()
            if progress:
                shards = sorted({task.place.partition(",")[0] for task in waiting.values()})
                progress(done, work.tokens, " and ".join(shards))
            for each in ready:
                task = waiting.pop(each)
                try:
                    answer = ray.get(each)
                except ray.exceptions.RayError as error:
                    raise BusyError(
                        f"a worker died while it trained {task.place} ({type(error).__name__})",
                        todo="run this again: what was finished is kept; if it dies again, look "
                        "whether its machine is short of memory",
                    ) from None
                if isinstance(answer, VanneError):
                    raise answer
                if answer.note.key != task.key or not _is_whole(answer):
                    raise VerificationError(
                        f"checkpoint `{task.key[:12]}` came back from a worker damaged",
                        todo="run this again",
                    )
                notes[task.key] = store.keep(answer.data, answer.note)
                done += task.tokens
        if progress:
            progress(done, work.tokens, slices[-1].place)
    finally:
        for each in waiting:
            ray.cancel(each, force=True)
    return notes


def train_slice(
    job: SliceJob, before: CheckpointBytes | VanneError
) -> CheckpointBytes | VanneError:
    """Train a slice in a worker. What goes wrong is an answer: Ray would log what it says."""
    if isinstance(before, VanneError):
        return before
    task, settings = job.task, job.settings
    try:
        if not _is_whole(before):
            raise VerificationError(f"checkpoint `{before.note.key[:12]}` is damaged")
        from safetensors.torch import load, save

        base = find_base(settings)
        own = environment(settings, base.digest) | {"vanne": __version__}
        if others := differences(own, {**job.here, "vanne": __version__}):
            raise RefusedError(
                f"a worker is not like this machine ({'; '.join(others)}), and its bits may differ",
                todo="use machines of one kind with the same packages, base model and settings",
            )
        wall, cpu = time.perf_counter(), time.process_time()
        start = load(before.data)
        with training_exactly(settings):
            state, record = loop.train(
                _loaded(settings),
                task.examples,
                settings,
                task.epochs,
                task.place,
                start,
                lambda *_: None,
                task.secret,
            )
        spent = time.perf_counter() - wall, time.process_time() - cpu
        data = save(state, {"format": "pt"})
        note = note_of(task, record, spent, job.elsewhere)
        return CheckpointBytes(data, replace(note, sha256=sha256(data).hexdigest()))
    except VanneError as error:
        return error.with_traceback(None)
    except Exception as error:  # its message could hold a text
        return VanneError(f"a worker failed in {task.place} ({type(error).__name__})")


@lru_cache(maxsize=1)
def _loaded(settings: TrainingSettings) -> Any:
    """Return the base model with an adapter on it: loaded once in each worker."""
    return learner(find_base(settings), settings)


def _is_whole(checkpoint: CheckpointBytes) -> bool:
    return sha256(checkpoint.data).hexdigest() == checkpoint.note.sha256


@contextmanager
def _connected(address: str | None, room: int) -> Iterator[Any]:
    """Connect to a cluster, or start one here that keeps its objects in memory and off the disk."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    require("ray")
    ray: Any = import_module("ray")
    is_ours = not ray.is_initialized()
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    if address is None:
        options |= {"include_dashboard": False, "object_store_memory": room}
        options["_system_config"] = {"automatic_object_spilling_enabled": False}
        if Path("/dev/shm").is_dir():  # noqa: S108, it is no folder on a disk
            options |= dict.fromkeys(("_plasma_directory", "object_spilling_directory"), "/dev/shm")  # noqa: S108
    if is_ours:
        try:
            with chdir(CODE):  # Ray's workers look for code first where the driver was at its start
                ray.init(address or "local", **options)
        except Exception as error:  # whatever Ray raises: no answer, another version, no memory
            ray.shutdown()
            where = f"the Ray cluster at `{address}`" if address else "Ray on this machine"
            raise BusyError(
                f"{where} does not start or answer ({type(error).__name__})",
                todo="ask `ray status` there (Ray and Python must have the same versions "
                "everywhere), or train without --ray",
            ) from error
    try:
        yield ray
    finally:
        if is_ours:
            ray.shutdown()
