"""Where and with what a benchmark ran, in general words."""

import os
import platform
import shlex
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PLACES = (
    *("--work", "--results", "--page", "--charts", "--peers", "--engines", "--config", "--base"),
    *("--melo", "--esco"),
)
BUSY = 0.7  # what a run is measured beside spoils its memory and caches, if not its CPU time
PACKAGES = ("duckdb", "numpy", "pyarrow", "pyspark", "torch", "transformers", "peft")


def about() -> dict[str, object]:
    """Return what somebody needs to know who wants to compare."""
    return {
        "day": datetime.now(UTC).date().isoformat(),
        "code": code(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load": load(),
        "versions": {name: _version(name) for name in PACKAGES if _version(name)},
    }


def code() -> str:
    """Return the commit that is measured; a `+` says that the tree differs from it."""
    said = subprocess.run(
        ["git", "describe", "--always", "--exclude=*", "--abbrev=12", "--dirty=+"],
        capture_output=True, text=True, cwd=Path(__file__).parent,
    )  # fmt: skip
    return said.stdout.strip() or "of no repository"


def load() -> float:
    """Return how busy the machine has been in the last minute: above zero, others were at work."""
    return os.getloadavg()[0]


def sentence(about: dict[str, object]) -> str:
    """Say it in a line, without the versions of packages."""
    load = float(str(about["load"]))
    busy = f", **busy with other work** (load {load:.0f})" if load > BUSY else ""
    code = f", code {about['code']}" if "code" in about else ""
    return f"{about['cores']} cores, {about['memory_gb']} GB, {about['day']}{code}{busy}"


def disk_free_gb(folder: Path) -> float:
    """Return the free disk in gigabytes."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize / 2**30


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def command(benchmark: str, arguments: Sequence[str]) -> str:
    """Return the command that repeats a run anywhere: without the places of this machine.

    >>> command("decide", ["--items", "1M", "--work", "/somewhere"])
    './run python benchmarks/decide --items 1M'
    """
    kept, rest = list[str](), list(arguments)
    while rest:
        word = rest.pop(0)
        if word in PLACES:
            rest.pop(0)
        elif word.partition("=")[0] not in PLACES:
            kept.append(word)
    return shlex.join(["./run", "python", f"benchmarks/{benchmark}", *kept])
