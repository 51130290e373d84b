"""`./run python benchmarks/night`: what a network's nights cost, against copying its items.

The made-up network of `network.py`, in one file. The first night adds the items, builds, and reads
every document once, which screens all texts. Then a quiet night; a night in which 1 % of the items
are new and 0.1 % of the members choose; and a night that deletes 0.1 % of the items, against a
build from nothing. Beside it DuckDB copies the items, and the kernel, SQL by hand and polars decide
them, with the same output: the id and the code of each item. Each step is a process of its own that
counts what it uses after its imports; of those that decide, the process counts without its start.
"""

import json
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copyfile, rmtree
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import duckdb
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq
from benchmarks.environment import PEERS, python_of_peers
from benchmarks.network import AS_OF, PURPOSE, Tables, make
from benchmarks.page import millions, table, write_section
from benchmarks.terminal import amount, places, say

from benchmarks import corpora, machine, measure, ways
from vanne.config import Home
from vanne.corpus import build, current, intake, refresh, screen
from vanne.ledger import Ledger
from vanne.sources.tables import read_choices
from vanne.terms import Choice

COLUMNS = "item_id,owner,author,subjects,text,lang,category"
Told = dict[str, object]


def at(night: str) -> datetime:
    """Return the time of a night."""
    return datetime.fromisoformat(AS_OF) + timedelta(days=int(night))


# The steps, each in a process of its own


def begin(home: Home, members: str, choices: str) -> Told:
    """Make a home with its members, and record the choices: not part of a night."""
    home.root.mkdir()
    copyfile(ways.POLICY, home.policy)
    with Ledger.create(home.ledger) as ledger:
        chosen = [c for c in read_choices(choices) if c.at <= at("0")]
        chosen.sort(key=lambda choice: (choice.at, not choice.on))
        for first in range(0, len(chosen), 50_000):
            ledger.append(chosen[first : first + 50_000])
        intake.put_members(home, members)
        return {"choices": ledger.size}


def add(home: Home, items: str) -> Told:
    """Take the items in."""
    return {"rows": intake.add(home, items).rows}


def build_all(home: Home, night: str) -> Told:
    """Decide everything."""
    return {"documents": build(home, at(night)).documents}


def a_night(home: Home, changes: str, members: str, night: str) -> Told:
    """Apply changes, record choices, refresh, and screen the texts that are new."""
    with Ledger(home.ledger) as ledger:
        people = pq.read_table(members)["member_id"].to_pylist() if members else []
        ledger.append([Choice(m, PURPOSE, "all", False, at(night)) for m in people])
    if changes:
        intake.apply(home, changes)
    screen(home, refresh(home, at(night)))
    return {"files": len(current(home).files)}


def copy(home: Home, items: str, out: str) -> Told:
    """Copy the items with DuckDB."""
    return ways.floor(items, Path(out))


STEPS: tuple[Callable[..., Told], ...] = (
    begin, add, build_all, a_night, copy, corpora.read, corpora.raw,
)  # fmt: skip


# The measurement


def step(name: str, home: Path, *more: object) -> measure.Used:
    """Run one step in a process of its own."""
    command = [sys.executable, __file__, "step", name, str(home), *map(str, more)]
    return measure.run(command)


def run_round(work: Path, tables: Tables, peers: Path | None) -> dict[str, float]:
    """Measure everything once; return the CPU seconds of each step."""
    used: dict[str, float] = {}
    home, out = work / "home", work / "out.parquet"

    def took(name: str, run: measure.Used) -> None:
        used[name] = run.work_cpu_s
        out.unlink(missing_ok=True)
        say(f"{name}: {run.work_cpu_s:.3f} CPU s, {run.peak_mb:.0f} MB")

    where = [str(tables.items_folder), str(tables.members), str(tables.choices), str(out)]
    took("copy", step("copy", home, tables.items_folder, out))
    took("decide", measure.run([sys.executable, "-m", "benchmarks.ways", "keyed", *where]))
    flags = ("--items", "--members", "--choices", "--out")
    named = [part for pair in zip(flags, where, strict=True) for part in pair]
    for name, script in (("sql", "by_sql.py"), ("polars", "by_polars.py")) if peers else ():
        took(name, measure.run([str(peers), str(PEERS / script), *named]))
    step("begin", home, tables.members, tables.choices)
    took("add", step("add", home, tables.item_files))
    time.sleep(2.1)  # the checksum of a file that is older than that is believed
    took("build", step("build_all", home, 0))
    took("first read", step("read", home, COLUMNS))
    took("read again", step("read", home, COLUMNS))
    took("plain read", step("raw", home, COLUMNS))
    took("quiet night", step("a_night", home, "", "", 1))
    new, people, gone = (work / f"{name}.parquet" for name in ("new", "people", "gone"))
    with duckdb.connect() as connection:
        pick = "hash(item_id) % {} = 0"
        for path, query in (
            (new, "SELECT * REPLACE (item_id || '-new' AS item_id), 'insert' AS op "
                  f"FROM '{tables.item_files}' WHERE {pick.format(100)}"),
            (people, f"FROM '{tables.members}' USING SAMPLE 0.1 PERCENT (bernoulli, 7)"),
            (gone, "SELECT item_id, 'delete' AS op "
                   f"FROM '{tables.item_files}' WHERE {pick.format(1000)}"),
        ):  # fmt: skip
            connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    took("changing night", step("a_night", home, new, people, 2))
    time.sleep(2.1)
    took("deleting night", step("a_night", home, gone, "", 3))
    version = (home / "corpus" / "CURRENT").read_bytes()
    rmtree(home / "corpus")
    took("build from nothing", step("build_all", home, 3))
    assert (home / "corpus" / "CURRENT").read_bytes() == version, "delta is not rebuild"
    rmtree(home)
    return used


