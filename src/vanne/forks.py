"""Start processes as forks of one that has loaded their imports and has run nothing else.

Python's own fork server makes the forks (`multiprocessing`), because the process that asks for them
has threads and must not be forked itself. All forks share the memory of the loaded modules.
"""

import multiprocessing
import os
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from multiprocessing.forkserver import ensure_running

__all__ = ["FORKS", "LOADED", "Connection", "begin", "ends_with_its_parent", "is_orphan", "pool"]

FORKS: ForkServerContext = multiprocessing.get_context("forkserver")

LOADED = ["__main__", "vanne.cli", "vanne.web.warm"]
"""Each process looks for the main module of the one that asks, which may be the command line."""
FORKS.set_forkserver_preload(LOADED)

# the fork server is begun by name (`python -c`), and would look into the current folder first
os.environ.setdefault("PYTHONSAFEPATH", "1")


def begin() -> None:
    """Begin the process that forks are made of; it loads while others go on."""
    ensure_running()


def pool(count: int) -> Executor:
    """Return so many processes that work is handed to."""
    return ProcessPoolExecutor(count, FORKS)


def ends_with_its_parent() -> bool:
    """Say whether this process is a part of another one, and so may begin none."""
    return bool(multiprocessing.current_process().daemon)


def is_orphan() -> bool:
    """Say whether the process that began this one is gone."""
    parent = multiprocessing.parent_process()
    return parent is not None and not parent.is_alive()
