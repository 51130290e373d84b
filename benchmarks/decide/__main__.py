"""`./run python benchmarks/decide`: what a verdict costs, against the copying of the same data.

For each size and layout: make the network, then in each round run every way once, each in a
process of its own, and compare every row of what it wrote with the right answer: that of the
reference up to 1M items (it does not depend on the layout), above that the kernel's.
"""

import json
import subprocess
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.decide import report
from benchmarks.environment import PEERS, python_of_peers
from benchmarks.network import CONTENTS, LAYOUTS, Content, Layout, Tables
from benchmarks.page import millions
from benchmarks.terminal import amount, places, say

from benchmarks import machine, measure

RESULTS = Path(__file__).parents[1] / "results"
REFERENCE_LIMIT = 1_000_000
SAMPLE = 20_000
GB_AN_ITEM = 150e-9  # the tables, a copy, and a copy with reasons


@dataclass(frozen=True, slots=True)
class Way:
    """One way to decide. `kind` is how `benchmarks.check` reads what it wrote."""

    name: str
    kind: str
    arguments: tuple[str, ...] = ()
    limit: int = 10**12
    script: str | None = None
    needs: str | None = None
    rounds: int = 100


WAYS = (
    Way("floor", "none", ("floor",)),
    Way("kernel-codes", "codes", ("codes",)),
    Way("kernel-verdicts", "keyed", ("verdicts",)),
    Way("kernel-counts", "counts", ("counts",)),
    Way("duckdb", "keyed", ("keyed", "--engine", "duckdb"), needs="sqlglot"),
    Way(
        "spark",
        "keyed",
        ("keyed", "--engine", "spark"),
        limit=10_000_000,
        needs="pyspark",
        rounds=1,
    ),
    Way("reference", "keyed", ("keyed", "--engine", "reference"), limit=1_000_000, rounds=1),
    Way("hand-sql", "keyed", script="by_sql.py"),
    Way("hand-sql-ordered", "keyed", ("--shape", "ordered"), script="by_sql.py"),
    Way("hand-sql-whole", "keyed", ("--shape", "whole"), script="by_sql.py", rounds=1),
    Way("polars", "keyed", script="by_polars.py"),
    Way("polars-ordered", "keyed", ("--shape", "ordered"), script="by_polars.py"),
    Way("pandas", "keyed", script="by_pandas.py", limit=10_000_000, rounds=1),
    Way("regorus", "sample", ("--sample", str(SAMPLE)), script="by_regorus.py", rounds=1),
    Way("cedar", "sample", ("--sample", str(SAMPLE)), script="by_cedar.py", rounds=1),
)


LEAN = ("floor", "kernel-codes", "kernel-verdicts", "kernel-counts", "duckdb", "hand-sql",
        "hand-sql-ordered", "polars", "polars-ordered")  # fmt: skip
"""The ways that are written for tables that lack columns, too."""


@dataclass(frozen=True, slots=True)
class Bench:
    """One run of the whole: what was asked, where things lie."""

    wish: Namespace
    work: Path
    peers: Path | None

    def ways(self, items: int, content: Content) -> list[Way]:
        """Return the ways that can be measured here with that many items."""
        wanted = [way for way in WAYS if not self.wish.ways or way.name in self.wish.ways]
        if content == "lean":
            wanted = [way for way in wanted if way.name in LEAN]
        return [
            way
            for way in wanted
            if items <= way.limit
            and (way.script is None or self.peers is not None)
            and (way.needs is None or _installed(way.needs, self.wish.engines))
        ]

    def command(self, way: Way, tables: Tables, out: Path) -> list[str]:
        """Return the command line of a way."""
        places = [str(tables.items_folder), str(tables.members), str(tables.choices), str(out)]
        if way.script is None:
            name, *more = way.arguments
            python = self.wish.engines if way.needs else sys.executable
            return [python, "-m", "benchmarks.ways", name, *places, *more]
        flags = ("--items", "--members", "--choices", "--out")
        named = [part for pair in zip(flags, places, strict=True) for part in pair]
        return [str(self.peers), str(PEERS / way.script), *named, *way.arguments]


def main() -> None:
    """Run what the command line asks for."""
    wish = _arguments()
    RESULTS.mkdir(exist_ok=True)
    wish.results.mkdir(parents=True, exist_ok=True)
    peers = None if wish.no_peers else wish.peers or python_of_peers()
    with tempfile.TemporaryDirectory(dir=wish.work, prefix="vanne-bench-") as folder:
        bench = Bench(wish, Path(folder), peers)
        for items in wish.items:
            for content in wish.content:
                found = run_size(bench, items, content)
                name = f"decide-{millions(items)}-{content}.json"
                (wish.results / name).write_text(json.dumps(found, indent=1) + "\n")
    report.write(wish.results, wish.page, wish.charts)


