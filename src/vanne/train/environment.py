"""The training environment: libraries, processor and threads, which the bits depend on too.

Measured at the sizes of a real model: each number of threads gives its own bits, since products add
up their parts in another order (the gradient of the wide head, and of an adapter's B). The same
number gives the same bits on one core or two, whatever OMP_NUM_THREADS, the allocator and waiting
threads do. oneDNN or MKL limited to AVX2 gives others. So another kind of processor is another
environment: its name, and those of its instructions that matrix products choose their code by,
since a virtual machine may hide some. The environment is part of every key. So a change of
environment shows as a full training and not as a silent difference.

An operator who wants no full training can *accept* the environments that trained a model before.
Untouched slices then keep their checkpoints. A slice that is trained here gets a key that also
names this environment, so a key still stands for all that its bits depend on, and each note says
where its checkpoint was made. The claim of bit identity is then given up
(`vanne.forget.certificate.claim`). Another base model is never accepted: the old adapters have no
meaning on it.

A model is trained on the processor, or on one NVIDIA GPU where there is one. On a GPU its name and
the versions of CUDA and cuDNN are facts of the environment, too, and matrix products keep full
precision (no TF32). Attention is fused, so no square of a text's length is kept: under
deterministic algorithms PyTorch's kernels add up in one order, but for cuDNN's, which is left out.
"""

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any

from vanne.errors import ConfigError, MissingError, RefusedError
from vanne.train.digests import digest
from vanne.train.settings import MOST_THREADS, TrainingSettings

_LIBRARIES = ("torch", "transformers", "peft", "tokenizers", "safetensors", "numpy")
Facts = Mapping[str, str]
_CPUINFO = Path("/proc/cpuinfo")
_FLAGS = ("sse4", "avx", "fma", "f16c", "amx", "asimd", "sve", "sme", "bf16", "i8mm")
"""How the names of instructions begin by which oneDNN, MKL and ATen choose among their kernels."""
_SWITCHES = {
    "ONEDNN_MAX_CPU_ISA": "DNNL_MAX_CPU_ISA",
    "MKL_CBWR": "",
    "MKL_ENABLE_INSTRUCTIONS": "",
    "MKL_NUM_STRIPES": "",
}
"""What gives oneDNN and MKL other bits, each with its older name, which still counts."""
THREADS = "threads"
"""The fact that says with how many threads the processor trained."""


def prepare() -> None:
    """Set what must be set before torch and transformers are first imported."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # else a mistyped path asks the hub ten times
    # How long a waiting thread spins. Tokens/s alone, and beside another training on the same two
    # cores: libgomp's own long spinning 650 and 35, none 540 and 435, this 800 and 325. Same bits.
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")


def environment(settings: TrainingSettings, base_digest: str) -> dict[str, str]:
    """Return what this machine would train with, as one flat list of facts."""
    prepare()
    import torch

    facts = {library: version(library) for library in _LIBRARIES}
    facts |= {
        switch: os.environ.get(switch, os.environ.get(older, ""))
        for switch, older in _SWITCHES.items()
    }
    facts |= {
        "base": base_digest,
        "cpu": cpu_model(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "cpu_flags": cpu_flags(),
    }
    if device_of(settings) == "cpu":
        return facts | {THREADS: str(settings.threads)}
    cudnn: Any = torch.backends.cudnn
    return facts | {
        "gpu": torch.cuda.get_device_name(),
        "cuda": str(torch.version.cuda),
        "cudnn": str(cudnn.version()),
    }


def trained_with(settings: TrainingSettings, facts: Facts) -> TrainingSettings:
    """Return the settings with as many threads as an environment had, if its facts say it."""
    threads = facts.get(THREADS, "")
    if not threads.isdecimal() or len(threads) > 4 or not 0 < int(threads) <= MOST_THREADS:
        return settings
    return replace(settings, threads=int(threads))


def environment_digest(facts: Facts) -> str:
    """Return the digest of an environment."""
    return digest("vanne/environment/1", *(part for fact in sorted(facts.items()) for part in fact))


def changed(before: Facts, after: Facts) -> tuple[str, ...]:
    """Return the names of the facts in which two environments differ."""
    names = sorted(before.keys() | after.keys())
    return tuple(name for name in names if (before.get(name) or "") != (after.get(name) or ""))


def differences(before: Facts, after: Facts) -> list[str]:
    """Say in what two environments differ, a fact at a time."""

    def shown(facts: Facts, name: str) -> str:
        value = facts.get(name) or "not set"
        return value[:12] if name == "base" else value

    return [
        f"{name}: {shown(before, name)} there, {shown(after, name)} here"
        for name in changed(before, after)
    ]


def names_of(accepted: Sequence[Facts], here: Facts) -> tuple[str, ...]:
    """Return the names of the environments in which a slice may have been trained, this one last.

    The name of the one in which the ground was trained, the first, is empty: it is in every key
    already. Without accepted ones, that is this one.

    Raises:
        RefusedError: one of them has another base model.
    """
    first = accepted[0] if accepted else here
    if any(facts["base"] != here["base"] for facts in accepted):
        raise RefusedError(
            "the base model is another one than the model was trained on, and what was learnt on "
            "one means nothing on another",
            todo="name the base model of before, or train everything again",
        )
    names = dict.fromkeys("" if e == first else environment_digest(e) for e in (*accepted, here))
    own = "" if here == first else environment_digest(here)
    return (*(name for name in names if name != own), own)


def cpu_model(cpuinfo: Path = _CPUINFO) -> str:
    """Return the processor's name, family and model: virtual machines often cut the name short."""
    facts = _first_processor(cpuinfo)
    wanted = ("model name", "cpu family", "model", "CPU implementer", "CPU part")
    named = [facts[name] for name in wanted if name in facts] or [platform.processor()]
    return " ".join([platform.machine(), *named]).strip()


