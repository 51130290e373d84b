"""Train a slice in several processes at once (`processes` in the settings): data and model divided.

Each process holds a part of the base model's layers (FSDP: PyTorch's `fully_shard`) and reads its
part of each batch; adapter and optimizer are whole in all of them. Their gradients are added up, in
an order that does not change, so the bits are the same on each run. They are other ones than those
of one process: the number is part of each key.

The processes meet on this machine, by gloo on processors and by NCCL on GPUs, one each (no GPU was
tested). The first one alone writes. While it loads, each holds the whole base model.
"""

import os
import socket
import sys
from time import sleep
from typing import Any

from vanne.errors import BusyError, VanneError
from vanne.forks import FORKS
from vanne.train import adapter
from vanne.train.environment import device_of, training_exactly
from vanne.train.fit import Progress, Work, learner, train_task
from vanne.train.settings import TrainingSettings
from vanne.train.store import CheckpointMeta, ModelStore

TELL_SECONDS = 0.3


def side_by_side(
    work: Work, store: ModelStore, settings: TrainingSettings, progress: Progress | None
) -> dict[str, CheckpointMeta]:
    """Train one task after the other, each in all processes; return the notes by key.

    Raises:
        BusyError: a process died.
    """
    if not work.tasks:
        return {}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    done, errors = FORKS.Value("q"), FORKS.SimpleQueue()
    arguments = (port, work, store, settings, done, errors)
    running = [FORKS.Process(target=_run, args=(n, *arguments)) for n in range(settings.processes)]
    try:
        for each in running:
            each.start()
        while any(each.is_alive() for each in running) and not any(e.exitcode for e in running):
            sleep(TELL_SECONDS)
            if progress:
                progress(done.value, work.tokens, "all processes")
    finally:
        for each in running:
            each.kill()
    if not errors.empty():
        raise errors.get()
    if any(each.exitcode for each in running):
        raise BusyError(
            "a process of the training died",
            todo="run this again: what was finished is kept; if it dies again, look whether the "
            "machine is short of memory",
        )
    notes = {task.key: store.note(task.key) for task in work.tasks}
    return {key: note for key, note in notes.items() if note}


def _run(
    number: int,
    port: int,
    work: Work,
    store: ModelStore,
    settings: TrainingSettings,
    done: Any,
    errors: Any,
) -> None:
    """Be one of the processes. What goes wrong is told to who started it, and printed nowhere."""
    try:
        _train(number, port, work, store, settings, done)
    except VanneError as error:
        errors.put(error.with_traceback(None))
        sys.exit(1)
    except Exception as error:  # its message could hold a text
        errors.put(VanneError(f"a process of the training failed ({type(error).__name__})"))
        sys.exit(1)


def _train(
    number: int, port: int, work: Work, store: ModelStore, settings: TrainingSettings, done: Any
) -> None:
    import torch
    from torch import distributed

    count, device = settings.processes, device_of(settings)
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    if device == "cuda":
        torch.cuda.set_device(number)
    backend = "nccl" if device == "cuda" else "gloo"
    distributed.init_process_group(backend, rank=number, world_size=count)

    def tell(tokens: int) -> None:
        if number == 0:
            done.value += tokens

    with training_exactly(settings):
        model = _divided(learner(work.base, settings, device="cpu"), device, count).to(device)
        for task in work.tasks:
            train_task(model, task, store, settings, work.elsewhere, tell, is_kept=number == 0)
            distributed.barrier()  # the next one starts from what the first has written
    distributed.destroy_process_group()


def _divided(model: Any, device: str, count: int) -> Any:
    """Give each process its part of each layer; what learns stays whole in all of them."""
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    mesh = init_device_mesh(device, (count,))
    whole = set(adapter.parameters_of(model).values())
    for layer in adapter.blocks_of(model)[1]:
        fully_shard(layer, mesh=mesh, ignored_params=whole)
    return model
