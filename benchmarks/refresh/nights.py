"""Simulated nights: `./run python -m benchmarks.refresh.nights --items 100k --nights 365`.

Each night, one item in a thousand is new, one is deleted, one in two thousand is changed, and a few
members choose. The night applies the table, refreshes, merges small files and prunes versions older
than ninety days; every thirtieth takes the bytes of deleted items out. Everything runs in one
process, and each step is measured in CPU seconds. In the end the corpus verifies and is what a
build gives, and 0.1 % of the items are deleted to see what that costs against a build from nothing.

A busy machine makes CPU seconds longer. So the last nights are compared with the first nights of
another network, as large, which takes turns with them.
"""

import json
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copyfile, copytree, rmtree
from statistics import median
from time import process_time
from typing import Any, TypeVar

import duckdb
from benchmarks.network import PURPOSE
from benchmarks.page import PAGE, millions, table, write_section
from benchmarks.terminal import amount, say
from benchmarks.ways import POLICY

from benchmarks import machine
from vanne.config import Home
from vanne.corpus import build, compacting, current, intake, read, refresh, verify
from vanne.ledger import Ledger
from vanne.terms import Choice

START = datetime(2026, 1, 15, tzinfo=UTC)
KEEP = timedelta(days=90)
ITEMS_PER_MEMBER = 10
T = TypeVar("T")
ITEM = """
    SELECT 'item-' || n AS item_id, 'm' || (hash(n) % {members}) AS owner,
        ['post', 'comment', 'position', 'photo', 'private_message'][1 + n % 5] AS category,
        TIMESTAMPTZ '2024-01-01' + to_hours(CAST(n % 8760 AS INT)) AS created_at,
        'public' AS visibility, CAST([] AS VARCHAR[]) AS tags,
        'what somebody wrote about their work, once more ' || md5('{salt}' || n) AS text
"""


