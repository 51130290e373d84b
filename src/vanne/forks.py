"""Processes that begin as forks of one that has loaded what they need, and has run nothing.

Python's own fork server makes them (`multiprocessing`): the process that asks has threads, and must
not be forked itself. What was loaded is shared by all of them.
"""

import multiprocessing
import os
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from multiprocessing.forkserver import ensure_running

__all__ = ["FORKS", "LOADED", "Connection", "begin"]

FORKS: ForkServerContext = multiprocessing.get_context("forkserver")

LOADED = ["__main__", "vanne.cli", "vanne.web.warm"]
"""Each process looks for the main module of the one that asks, which may be the command line."""
FORKS.set_forkserver_preload(LOADED)

# the fork server is begun by name (`python -c`), and would look into the current folder first
os.environ.setdefault("PYTHONSAFEPATH", "1")


def begin() -> None:
    """Begin the process that forks are made of; it loads while others go on."""
    ensure_running()
