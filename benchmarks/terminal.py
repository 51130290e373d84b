"""What a benchmark is asked on the command line, and what it says meanwhile."""

import sys


def say(text: str) -> None:
    """Say on stderr what is being done."""
    print(text, file=sys.stderr, flush=True)


def amount(text: str) -> int:
    """Read a number as people write it: `200k`, `10M`."""
    for unit, size in (("M", 1_000_000), ("k", 1000)):
        if text.endswith(unit):
            return int(text.removesuffix(unit)) * size
    return int(text)
