"""Compile the Python of the page by Pyodide itself, in Node: a tab then compiles nothing."""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from vanne.errors import MissingError


@dataclass(frozen=True, slots=True)
class CompiledPython:
    """The program and the standard library as zips of bytecode, the same bytes each time."""

    program: bytes
    stdlib: bytes


def compiled(program: bytes, pyodide: Path) -> CompiledPython:
    """Compile a program, and the part of the standard library that an inspection may use.

    Raises:
        MissingError: Node.js is not installed, or fails.
    """
    node = shutil.which("node")
    if node is None:
        raise MissingError("Node.js is not installed", todo="install it (Debian: nodejs, npm)")
    with (
        tempfile.TemporaryDirectory(prefix="vanne-") as out,
        as_file(files("vanne.site") / "compile.mjs") as script,
    ):
        source = Path(out, "source.zip")
        source.write_bytes(program)
        done = subprocess.run(
            [node, script, pyodide, source, out], capture_output=True, text=True, check=False
        )
        if done.returncode:
            line = (done.stderr.strip().splitlines() or ["it says no more"])[-1][:200]
            todo = "use Node.js 18 or newer"
            raise MissingError(f"Node.js cannot compile the page: {line}", todo=todo)
        return CompiledPython(
            *(Path(out, f"{name}.zip").read_bytes() for name in ("program", "stdlib"))
        )
