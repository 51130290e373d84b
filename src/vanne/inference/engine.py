"""One version of the model in an engine: a process that speaks OpenAI's API on a Unix socket.

    FOLDER/                 mode 0700, beside the system's other temporary files
    ├─ model/               the copy that the engine reads, recorded as any other export is
    ├─ ready.json           written when the copy is whole: its version, and how to speak to it
    ├─ refused.json         written instead: why there is none
    └─ engine.sock          where the engine listens; nobody else can reach it

The process first writes the copy of the model that serves, and then becomes the engine: the weights
are never in the memory of the server that answers pages. What an engine prints goes nowhere, since
it could be a text.
"""

import asyncio
import ctypes
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2

from vanne import errors
from vanne.errors import ConfigError, VanneError, storing
from vanne.inference.exporting import Form, ModelExport, export
from vanne.inference.llama import SLOTS
from vanne.inference.talk import Speech, speech_of
from vanne.python import python
from vanne.train.base import find_base
from vanne.train.exports import drop
from vanne.train.model import current

LLAMA = f"{shlex.join(python('vanne.inference.llama'))} {{gguf}} {{socket}}"
"""The engine where none is named: llama.cpp, from the package xllamacpp."""

SOCKET = "engine.sock"
"""llama.cpp knows by the end of its name that it is one."""

NICE = 5
"""How much an engine stands back for the server that answers pages."""

STOP_SECONDS = 5.0
"""How long an engine may take to end by itself."""


class Places:
    """The free places of llama.cpp, each with who asked there last; the one free longest first.

    A question may go on from what an earlier one left in its place, if the same asker left it.
    Between two askers that would show one, by the time an answer takes, what the other asked.
    Another engine has no places that we know.
    """

    def __init__(self, count: int = 0) -> None:
        self._free: dict[int, Hashable] = dict.fromkeys(range(count))
        self._room = asyncio.Semaphore(count) if count else None

    @asynccontextmanager
    async def taken(self, asker: Hashable) -> AsyncIterator[dict[str, Any]]:
        """Wait for a place; give what the engine has to be told of it."""
        if self._room is None:
            yield {}
            return
        async with self._room:
            own = [place for place, last in self._free.items() if last == asker]
            place = own[-1] if own else next(iter(self._free))
            del self._free[place]
            try:
                yield {"id_slot": place, "cache_prompt": bool(own)}
            finally:
                self._free[place] = asker


@dataclass(eq=False)
class Engine:
    """A process that serves a version. `answers` counts what it is writing just now."""

    store: Path
    folder: Path
    process: subprocess.Popen[bytes]
    version: str = ""
    speech: Speech = field(default_factory=Speech)
    answers: int = 0
    deadline: float = float("inf")
    places: Places = field(default_factory=Places)

    @classmethod
    def start(cls, store: Path, command: str) -> "Engine":
        """Begin to start the engine of the version that serves."""
        with storing("the folder of the engine"):
            folder = Path(tempfile.mkdtemp(prefix="vanne-engine-"))
        process = subprocess.Popen(
            python("vanne.inference.engine", str(store), str(folder), command),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        return cls(store, folder, process)

    @property
    def is_dead(self) -> bool:
        """The process has ended."""
        return self.process.poll() is not None

    def is_ready(self) -> bool:
        """Say whether it answers; its version and its speech are known then.

        Raises:
            ConflictError: the model was replaced while it was copied.
            VanneError: there is no engine, and why.
        """
        if self.is_dead:
            raise self._refused()
        if not Path(self.socket).exists():
            return False
        try:
            with httpx2.Client(transport=httpx2.HTTPTransport(uds=self.socket, verify=False)) as at:
                if at.get("http://engine/health", timeout=1.0).status_code != 200:
                    return False
        except httpx2.HTTPError:
            return False
        said = json.loads((self.folder / "ready.json").read_bytes())
        self.version, self.speech = said["version"], Speech(**said["speech"])
        self.places = Places(said["places"])
        return True

    @property
    def socket(self) -> str:
        """Where it listens."""
        return str(self.folder / SOCKET)

    def client(self) -> httpx2.AsyncClient:
        """Return a client of it, for one question."""
        return httpx2.AsyncClient(
            transport=httpx2.AsyncHTTPTransport(uds=self.socket, verify=False),
            base_url="http://engine",
            timeout=httpx2.Timeout(None, connect=10.0),
        )

    def stop(self) -> None:
        """End it and all that it started, and delete its copy."""
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, sign)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_SECONDS)
        with suppress(VanneError):  # a copy that could not be taken out of the record stays in it
            drop(self.store, self.folder / "model")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _refused(self) -> VanneError:
        try:
            said = json.loads((self.folder / "refused.json").read_bytes())
        except (OSError, ValueError):
            return ConfigError(
                f"the engine ended with {self.process.returncode} before it served the model",
                todo="export the model, and start the command of `model_engine` by hand",
            )
        kind: type[VanneError] = getattr(errors, said["kind"])
        return kind(said["title"], todo=said["todo"])


def prepare(store: Path, folder: Path, command: str) -> list[str]:
    """Write the copy that an engine reads; return the command of the engine, word by word.

    Raises:
        VanneError: there is no copy, or the command is none.
    """
    form: Form = "gguf" if "{gguf}" in command else "safetensors"
    said = export(store, folder / "model", ModelExport(form), datetime.now(UTC))
    speech = speech_of(find_base(current(store).settings).folder)
    places = SLOTS if "vanne.inference.llama" in command else 0
    ready = {"version": said["model"], "speech": asdict(speech), "places": places}
    (folder / "ready.json").write_text(json.dumps(ready))
    paths = {
        "gguf": str(folder / "model" / "model.gguf"),
        "model": str(folder / "model"),
        "socket": str(folder / SOCKET),
    }
    try:
        words = [word.format(**paths) for word in shlex.split(command)]
        if shutil.which(words[0]) is None:
            raise ValueError
    except (KeyError, IndexError, ValueError) as error:
        raise ConfigError(
            "the command of `model_engine` cannot be started",
            todo="name a program that is installed; {gguf}, {model} and {socket} are put in",
        ) from error
    return words


def _end_with_parent() -> None:
    """Let the kernel end this process, and what it becomes, when the server has gone (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def become(store: Path, folder: Path, command: str) -> None:
    """Prepare, and become the engine: this process is its command from then on."""
    try:
        words = prepare(store, folder, command)
    except Exception as error:
        if not isinstance(error, VanneError):  # its message could hold a text
            error = VanneError(f"a fault of ours before the engine: {type(error).__name__}")
        refused = {"kind": type(error).__name__, "title": error.title, "todo": str(error.todo)}
        (folder / "refused.json").write_text(json.dumps(refused))
        sys.exit(error.exit_code)
    os.execvp(words[0], words)  # noqa: S606


if __name__ == "__main__":
    _end_with_parent()
    os.nice(NICE)
    become(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
