"""Processes that begin with what they import already loaded: `vanne`, and scripts that are killed.

They are real: a server (`multiprocessing`'s own) has loaded the libraries and run nothing, and each
process is a fork of it, with a number, a folder, an environment and files of its own. To load them
anew costs 0.3 s of CPU, and 4 s where a model is trained. That each command finds what it imports
when it begins with nothing is what the console blocks of the docs show (`tests/docs`).
"""

import os
import sys
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired
from tempfile import TemporaryDirectory

from vanne.forks import FORKS, LOADED

FORKS.set_forkserver_preload(["tests.loaded", *LOADED])
VANNE = "import runpy; runpy.run_module('vanne', run_name='__main__', alter_sys=True)"
ONE_BY_ONE = """
import io, json, sys
from contextlib import redirect_stderr, redirect_stdout
from vanne.cli import main
said = []
for words in json.load(sys.stdin):
    sys.argv = ["vanne", *words]
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main()
    except SystemExit as end:
        said.append([end.code or 0, err.buffer.getvalue().decode()])
json.dump(said, sys.stdout)
"""
"""Runs the command lines that stand on its input in one process; prints code and stderr of each."""


def run_forked(
    script: str, *arguments: object, cwd: Path | None = None, input: str = "", timeout: float = 600
) -> CompletedProcess[str]:
    """Run a script as `python -c SCRIPT ARGUMENT...` does.

    Raises:
        TimeoutExpired: it did not end in that many seconds, and was killed.
    """
    with TemporaryDirectory() as name:
        folder, texts = Path(name), [str(argument) for argument in arguments]
        (folder / "in").write_text(input)
        given = (script, texts, folder, cwd or Path.cwd(), dict(os.environ))
        process = FORKS.Process(target=_run, args=given)
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise TimeoutExpired(texts, timeout)
        code = process.exitcode
        process.close()
        out, err = ((folder / name).read_text() for name in ("out", "err"))
        return CompletedProcess(texts, code, out, err)


def _run(script: str, texts: list[str], folder: Path, cwd: Path, env: dict[str, str]) -> None:
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    for number, name in enumerate(("in", "out", "err")):
        os.dup2(os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600), number)
    sys.argv, sys.stdin = ["-c", *texts], open(0)  # noqa: SIM115
    exec(compile(script, "-c", "exec"), {"__name__": "__main__"})
