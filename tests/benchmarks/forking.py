"""A benchmark whose steps are forks of it, each measured as the process that it is.

To start Python and import what a step needs costs 0.7 s of CPU, in a refresh forty times. That a
command is measured in a process that begins with nothing is tested by itself. A benchmark that has
threads when it starts a step must not be forked: its steps could wait for ever.
"""

import os
import runpy
import subprocess
import sys
import traceback
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import measure
from tests.forked import run_forked

ROOT = Path(__file__).parents[2]
IN_FORKS = "from tests.benchmarks.forking import main; main()"


def run_whole(name: str, *arguments: object) -> None:
    """Run a benchmark as `./run python benchmarks/NAME ARGUMENT...` does."""
    done = run_forked(IN_FORKS, ROOT / "benchmarks" / name, *arguments, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def main() -> None:
    """Run the folder that the command line names, and whatever Python it starts in forks."""
    measure._apart = apart
    really_run = subprocess.run

    def run(command: list[Any], *, cwd: Path = ROOT, **options: Any) -> Any:
        if command[0] != sys.executable:
            return really_run(command, cwd=cwd, **options)
        found = apart([*map(str, command)], cwd)
        done = subprocess.CompletedProcess(command, found["exit_code"], found["stdout"])
        if options.get("check"):
            done.check_returncode()
        return done

    subprocess.run = run  # type: ignore[assignment]
    from benchmarks import corpora, ways  # noqa: F401  once for all forks

    del sys.argv[0]
    runpy.run_path(sys.argv[0], run_name="__main__")


def apart(command: list[str], cwd: Path) -> dict[str, Any]:
    """Do in a fork what Python would do; say how it ended, what it wrote and what it used."""
    assert len(list(Path("/proc/self/task").iterdir())) == 1, "it has threads"
    with TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        if not (process := os.fork()):
            os._exit(_be_python(command[1:], cwd, out, err))
        _, status, used = os.wait4(process, 0)
        code = os.waitstatus_to_exitcode(status)
        said = {"exit_code": code, "stdout": out.read_text(), "stderr": err.read_text()}
        cpu_s = used.ru_utime + used.ru_stime
        return said | {"cpu_s": cpu_s, "wall_s": cpu_s, "peak_mb": used.ru_maxrss / 1024}


def _be_python(arguments: list[str], cwd: Path, out: Path, err: Path) -> int:
    """Run `-m MODULE`, `-c CODE` or `FILE` with its arguments; return how it ended."""
    how, *rest = arguments
    os.chdir(cwd)
    with out.open("w") as sys.stdout, err.open("w") as sys.stderr:
        try:
            if how == "-m":
                sys.argv = rest
                runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
            elif how == "-c":
                sys.argv = ["-c", *rest[1:]]
                exec(rest[0], {"__name__": "__main__"})
            else:
                sys.argv, sys.path[0] = arguments, str(Path(how).parent)
                runpy.run_path(how, run_name="__main__")
        except SystemExit as end:
            return int(bool(end.code))
        except BaseException:
            traceback.print_exc()
            return 1
    return 0
