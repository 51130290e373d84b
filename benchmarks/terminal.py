"""What a benchmark is asked on the command line, and what it says meanwhile."""

import sys
from argparse import ArgumentParser
from pathlib import Path

from benchmarks.page import CHARTS, PAGE

RESULTS = Path(__file__).parent / "results"


def say(text: str) -> None:
    """Say on stderr what is being done."""
    print(text, file=sys.stderr, flush=True)


def amount(text: str) -> int:
    """Read a number as people write it: `200k`, `10M`."""
    for unit, size in (("M", 1_000_000), ("k", 1000)):
        if text.endswith(unit):
            return int(text.removesuffix(unit)) * size
    return int(text)


def places(parser: ArgumentParser) -> None:
    """Let the command line say where data lies meanwhile, and where what was found is kept."""
    add = parser.add_argument
    add("--work", type=Path, help="where the data lies meanwhile (default: the system's)")
    add("--results", type=Path, default=RESULTS, help="where the measurements are kept")
    add("--page", type=Path, default=PAGE)
    add("--charts", type=Path, default=CHARTS)