class Lake:
    """A network that grows as much as it shrinks; items are numbered from the oldest."""

    def __init__(self, work: Path, items: int) -> None:
        work.mkdir()
        self.work, self.items, self.home = work, items, Home(work / "home")
        self.first, self.next, self.members = 0, items, items // ITEMS_PER_MEMBER
        self.table = str(work / "table.parquet")
        self.home.root.mkdir()
        copyfile(POLICY, self.home.policy)
        self.write("SELECT 'm' || n AS member_id, 'CH' AS region, DATE '1990-04-12' AS birth_date "
                   f"FROM range({self.members}) t(n)")  # fmt: skip
        Ledger.create(self.home.ledger).close()
        intake.put_members(self.home, self.table)
        self.write(f"{self.item('first')} FROM range({items}) t(n)")
        intake.add(self.home, self.table)

    def item(self, salt: str) -> str:
        return ITEM.format(members=self.members, salt=salt)

    def write(self, query: str) -> None:
        with duckdb.connect() as connection:
            connection.execute(f"COPY ({query}) TO '{self.table}' (FORMAT parquet)")

    def changes(self, number: int) -> None:
        """Write the table of a night."""
        many, half = max(self.items // 1000, 1), max(self.items // 2000, 1)
        new = f"range({self.next}, {self.next + many})"
        middle = self.first + (self.next - self.first) * (number % 97 + 1) // 99
        updated = f"range({middle}, {middle + half})"
        gone = f"range({self.first}, {self.first + many})"
        night = self.item(f"night {number}")
        self.write(
            f"SELECT 'insert' AS op, * FROM ({night} FROM {new} t(n)) UNION ALL "
            f"SELECT 'update' AS op, * FROM ({night} FROM {updated} t(n)) UNION ALL "
            f"SELECT 'delete' AS op, * FROM ({night} FROM {gone} t(n))"
        )
        self.first, self.next = self.first + many, self.next + many

    def choices(self, number: int) -> None:
        many = max(self.members // 1000, 1)
        at = START + timedelta(days=number)
        people = [f"m{(number * 7919 + k * 104729) % self.members}" for k in range(many)]
        with Ledger(self.home.ledger) as ledger:
            ledger.append([Choice(m, PURPOSE, "all", number % 3 == 0, at) for m in people])


def cpu(function: Callable[[], T]) -> tuple[float, T]:
    """Return the CPU seconds that a step takes, and what it returns."""
    start = process_time()
    result = function()
    return process_time() - start, result


def night(lake: Lake, number: int) -> dict[str, Any]:
    """Do one night of a network; return what each step cost, and how much lies where."""
    home, at, whole = lake.home, START + timedelta(days=number), number % 30 == 0
    lake.changes(number)
    lake.choices(number)
    applied, _ = cpu(lambda: intake.apply(home, lake.table))
    refreshed, _ = cpu(lambda: refresh(home, at))
    compacted, _ = cpu(lambda: compacting.compact(home, merge_only=not whole))
    pruned, _ = cpu(lambda: compacting.prune(home, KEEP, at))
    steps = {"apply": applied, "refresh": refreshed, "compact": compacted, "prune": pruned}
    return steps | {"whole": whole} | sizes(home)


def run(work: Path, items: int, nights: int) -> dict[str, Any]:
    """Simulate nights; return what each step of each cost, and how much lay where."""
    lake, young = Lake(work / "old", items), Lake(work / "young", items)
    home, part = lake.home, max(nights // 12, 1)
    first_build, _ = cpu(lambda: build(home, START))
    build(young.home, START)
    rows, first = list[dict[str, Any]](), list[dict[str, Any]]()
    for number in range(1, nights + 1):
        if (early := number - nights + part) > 0:
            first.append(night(young, early))
        rows.append(night(lake, number))
        if number % 30 == 0:
            say(f"night {number}: {rows[-1]}")
    end = START + timedelta(days=nights)
    verify(home, current(home))
    equal = build(home, end, make_current=False) == current(home)
    return {
        "schema": "vanne-benchmark/nights/2",
        "command": machine.command("refresh.nights", sys.argv[1:]).replace(
            "benchmarks/", "-m benchmarks."
        ),
        "machine": machine.about(),
        "items": items,
        "first_build": first_build,
        "nights": rows,
        "first": first,
        "equal": equal,
        "deletion": deletion(lake, end),
        "documents": sum(1 for _ in read(home, current(home))),
    }


def deletion(lake: Lake, at: datetime) -> dict[str, float]:
    """Measure what deleting 0.1 % costs, and a build from nothing of the same home."""
    many = max(lake.items // 1000, 1)
    step = (lake.next - lake.first) // many  # everywhere in the files
    lake.write(f"SELECT 'delete' AS op, 'item-' || n AS item_id "
               f"FROM range({lake.first}, {lake.next}, {step}) t(n)")  # fmt: skip
    applied, done = cpu(lambda: intake.apply(lake.home, lake.table))
    refreshed, _ = cpu(lambda: refresh(lake.home, at))
    copytree(lake.home.root, lake.work / "twin")
    twin = Home(lake.work / "twin")
    rmtree(twin.corpus)
    built, _ = cpu(lambda: build(twin, at))
    return {"items": done.deleted, "apply": applied, "refresh": refreshed, "build": built}


def sizes(home: Home) -> dict[str, int]:
    """Count the data files, the versions, and the bytes of what lies beside the data."""

    def below(*folders: Path) -> int:
        return sum(p.stat().st_size for f in folders for p in f.rglob("*") if p.is_file())

    files = list(home.items.glob("*.parquet"))
    return {
        "files": len(files),
        "data_bytes": below(home.items),
        "versions": len(list((home.corpus / "manifests").glob("*.json"))),
        "version_bytes": below(*(home.corpus / n for n in ("manifests", "patches", "sidecars"))),
        "corpus_bytes": below(home.corpus),
    }


def section(found: dict[str, Any]) -> str:
    """Return what the page says."""
    nights = found["nights"]
    count, part = len(nights), len(found["first"])
    ends = {"first": found["first"], "last": nights[-part:]}

    def cost(step: str, which: str) -> float:
        return median(night[step] for night in ends[which])

    rows = [
        (step, *(f"{cost(step, which):.3f}" for which in ends),
         f"{cost(step, 'last') / cost(step, 'first'):.2f}")
        for step in ("apply", "refresh", "compact", "prune")
    ]  # fmt: skip
    last, gone = nights[-1], found["deletion"]
    share = (gone["apply"] + gone["refresh"]) / gone["build"]
    whole = [night["compact"] for night in nights if night["whole"]]
    taken = f" Taking the bytes of deleted items out: {median(whole):.2f}." if whole else ""
    return "\n\n".join(
        [
            f"### {count} nights of {millions(found['items'])} items",
            f"`{found['command']}`\n\n{machine.sentence(found['machine'])}. Each night 0.1 % of "
            "the items are new, 0.1 % are deleted, 0.05 % change, and 0.1 % of the members choose. "
            f"The figures are medians of {part} nights; the last ones took turns with the first "
            "ones of another network, as large.",
            table(("CPU s", "first nights", "last nights", "last / first"), rows),
            "`prune` reads every version that is left. With 90 days kept it grows until the "
            "ninetieth night, and no further.",
            f"A build from nothing takes {found['first_build']:.2f} CPU s.{taken} In the end there "
            f"are {last['files']} data files (at most {max(n['files'] for n in nights)}) of "
            f"{last['data_bytes']:,} bytes, and {last['versions']} versions, of which manifests, "
            f"patches and sidecars take {last['version_bytes']:,} bytes. The corpus verifies and "
            f"{'is' if found['equal'] else '**is not**'} what a build gives.",
            f"Deleting {gone['items']:,} items costs {gone['apply']:.3f} (apply) and "
            f"{gone['refresh']:.3f} (refresh) CPU s: {share:.1%} of a build from nothing "
            f"({gone['build']:.2f}).",
        ]
    )


def main() -> None:
    """Run what the command line asks for."""
    parser = ArgumentParser(prog="./run python -m benchmarks.refresh.nights", description=__doc__)
    parser.add_argument("--items", type=amount, default=100_000)
    parser.add_argument("--nights", type=int, default=365)
    parser.add_argument("--results", type=Path, default=Path("benchmarks/results"))
    parser.add_argument("--page", type=Path, default=PAGE)
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vanne-nights-") as folder:
        found = run(Path(folder), wish.items, wish.nights)
    path = wish.results / f"nights-{millions(wish.items)}.json"
    path.write_text(json.dumps(found, indent=1) + "\n")
    write_section(wish.page, "nights", section(found))


if __name__ == "__main__":
    main()
