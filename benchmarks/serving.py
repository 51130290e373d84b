"""A server in a process of its own, with the settings of `vanne serve`, and how one is started."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs."""

    port: int
    process: int
    said: dict[str, Any]


@contextmanager
def served(module: str, name: str, root: Path, path: Path | None = None) -> Iterator[Server]:
    """Run a way of a module's servers in a process of its own, and end it."""
    environment = os.environ | ({"PYTHONPATH": str(path)} if path else {})
    command = [sys.executable, "-m", module, name, str(root)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, cwd=ROOT, env=environment, text=True
    ) as process:
        try:
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())
            yield Server(said["port"], said["pid"], said)
        finally:
            process.terminate()


def serve(app: ASGIApp) -> None:
    """Serve until told to stop; print the port when it listens.

    The socket is as `vanne.web.server.listen` makes it, which takes a second to import.
    """
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        config = uvicorn.Config(
            app,
            access_log=False, log_level="warning", server_header=False, proxy_headers=False,
            lifespan="off", timeout_graceful_shutdown=1,
        )  # fmt: skip
        config.load()
        loop = config.get_loop_factory()
        http = config.http_protocol_class.__module__.rsplit(".", 1)[-1]
        said = {
            "port": listener.getsockname()[1],
            "http": http,
            "pid": os.getpid(),
            "loop": loop.__module__,
        }
        print(json.dumps(said), flush=True)
        uvicorn.Server(config).run(sockets=[listener])
