"""Processes that begin with what they import already loaded: `vanne`, and scripts that are killed.

They are real: a server (`multiprocessing`'s own) has loaded the libraries and run nothing, and each
process is a fork of it, with a number, a folder, an environment and files of its own. To load them
anew costs 0.3 s of CPU, and 4 s where a model is trained. The processes that they begin, such as the
readers of a server of pages, are forks of the same one. That a command finds what it imports when
it begins with nothing is what the first command of each page of the docs shows (`tests/docs`).
"""

import json
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import forkserver, process, resource_tracker
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingUnixStreamServer
from subprocess import CompletedProcess, TimeoutExpired
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

from vanne import forks
from vanne.forks import FORKS, LOADED, Connection

FORKS.set_forkserver_preload([*LOADED, "tests.loaded"])
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
        files = [os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600) for name in STREAMS]
        process = _begin(script, texts, cwd or Path.cwd(), dict(os.environ), files)
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise TimeoutExpired(texts, timeout)
        code = process.exitcode
        process.close()
        out, err = ((folder / name).read_text() for name in STREAMS[1:])
        return CompletedProcess(texts, code, out, err)


class Started:
    """A script that runs in a fork, seen as `subprocess.Popen` shows a process."""

    def __init__(
        self,
        script: str,
        *arguments: object,
        cwd: Path | None = None,
        env: dict[str, str] | None = None,
        err: int = 2,
    ) -> None:
        out, writes = os.pipe()
        files = [os.open(os.devnull, os.O_RDONLY), writes, os.dup(err)]
        texts = [str(argument) for argument in arguments]
        self._process = _begin(script, texts, cwd or Path.cwd(), env or dict(os.environ), files)
        self.pid = self._process.pid or 0
        self.stdout = os.fdopen(out)

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise TimeoutExpired("vanne", timeout or 0)
        self.stdout.close()
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


STREAMS = ("in", "out", "err")
CLIENT = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
    server.connect({address!r})
    said = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)])
    socket.send_fds(server, [said.encode()], [0, 1, 2])
    sys.exit(int(server.recv(16)))
"""


class _Forker(BaseRequestHandler):
    """Runs a script in a fork for who asks, with their arguments, folder, environment and streams."""

    server: "_ForkServer"

    def handle(self) -> None:
        said, files, _, _ = socket.recv_fds(self.request, 2**20, 3)
        texts, cwd, env = json.loads(said)
        process = _begin(self.server.script, texts, Path(cwd), env, files)
        process.join()
        self.request.send(str(process.exitcode).encode())


class _ForkServer(ThreadingUnixStreamServer):
    socket_type = socket.SOCK_SEQPACKET
    script = VANNE


@contextmanager
def forking_program(path: Path, before: str = "") -> Iterator[None]:
    """Write a program `vanne` that a shell can start, and run each call of it in a fork.

    Each begins with the script `before`.
    """
    with TemporaryDirectory() as folder:
        address = f"{folder}/server"
        with _ForkServer(address, _Forker) as server:
            server.script = before + VANNE
            path.write_text(CLIENT.format(python=sys.executable, address=address))
            path.chmod(0o755)
            Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            yield
            server.shutdown()


def _begin(
    script: str, texts: list[str], cwd: Path, env: dict[str, str], files: list[int]
) -> ForkServerProcess:
    """Start a fork, and hand it the three files."""
    streams = [Connection(file) for file in files]  # `multiprocessing` passes what it knows
    process = FORKS.Process(target=_run, args=(script, texts, cwd, env, streams))
    process.start()
    for stream in streams:
        stream.close()
    return process


def _run(
    script: str, texts: list[str], cwd: Path, env: dict[str, str], streams: list[Connection]
) -> None:
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    share_fork_server()
    FORKS.Process = _Further  # type: ignore[misc]
    for number, stream in enumerate(streams):
        os.dup2(stream.fileno(), number)
        stream.close()  # who reads a pipe waits until nobody holds its other end
    sys.argv, sys.stdin = ["-c", *texts], open(0)  # noqa: SIM115
    exec(compile(script, "-c", "exec"), {"__name__": "__main__"})


class _Further(ForkServerProcess):
    """What a fork begins: with its environment and errors, as if its own server had made it."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._environment, self._errors = dict(os.environ), Connection(os.dup(2))

    def run(self) -> None:
        os.environ.clear()
        os.environ.update(self._environment)
        os.dup2(self._errors.fileno(), 2)
        super().run()


_SERVER: Any = forkserver._forkserver  # type: ignore[attr-defined]
_SHARED = "TESTS_FORK_SERVER"


def begin_for_all() -> None:
    """Begin the server for the processes that run the tests: to load everything costs it 6 s."""
    forks.begin()
    if not hasattr(_SERVER, "_forkserver_authkey"):  # from Python 3.14 on each has its own
        os.environ[_SHARED] = _SERVER._forkserver_address


def share_fork_server() -> None:
    """Begin other processes from the server that is there, which has loaded everything."""
    process.ORIGINAL_DIR = str(Path.cwd())  # where they begin
    _SERVER.ensure_running = forks.ensure_running = resource_tracker.ensure_running


if address := os.environ.get(_SHARED):
    _SERVER._forkserver_address = address
    _SERVER._forkserver_alive_fd = os.open(os.devnull, os.O_RDONLY)  # who began it keeps it alive
    share_fork_server()


DEADLY = """
import os, signal, sys
from pathlib import Path
left = int(sys.argv.pop(1))
def deadly(real):
    def call(*arguments, **options):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **options)
    return call
os.fsync = deadly(os.fsync)
Path.replace = deadly(Path.replace)
"""
"""Begins a process that kills itself when it is about to write for the nth time (its first
argument): before a file is made durable, before a rename, after a rename."""
