"""`./run python benchmarks/ledger`: what a durable choice, its check and its publishing cost.

Choices are recorded one call each by 1, 16 and 256 threads at once, and in calls of 10,000 as an
import does; in SQLite and PostgreSQL, each flushed to the disk before it is said to be saved. The
floor inserts the same rows into a bare table of the same engine, in as many transactions as the
ledger needed, without a hash, a salt or a signature. Checks are held against hashing the same bytes
alone, publishing against writing the same files. Every way is a process of its own, they take
turns, and each is divided by its floor of the same round.
"""

import json
import shutil
import sys
import tempfile
import uuid
from argparse import ArgumentParser, Namespace
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.postgres import running

from benchmarks import machine, measure
from benchmarks.environment import PEERS, python_of_peers
from benchmarks.ledger import report
from benchmarks.ledger.ways import AT_ONCE
from benchmarks.page import millions
from benchmarks.terminal import amount, places, say

APPENDERS = (1, 16, 256)
ENGINES = ("SQLite", "PostgreSQL")
CHECKS = ("fsck", "hashes", "follow", "public-hashes", "receipts", "signatures", "publish", "copy")
ALONE = 20  # who has a transaction for each choice waits for the disk each time: fewer choices
Run = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bench:
    """Where it runs, with how many choices, and against whom."""

    work: Path
    count: int
    server: str
    peers: Path | None

    def way(self, name: str, folder: Path, count: int, *more: object) -> Run:
        """Run one way of `benchmarks.ledger.ways`."""
        way = [sys.executable, "-m", "benchmarks.ledger.ways", name, str(folder), str(count)]
        return _run([*way, *map(str, more)])

    def fresh(self) -> Path:
        """Return an empty folder."""
        return Path(tempfile.mkdtemp(dir=self.work))

    def schema(self, engine: str) -> list[str]:
        """Return the option that leads to an empty place of an engine."""
        if engine == "SQLite":
            return []
        name = f"bench_{uuid.uuid4().hex}"
        with psycopg.connect(self.server, autocommit=True) as db:
            db.execute(f"CREATE SCHEMA {name}")
        return ["--url", f"{self.server}&options=-csearch_path%3D{name}"]


def main() -> None:
    """Run what the command line asks for."""
    wish = _arguments()
    wish.results.mkdir(parents=True, exist_ok=True)
    peers = None if wish.no_peers else wish.peers or python_of_peers()
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=wish.work)))
        server = stack.enter_context(running(durable=True))
        found = run(Bench(work, wish.choices, server, peers), wish.rounds)
    path = wish.results / f"ledger-{millions(wish.choices)}.json"
    path.write_text(json.dumps(found, indent=1) + "\n")
    report.write(wish.results, wish.page, wish.charts)


def run(bench: Bench, rounds: int) -> dict[str, Any]:
    """Measure everything, round by round."""
    found: dict[str, Any] = {
        "schema": "vanne-benchmark/ledger/1",
        "command": machine.command("ledger", sys.argv[1:]),
        "machine": machine.about(),
        "choices": bench.count,
        "appends": [],
        "checks": {name: [] for name in CHECKS},
    }
    for number in range(rounds):
        for engine in ENGINES:
            for appenders in APPENDERS:
                count = bench.count // ALONE if appenders == 1 else bench.count
                found["appends"].append(appends(bench, engine, appenders, 1, count))
            found["appends"].append(appends(bench, engine, 1, AT_ONCE, bench.count))
        say(f"round {number + 1}: recorded")
        checks(bench, found["checks"])
        say(f"round {number + 1}: checked")
    return found


def appends(bench: Bench, engine: str, appenders: int, per: int, count: int) -> Run:
    """Record choices in one way, and do what the floor and the peer do for as many."""
    folder = bench.fresh()
    options = ["--appenders", appenders, "--per", per]
    found = {"engine": engine, "appenders": appenders, "per": per, "choices": count}
    found["vanne"] = bench.way("append", folder, count, *options, *bench.schema(engine))
    size = max(count // int(found["vanne"]["transactions"]), 1)
    found["floor"] = bench.way("floor", folder, count, "--per", size, *bench.schema(engine))
    if bench.peers is not None and engine == "SQLite" and appenders == 1:
        peer = [str(bench.peers), str(PEERS / "by_pymerkle.py"), str(folder), str(count)]
        found["pymerkle"] = _run([*peer, "--per", str(per)])
    shutil.rmtree(folder)
    return found


def checks(bench: Bench, found: dict[str, list[Run]]) -> None:
    """Check and publish one ledger in every way."""
    folder = bench.fresh()
    bench.way("append", folder, bench.count, "--per", AT_ONCE)
    bench.way("publish", folder, bench.count)
    for name in CHECKS:
        found[name].append(bench.way(name, folder, bench.count))
    shutil.rmtree(folder)


def _run(command: list[str]) -> Run:
    used = measure.run(command)
    return used.said | {"work_cpu_s": used.work_cpu_s, "peak_mb": used.peak_mb}


def _arguments() -> Namespace:
    parser = ArgumentParser(prog="./run python benchmarks/ledger", description=__doc__)
    add = parser.add_argument
    add("--choices", type=amount, default=200_000, help="how many: 200k, 1M")
    add("--rounds", type=int, default=3)
    add("--peers", type=Path, help="a Python that has the peers (default: one made for them)")
    add("--no-peers", action="store_true", help="measure Vanne only")
    places(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