def cpu_flags(cpuinfo: Path = _CPUINFO) -> str:
    """Return which of the instructions of `_FLAGS` the processor has."""
    facts = _first_processor(cpuinfo)
    there = (facts.get("flags") or facts.get("Features") or "").split()
    return " ".join(sorted({flag for flag in there if flag.startswith(_FLAGS)}))


def _first_processor(cpuinfo: Path) -> dict[str, str]:
    try:
        lines = cpuinfo.read_text().split("\n\n")[0].splitlines()
    except OSError:
        return {}
    parts = (line.partition(":") for line in lines)
    return {name.strip(): value.strip() for name, _, value in parts}


_switching, _inside = Lock(), 0
_outside: Any = None
"""How many threads are inside `exactly`, and how torch was before the first of them came in."""


def _switches() -> tuple[Any, ...]:
    """Return the switches of torch that the bits depend on: one set for the whole process."""
    import torch

    return (
        torch.get_num_threads(),
        torch.are_deterministic_algorithms_enabled(),
        torch.get_float32_matmul_precision(),
        import_module("torch.utils.deterministic").fill_uninitialized_memory,
    )


def _switch(threads: int, is_strict: bool, precision: str, is_filled: bool) -> None:
    import torch

    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(is_strict)
    torch.set_float32_matmul_precision(precision)
    memory: Any = import_module("torch.utils.deterministic")
    memory.fill_uninitialized_memory = is_filled


@contextmanager
def exactly(settings: TrainingSettings) -> Iterator[None]:
    """Hold torch to deterministic algorithms and a fixed number of threads while something runs.

    Products of fp32 matrices keep their precision, whatever the program around has set: with
    `medium` torch computes them in bf16 on processors that can, and the bits are others.
    Memory that no operation has written yet is not filled, as torch would by itself then: none of
    it is read, the bits are the same, and it took 7 % of a step.

    Two threads may be inside at once: torch is left as it was before the first came in, when the
    last is out.

    Raises:
        ConfigError: OpenMP may give a sum fewer threads than torch was told. torch then leaves the
            part of the missing thread as it was: memory that nobody has written.
    """
    global _inside, _outside
    limit, dynamic = (os.environ.get(name, "") for name in ("OMP_THREAD_LIMIT", "OMP_DYNAMIC"))
    if limit.strip().isdigit() and int(limit) < settings.threads:
        raise ConfigError(
            f"OMP_THREAD_LIMIT is {limit.strip()}, below the {settings.threads} threads of the "
            "training",
            todo=f"unset it, or set `threads = {max(1, int(limit))}` in the training settings",
        )
    if dynamic.strip().casefold() in ("true", "1"):
        raise ConfigError("OMP_DYNAMIC lets the number of threads change", todo="unset it")
    prepare()
    with _switching:
        _inside += 1
        if _inside == 1:
            _outside = _switches()
        _switch(settings.threads, True, "highest", False)
    try:
        yield
    finally:
        with _switching:
            _inside -= 1
            if not _inside:
                _switch(*_outside)


def device_of(settings: TrainingSettings) -> str:
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
    if settings.device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return settings.device


@contextmanager
def training_exactly(settings: TrainingSettings) -> Iterator[None]:
    """Do as `exactly`, and hold a GPU, where one trains, to what gives the same bits twice."""
    if device_of(settings) == "cpu":
        with exactly(settings):
            yield
        return
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel

    torch.backends.cudnn.benchmark = False
    fused = [SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]
    with exactly(settings), sdpa_kernel(fused):
        yield