def section(found: dict[str, Any]) -> str:
    """Return what the page says of one size."""
    cpu = {name: median(each[name] for each in found["rounds"]) for name in found["rounds"][0]}
    first = sum(cpu[name] for name in ("add", "build", "first read"))
    copy, best = cpu["copy"], min(cpu.get("sql", 1e9), cpu.get("polars", 1e9))
    budgets = [
        ("decide, id and reason", cpu["decide"] / best, 1.0, "the better of SQL and polars"),
        ("first night: add, build, read all", first / copy, 5.0, "copying the items"),
        ("first read, which screens", cpu["first read"] / cpu["plain read"], 10.0, "a plain read"),
        ("read again", cpu["read again"] / cpu["plain read"], 1.3, "a plain read"),
        ("1 % new, 0.1 % choose", cpu["changing night"] / first, 0.03, "the first night"),
        ("0.1 % deleted", cpu["deleting night"] / cpu["build from nothing"], 0.02, "a build"),
    ]  # fmt: skip
    rows = [
        (name, f"{ratio:.3f}", f"{most:g}", against, "met" if ratio <= most else "**not met**")
        for name, ratio, most, against in budgets
        if ratio > 1e-6  # without peers there is nothing to compare the deciding with
    ]
    figures = ", ".join(f"{name} {seconds:.2f}" for name, seconds in cpu.items())
    return "\n\n".join(
        [
            f"### A night of {millions(found['items'])} items",
            f"`{found['command']}`\n\n{machine.sentence(found['machine'])}. "
            f"Medians of {len(found['rounds'])} round(s).",
            table(("", "ratio", "at most", "against", ""), rows, words=True),
            f"CPU seconds: {figures}. After the deleting night the version is that of a build.",
        ]
    )


def main() -> None:
    """Run what the command line asks for."""
    if sys.argv[1:2] == ["step"]:
        _, _, name, home, *more = sys.argv
        (function,) = (each for each in STEPS if each.__name__ == name)
        pa.array([0])
        start = time.process_time()
        told = function(Home(Path(home)), *more)
        print(json.dumps(told | {"work_cpu_s": time.process_time() - start}))
        return
    wish = _arguments()
    wish.results.mkdir(parents=True, exist_ok=True)
    peers = None if wish.no_peers else wish.peers or python_of_peers()
    for items in wish.items:
        found: dict[str, Any] = {
            "schema": "vanne-benchmark/night/1",
            "command": machine.command("night", sys.argv[1:]),
            "machine": machine.about(),
            "items": items,
        }
        with tempfile.TemporaryDirectory(dir=wish.work, prefix="vanne-bench-") as folder:
            tables = make(Path(folder, "network"), "clustered", items)
            rounds = range(wish.rounds)
            found["rounds"] = [run_round(Path(folder), tables, peers) for _ in rounds]
        path = wish.results / f"night-{millions(items)}.json"
        path.write_text(json.dumps(found, indent=1) + "\n")
    files = (json.loads(path.read_text()) for path in wish.results.glob("night-*.json"))
    kept = sorted(files, key=lambda each: int(each["items"]))
    write_section(wish.page, "night", "\n\n".join(map(section, kept)))


def _arguments() -> Namespace:
    parser = ArgumentParser(prog="./run python benchmarks/night", description=__doc__)
    add = parser.add_argument
    add("--items", action="append", type=amount, help="how many: 1M, 10M; repeatable")
    add("--rounds", type=int, default=3)
    add("--peers", type=Path, help="a Python that has the peers (default: one made for them)")
    add("--no-peers", action="store_true", help="measure Vanne and the copy only")
    places(parser)
    wish = parser.parse_args()
    wish.items = wish.items or [1_000_000]
    return wish


if __name__ == "__main__":
    main()
