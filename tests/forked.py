"""Processes that begin with torch and transformers loaded, which costs each 4 s of CPU otherwise.

They are real: a server (`multiprocessing`'s own) has loaded them and run nothing, and each process
is a fork of it, with a number of its own, to be killed. What tests that a program starts from
nothing does not belong here.
"""

import io
import multiprocessing
import os
import sys
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory

LOADED = ["tests.loaded", "pytest"]  # pytest is what a child finds as the main module
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(LOADED)


def run_forked(
    script: str, *arguments: object, given: str = "", seconds: float = 600
) -> CompletedProcess[str]:
    """Run a script as `python -c SCRIPT ARGUMENT...` does, with a text as its standard input."""
    with TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        texts = [str(argument) for argument in arguments]
        process = FORKS.Process(target=_run, args=(script, texts, given, out, err))
        process.start()
        process.join(seconds)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise TimeoutError(f"a process did not end in {seconds} s")
        code = process.exitcode
        process.close()
        return CompletedProcess(texts, code, out.read_text(), err.read_text())


def _run(script: str, arguments: list[str], given: str, out: Path, err: Path) -> None:
    for path, number in ((out, 1), (err, 2)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    sys.argv, sys.stdin = ["-c", *arguments], io.StringIO(given)
    exec(compile(script, "-c", "exec"), {"__name__": "__main__"})
