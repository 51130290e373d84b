"""A benchmark whose steps are forks, each measured as the process that it is (`tests.forked`).

To start Python and import what a step needs costs 0.7 s of CPU, in a refresh forty times, and 4 s
where a model is trained. That a command is measured in a process that begins with nothing is tested
by itself.
"""

import json
import resource
import runpy
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import measure
from tests.forked import run_forked

ROOT = Path(__file__).parents[2]
IN_FORKS = "from tests.benchmarks.forking import main; main()"
STEP = "from tests.benchmarks.forking import be_python; be_python()"


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
    del sys.argv[0]
    runpy.run_path(sys.argv[0], run_name="__main__")


def apart(command: list[str], cwd: Path) -> dict[str, Any]:
    """Do in a fork what Python would do; say how it ended, what it wrote and what it used."""
    with TemporaryDirectory() as folder:
        used = Path(folder, "used")
        done = run_forked(STEP, used, *command[1:], cwd=cwd)
        said = {"exit_code": done.returncode, "stdout": done.stdout, "stderr": done.stderr}
        return said | json.loads(used.read_text())


def be_python() -> None:
    """Run `-m MODULE`, `-c CODE` or `FILE` with its arguments, and write what that used."""
    _, used, how, *rest = sys.argv
    try:
        if how == "-m":
            sys.argv = rest
            runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
        elif how == "-c":
            sys.argv = ["-c", *rest[1:]]
            exec(rest[0], {"__name__": "__main__"})
        else:
            sys.argv, sys.path[0] = [how, *rest], str(Path(how).parent)
            runpy.run_path(how, run_name="__main__")
    finally:
        own = resource.getrusage(resource.RUSAGE_SELF)
        cpu_s = own.ru_utime + own.ru_stime
        measured = {"cpu_s": cpu_s, "wall_s": cpu_s, "peak_mb": own.ru_maxrss / 1024}
        Path(used).write_text(json.dumps(measured))
