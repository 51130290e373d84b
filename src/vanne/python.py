"""Keep the current folder off Python's module path, so that no code in a data folder runs.

Somebody unpacks an archive, goes into its folder and types `vanne inspect .`; beside the tables may
be a `csv.py` that somebody else wrote. So this module takes the current folder, and every relative
path of the environment, off the module path before anything else is imported. Each Python process
that Vanne starts is isolated (`-I`) and gets the path of its parent.

This module imports only modules that every Python has loaded when it starts.
"""

import os
import sys

CODE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
"""The folder in which the package lies."""

_CHILD = (
    "import os, sys; sys.path[:] = sys.argv.pop(1).split(os.pathsep); import runpy; "
    "runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)"
)


def leave_out_data() -> None:
    """Take the current folder off the module path, of this process and of those that it starts."""
    sys.path[:] = code_folders(sys.path)
    os.environ["PYTHONSAFEPATH"] = "1"  # for a Python that a library starts
    if paths := os.environ.get("PYTHONPATH"):
        os.environ["PYTHONPATH"] = os.pathsep.join(code_folders(paths.split(os.pathsep)))


def python(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module in a Python of its own, as `python -m` would."""
    folders = os.pathsep.join(code_folders(sys.path))
    return [sys.executable, "-I", "-c", _CHILD, folders, module, *arguments]


def code_folders(paths: list[str]) -> list[str]:
    """Return the paths that are neither relative nor the current folder.

    The current folder stays if Python or Vanne is installed in it.
    """
    return [path for path in paths if os.path.isabs(path) and not _holds_data(path)]  # noqa: PTH117


def _holds_data(path: str) -> bool:
    installed = (os.path.join(sys.prefix, ""), os.path.join(sys.base_prefix, ""))  # noqa: PTH118
    if path == CODE or path.startswith(installed):
        return False
    try:
        return os.path.samefile(path, os.curdir)  # noqa: PTH121
    except OSError:  # it is not there, so nothing is found in it
        return False
