"""Run a command in a process of its own and say what its whole process tree used.

CPU seconds are user and system time of every process that it started, also of those that it left
behind (they become children of the measuring process, which waits for them). The peak of memory is
that of the largest single process. The measuring process imports next to nothing: Linux counts the
memory of a parent as its child's until the child has started its own program.
"""

import ctypes
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[1]
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of <linux/prctl.h>


@dataclass(frozen=True, slots=True)
class Used:
    """What one run used. `work_cpu_s` is without the start: the interpreter and the imports."""

    cpu_s: float
    work_cpu_s: float
    wall_s: float
    peak_mb: float
    said: dict[str, Any]


class FailedError(Exception):
    """The command failed; the message is the end of what it wrote to stderr."""


def run(command: list[str], *, cwd: Path = ROOT) -> Used:
    """Run a command whose last line on stdout is JSON with `start_cpu_s`.

    A command that did more than it wants counted says `work_cpu_s` itself.

    Raises:
        FailedError: it failed.
    """
    found = _apart(command, cwd)
    if found["exit_code"]:
        raise FailedError(found["stderr"][-2000:])
    said = json.loads(found["stdout"].strip().splitlines()[-1])
    work = said.pop("work_cpu_s", None)
    work = found["cpu_s"] - said["start_cpu_s"] if work is None else work
    return Used(found["cpu_s"], work, found["wall_s"], found["peak_mb"], said)


def _apart(command: list[str], cwd: Path) -> dict[str, Any]:
    """Let a process of its own measure it; return how it ended, what it wrote and what it used."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report")
        subprocess.run([sys.executable, __file__, str(report), str(cwd), *command], check=True)
        return json.loads(report.read_text())  # type: ignore[no-any-return]


def middle(runs: list[Used]) -> dict[str, Any]:
    """Return the medians of several runs of one command."""
    names = ("cpu_s", "work_cpu_s", "wall_s", "peak_mb")
    return {name: median(asdict(run)[name] for run in runs) for name in names}


def cpu_seconds() -> float:
    """Return what this process and its living descendants have used so far."""
    ticks = sum(map(_ticks, _descendants(os.getpid())))  # first: to look for them costs 20 ms
    own = resource.getrusage(resource.RUSAGE_SELF)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    total = own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime
    return total + ticks / os.sysconf("SC_CLK_TCK")


def tree_ticks(process: str) -> float:
    """Return the CPU seconds of another process, its living descendants, and those that ended."""
    fields = _fields(process)
    ended = int(fields[13]) + int(fields[14]) if fields else 0
    ticks = sum(map(_ticks, [process, *_descendants(int(process))])) + ended
    return ticks / os.sysconf("SC_CLK_TCK")


def _fields(process: str) -> list[str]:
    try:
        stat = Path("/proc", process, "stat").read_text()
    except OSError:  # it has ended
        return []
    return stat.rpartition(")")[2].split()


def _ticks(process: str) -> int:
    fields = _fields(process)
    return int(fields[11]) + int(fields[12]) if fields else 0


def _descendants(process: int) -> list[str]:
    parents = {p.name: _fields(p.name)[1:2] for p in Path("/proc").iterdir() if p.name.isdigit()}
    found, seen = [str(process)], []
    while found:
        parent = found.pop()
        children = [child for child, of in parents.items() if of == [parent]]
        seen += children
        found += children
    return seen


def _measure(report: Path, cwd: str, command: list[str]) -> None:
    """Be the process that waits for the whole tree."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        before = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=err, cwd=cwd)
        exit_code = process.wait()
        wall = time.perf_counter() - before
        while True:  # what the command left behind
            try:
                os.wait()
            except ChildProcessError:
                break
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        for file in (out, err):
            file.seek(0)
        found = {
            "exit_code": exit_code, "stdout": out.read(), "stderr": err.read(), "wall_s": wall,
            "cpu_s": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss / 1024,
        }  # fmt: skip
    report.write_text(json.dumps(found))


if __name__ == "__main__":
    _measure(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