def run_size(bench: Bench, items: int, content: Content) -> dict[str, Any]:
    """Measure one size, layout by layout; nothing of it stays on the disk."""
    found: dict[str, Any] = {
        "schema": "vanne-benchmark/decide/1",
        "command": machine.command("decide", sys.argv[1:]),
        "machine": machine.about(),
        "items": items,
        "members": items // 10,
        "content": content,
        "layouts": {},
    }
    truth = bench.work / "truth.npy"
    left_out = {way.name for way in WAYS} - {way.name for way in bench.ways(items, content)}
    say(f"left out (not asked for, not installed or too slow): {', '.join(sorted(left_out))}")
    for layout in bench.wish.layouts:
        tables = make(bench.work / "network", layout, items, content)
        if layout == bench.wish.layouts[0]:
            found["verdicts"] = right_answer(bench, tables, truth)
        found["layouts"][layout] = run_layout(bench, tables, content, truth)
        _remove(tables.folder)
    return found


def make(folder: Path, layout: Layout, items: int, content: Content) -> Tables:
    """Make a network in a process of its own, so that this one stays small."""
    say(f"making {items:,} items, {layout}, {content}")
    code = (
        "import sys; from pathlib import Path; from benchmarks.network import make; "
        "make(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), content=sys.argv[4])"
    )
    arguments = [str(folder), layout, str(items), content]
    subprocess.run([sys.executable, "-c", code, *arguments], check=True, cwd=measure.ROOT)
    return Tables(folder, layout, items)


def right_answer(bench: Bench, tables: Tables, truth: Path) -> dict[str, Any]:
    """Keep the right code of each item; return how many there are of each reason."""
    engine = "reference" if tables.items <= REFERENCE_LIMIT else "kernel"
    say(f"the right answer, by the {engine}")
    out = bench.work / "right.parquet"
    way = Way("right", "keyed", ("keyed", "--engine", engine))
    measure.run(bench.command(way, tables, out))
    told = measure.run([*_check("truth"), str(out), str(tables.items), str(truth)])
    out.unlink()
    return {"by": engine, "counts": told.said | {"start_cpu_s": None}}


def run_layout(bench: Bench, tables: Tables, content: Content, truth: Path) -> dict[str, Any]:
    """Run every way once a round; return all measurements."""
    ways, runs = bench.ways(tables.items, content), dict[str, list[dict[str, Any]]]()
    for number in range(bench.wish.rounds):
        for way in ways:
            if number < way.rounds:
                used, bad = _once(bench, way, tables, truth)
                runs.setdefault(way.name, []).append(asdict(used) | bad)
                say(f"{tables.layout} round {number + 1} {way.name}: {used.work_cpu_s:.2f} CPU s")
    sizes = {
        "items_bytes": sum(file.stat().st_size for file in tables.items_folder.iterdir()),
        "members_bytes": tables.members.stat().st_size,
        "choices_bytes": tables.choices.stat().st_size,
    }
    return sizes | {"ways": runs, "profile": profile(bench, tables, ways)}


def profile(bench: Bench, tables: Tables, ways: list[Way]) -> list[dict[str, Any]]:
    """Return in which functions the kernel spends its time, in a run that is not measured."""
    kernel = next(way for way in WAYS if way.name == "kernel-codes")
    if kernel not in ways:
        return []
    out = bench.work / "answer"
    told = measure.run([*bench.command(kernel, tables, out), "--profile"]).said
    out.unlink()
    return list(told["profile"])


def _once(
    bench: Bench, way: Way, tables: Tables, truth: Path
) -> tuple[measure.Used, dict[str, int]]:
    out = bench.work / "answer"
    used = measure.run(bench.command(way, tables, out))
    bad = {"answer_bytes": out.stat().st_size}
    if way.kind != "none":
        places = [way.kind, str(out), str(tables.items_folder), str(truth)]
        told = measure.run([*_check("wrong"), *places]).said
        bad |= {"wrong": told["wrong"], "checked": told["rows"]}
    out.unlink()
    return replace(used, said={}), bad


def _check(what: str) -> list[str]:
    return [sys.executable, "-m", "benchmarks.check", what]


def _installed(name: str, python: str) -> bool:
    done = subprocess.run([python, "-c", f"import {name}"], capture_output=True)
    return done.returncode == 0


def _remove(folder: Path) -> None:
    from shutil import rmtree

    rmtree(folder)


def _arguments() -> Namespace:
    parser = ArgumentParser(prog="./run python benchmarks/decide", description=__doc__)
    add = parser.add_argument
    add("--items", action="append", type=amount, help="how many: 1M, 10M, 100M; repeatable")
    add("--layouts", nargs="+", choices=LAYOUTS, default=list(LAYOUTS))
    add("--rounds", type=int, default=3)
    add("--content", nargs="+", choices=CONTENTS, default=["text"])
    add("--ways", nargs="+", choices=[way.name for way in WAYS], help="default: all")
    add("--engines", default=sys.executable, help="a Python that has SQLGlot and pyspark too")
    add("--peers", type=Path, help="a Python that has the peers (default: one made for them)")
    add("--no-peers", action="store_true", help="measure Vanne and the floor only")
    places(parser)
    wish = parser.parse_args()
    wish.items = wish.items or [1_000_000]
    needed = max(wish.items) * GB_AN_ITEM
    if machine.disk_free_gb(wish.work or Path(tempfile.gettempdir())) < needed:
        parser.error(f"{needed:.0f} GB of disk are needed: name another place with --work")
    return wish


if __name__ == "__main__":
    main()
