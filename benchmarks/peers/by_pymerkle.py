"""A Merkle log as somebody would take it from the index: pymerkle's tree in SQLite.

It keeps the leaves' hashes in a table and computes the tree from them; it has no salts, no signed
checkpoints and no idempotency keys. `python by_pymerkle.py FOLDER COUNT --per N`: one call each, or
so many in a call. The last line on stdout is JSON.
"""

import json
import resource
import time
from argparse import ArgumentParser
from pathlib import Path

from pymerkle import SqliteTree, verify_inclusion

PROOFS = 200


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def rows(count: int) -> list[bytes]:
    """Make up the same choices as JSON."""
    choice = {"purpose": "generative-ai-training", "scope": "all", "on": False, "channel": "web"}
    choice |= {"target": None, "notice": None, "at": "2026-11-01T00:00:00Z"}
    return [json.dumps(choice | {"member_id": f"member-{n:08}"}).encode() for n in range(count)]


def append(tree: SqliteTree, made: list[bytes], per: int) -> None:
    if per == 1:
        for row in made:
            tree.append_entry(row)
    else:
        for at in range(0, len(made), per):
            tree.append_entries(made[at : at + per], per)


def prove(tree: SqliteTree, count: int) -> None:
    """Make and check proofs of entries from all over the tree."""
    state = tree.get_state()
    for n in range(1, count + 1, count // PROOFS or 1):
        verify_inclusion(tree.get_leaf(n), state, tree.prove_inclusion(n))


def main() -> None:
    parser = ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("--per", type=int, default=1)
    given = parser.parse_args()
    made = rows(given.count)
    with SqliteTree(str(given.folder / "pymerkle.sqlite")) as tree:
        start, wall = cpu_seconds(), time.perf_counter()
        append(tree, made, given.per)
        work = {"work_cpu_s": cpu_seconds() - start, "work_wall_s": time.perf_counter() - wall}
        prove(tree, given.count)
    print(json.dumps({"start_cpu_s": start, **work}))


if __name__ == "__main__":
    main()
