"""Where the model is trained: on the processor, or on one NVIDIA GPU where there is one.

Found once from the settings; on a GPU its name and the versions of CUDA and cuDNN are facts of the
environment, so that another GPU is another environment. On the processor nothing is added: a home
that was trained there keeps its keys.

On a GPU attention takes PyTorch's plain path, because the backward passes of the fast ones need not
add up in the same order twice, and matrix products keep full precision (no TF32).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from vanne.errors import MissingError
from vanne.train.settings import Settings


def device_of(settings: Settings) -> str:
    """Return `cpu` or `cuda`: with `auto`, the GPU if PyTorch can use one.

    Raises:
        MissingError: the settings want a GPU, and there is none.
    """
    import torch

    if settings.device == "cuda" and not torch.cuda.is_available():
        raise MissingError(
            "PyTorch finds no GPU that it can use",
            todo='install a CUDA build of torch, or set `device = "auto"`',
        )
    if settings.encoder:
        return "cpu"
    if settings.device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return settings.device


def device_facts(device: str) -> dict[str, str]:
    """Return what the bits depend on besides the processor: nothing, unless there is a GPU."""
    if device == "cpu":
        return {}
    torch: Any = import_module("torch")
    return {
        "gpu": torch.cuda.get_device_name(),
        "cuda": str(torch.version.cuda),
        "cudnn": str(torch.backends.cudnn.version()),
    }


@contextmanager
def device_exactly(device: str) -> Iterator[None]:
    """Hold a GPU to what gives the same bits twice; on the processor there is nothing to do."""
    if device == "cpu":
        yield
        return
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel

    torch.backends.cudnn.benchmark = False
    with sdpa_kernel(SDPBackend.MATH):
        yield
