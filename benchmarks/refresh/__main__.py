"""`./run python benchmarks/refresh`: what a change of mind costs, against deciding everything.

A home with items laid out by member and the categories that are never used apart. In each round,
for one member, 0.01 %, 1 % and 10 % of them: they say off, and then on again. Each time the corpus
is refreshed; another home, of which nothing is kept, is built from nothing and then built again;
every row and the manifest of the two are compared. The peers' ways are run on the same tables.
"""

import json
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from shutil import rmtree
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.environment import PEERS, python_of_peers
from benchmarks.network import AS_OF, ITEMS_PER_MEMBER
from benchmarks.page import millions
from benchmarks.refresh import report
from benchmarks.terminal import amount, places, say

from benchmarks import machine, measure

SHARES = {"one member": 0.0, "0.01 %": 0.0001, "1 %": 0.01, "10 %": 0.1}
ITEMS_IN_A_FILE = 2_500_000
COLUMNS = {
    "document": "item_id,owner,author,subjects,text,lang,category",
    "text": "text",
}


@dataclass
class Bench:
    """A home, its twin that keeps nothing, and the time, which goes on by a minute each step."""

    work: Path
    items: int
    peers: Path | None
    minutes: int = 0

    @property
    def home(self) -> Path:
        return self.work / "home"

    @property
    def twin(self) -> Path:
        return self.work / "twin"

    @property
    def now(self) -> str:
        return (datetime.fromisoformat(AS_OF) + timedelta(minutes=self.minutes)).isoformat()

    def step(self, name: str, home: Path, *more: object) -> measure.Used:
        """Run one step of `benchmarks.corpora`."""
        command = [sys.executable, "-m", "benchmarks.corpora", name, str(home), *map(str, more)]
        return measure.run(command)


def main() -> None:
    """Run what the command line asks for."""
    wish = _arguments()
    wish.results.mkdir(parents=True, exist_ok=True)
    peers = None if wish.no_peers else wish.peers or python_of_peers()
    for items in wish.items:
        with tempfile.TemporaryDirectory(dir=wish.work, prefix="vanne-bench-") as folder:
            found = run_size(Bench(Path(folder), items, peers), wish)
        path = wish.results / f"refresh-{millions(items)}.json"
        path.write_text(json.dumps(found, indent=1) + "\n")
    report.write(wish.results, wish.page, wish.charts)


def run_size(bench: Bench, wish: Namespace) -> dict[str, Any]:
    """Measure one size."""
    found: dict[str, Any] = {
        "schema": "vanne-benchmark/refresh/1",
        "command": machine.command("refresh", sys.argv[1:]),
        "machine": machine.about(),
        "items": bench.items,
        "members": bench.items // ITEMS_PER_MEMBER,
        "files": max(bench.items // ITEMS_IN_A_FILE, 2),
        "changes": {name: {"off": [], "on": []} for name in wish.changes},
        "reads": {name: [] for name in COLUMNS},
        "hidden": [],
    }
    say(f"making {bench.items:,} items")
    bench.step("prepare", bench.home, bench.items, found["files"])
    make_twin(bench)
    found["first_build"] = asdict(bench.step("build", bench.home, bench.now))
    for number in range(wish.rounds):
        for name in wish.changes:
            count = max(round(SHARES[name] * found["members"]), 1)
            members = bench.work / "members.parquet"
            bench.step("pick", bench.home, count, number, members)
            for way in ("off", "on"):
                bench.minutes += 1
                found["changes"][name][way].append(change(bench, members, way))
                say(f"round {number + 1}: {name} {way}: {_short(found['changes'][name][way][-1])}")
        found["hidden"].append(hide(bench, number))
        for name, columns in COLUMNS.items():
            found["reads"][name].append(reads(bench, columns))
    return found


def make_twin(bench: Bench) -> None:
    """Make a home that reads the same tables and ledger and keeps its corpus apart."""
    bench.twin.mkdir()
    for path in bench.home.iterdir():
        (bench.twin / path.name).symlink_to(path)


def change(bench: Bench, members: Path, way: str) -> dict[str, Any]:
    """Let them say it; refresh; build everything; compare; do it as peers do."""
    said = bench.step("say", bench.home, members, way, bench.now).said
    runs = {"refresh": asdict(bench.step("refresh", bench.home, bench.now))}
    rmtree(bench.twin / "corpus", ignore_errors=True)
    runs["build"] = asdict(bench.step("build", bench.twin, bench.now))
    runs["again"] = asdict(bench.step("build", bench.twin, bench.now))
    compared = bench.step("compare", bench.home, bench.twin).said
    found = said | {"equal": compared, "runs": runs}
    truth = bench.work / "truth.npy"
    bench.step("truth", bench.twin, bench.items, truth)
    for name, command in _others(bench, members).items():
        runs[name] = asdict(measure.run(command))
        kind = {"decide": "codes", "sql-again": "again"}.get(name, "keyed")
        places = [str(bench.work / "answer"), str(bench.home / "items"), str(truth)]
        check = [sys.executable, "-m", "benchmarks.check", "wrong", kind, *places]
        told = measure.run(check).said
        runs[name]["said"] = {"wrong": told["wrong"], "checked": told["rows"]}
    return found


def _others(bench: Bench, members: Path) -> dict[str, list[str]]:
    """Return the commands that decide everything from the tables, and the peers'."""
    items, out = str(bench.home / "items"), str(bench.work / "answer")
    people = str(bench.home / "members.parquet")
    choices = str(bench.home / "choices" / "*.parquet")
    ways = [sys.executable, "-m", "benchmarks.ways", "codes", items, people, choices, out]
    commands = {"decide": [*ways, "--as-of", bench.now]}
    if bench.peers is not None:
        sql = [
            str(bench.peers), str(PEERS / "by_sql.py"), "--items", items, "--members", people,
            "--choices", choices, "--out", out, "--as-of", bench.now,
        ]  # fmt: skip
        commands |= {"sql-all": sql, "sql-again": [*sql, "--only", str(members)]}
    return commands


def hide(bench: Bench, number: int) -> dict[str, Any]:
    """Measure one member's no until no reader sees them, and the step of the index in it."""
    members = bench.work / "one.parquet"
    bench.step("pick", bench.home, 1, 50 + number, members)
    index = bench.step("index", bench.home, members).said
    bench.minutes += 1
    used = bench.step("hide", bench.home, members, bench.now)
    return {"index": index, "work_cpu_s": used.work_cpu_s} | used.said


def reads(bench: Bench, columns: str) -> dict[str, Any]:
    """Read through the valve, and the same columns raw."""
    through = bench.step("read", bench.home, columns)
    return {"valve": asdict(through), "raw": asdict(bench.step("raw", bench.home, columns))}


def _short(change: dict[str, Any]) -> str:
    figures = {name: f"{run['work_cpu_s']:.3f}" for name, run in change["runs"].items()}
    return f"{figures}, {change['equal']}"


def _arguments() -> Namespace:
    parser = ArgumentParser(prog="./run python benchmarks/refresh", description=__doc__)
    add = parser.add_argument
    add("--items", action="append", type=amount, help="how many: 1M, 10M; repeatable")
    add("--rounds", type=int, default=3)
    add("--changes", nargs="+", choices=SHARES, default=list(SHARES), help="who changes their mind")
    add("--peers", type=Path, help="a Python that has the peers (default: one made for them)")
    add("--no-peers", action="store_true", help="measure Vanne only")
    places(parser)
    wish = parser.parse_args()
    wish.items = wish.items or [1_000_000]
    return wish


if __name__ == "__main__":
    main()
