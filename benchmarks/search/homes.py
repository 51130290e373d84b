"""`./run python -m benchmarks.search.homes`: the same index in files and in PostgreSQL.

Made-up people with texts go through corpus and index; both homes are asked the same briefs in turn.
A server of its own is started for it, with parallel queries off. CPU time is that of this process
and of the server's process together.
"""

import json
import os
import shutil
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

import numpy as np
import psycopg
from tests.postgres import running

from benchmarks import machine
from benchmarks.page import PAGE, table, write_section
from benchmarks.terminal import say
from vanne.config import Home
from vanne.demo.rules import policy_text
from vanne.ledger import Ledger
from vanne.sources.tables import write_items, write_members
from vanne.terms import Choice, Item, Member
from vanne_assist.brief.criteria import Brief
from vanne_assist.brief.parse import read_brief
from vanne_assist.search.find import find
from vanne_assist.search.keeping import update
from vanne_assist.search.searchable import Searchable, open_index

RESULTS = Path(__file__).parents[1] / "results"
SHOWN = {
    "p50": "p50, ms",
    "p95": "p95, ms",
    "cpu": "CPU, mean, ms",
    "made": "made, s",
    "update": "1 % said no, s",
    "mb": "MB",
}
_AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
_ROLES = ("engineer", "nurse", "accountant", "teacher", "developer", "cook", "architect", "analyst")
_FIELDS = ("data", "software", "civil", "night", "field", "team", "export", "test", "plant", "tax")
_TOWNS = ("Lausanne", "Bern", "Geneva", "Zürich", "Lugano", "Basel", "Fribourg", "Sion")
_SKILLS = ("Rust", "Python", "sales", "welding", "planning", "SAP", "Java", "logistics")
_LANGUAGES = ("French", "German", "Italian", "English")
_ASKED = 40
_WORDS = 30
_SIZE = """
SELECT sum(pg_total_relation_size(oid)) FROM pg_class
WHERE relname LIKE 'search_%' AND relkind = 'r'"""


def main() -> None:
    """Run what the command line asks for."""
    wish = _arguments()
    found: dict[str, Any] = {
        "schema": "vanne-benchmark/search-homes/1",
        "command": machine.command("search", sys.argv[1:]).replace(
            "benchmarks/search", "-m benchmarks.search.homes"
        ),
        "machine": machine.about(),
    }
    with TemporaryDirectory(dir=wish.work) as work:
        found["sizes"] = [measure(size, wish.seed, Path(work)) for size in wish.profiles]
    (wish.results / "search-homes.json").write_text(json.dumps(found, indent=1) + "\n")
    write_section(wish.page, "search-homes", report(found))


def report(found: dict[str, Any]) -> str:
    """Return the section of the page."""
    rows = []
    for each in found["sizes"]:
        size, files, database = f"{each['profiles']:,}", each["files"], each["database"]
        rows.append([f"{size}, files", *(f"{files[key]:.1f}" for key in SHOWN)])
        rows.append([f"{size}, PostgreSQL", *(f"{database[key]:.1f}" for key in SHOWN)])
        ratios = [f"{database[key] / files[key]:.2f}" for key in SHOWN]
        rows.append([f"ratio (same list in {each['same']:.0%})", *ratios])
    return "\n\n".join(
        [
            "## The index in files and in PostgreSQL",
            f"`{found['command']}`. {machine.sentence(found['machine'])}",
            "One whole question: filters, meaning, words, fusion, facets, twenty hits with their "
            "profiles, by briefs that four criteria and a title were read from; the two homes are "
            "asked in turn. An update refreshes the corpus too, which is the same in both.",
            table(["people", *SHOWN.values()], rows),
        ]
    )


def measure(profiles: int, seed: int, work: Path) -> dict[str, Any]:
    """Make both indexes of that many people and ask them in turn."""
    files = _home(profiles, seed, work / f"files-{profiles}")
    with running() as server:
        database = Home(work / f"database-{profiles}", search_url=server)
        with psycopg.connect(server, autocommit=True) as db:
            db.execute("ALTER SYSTEM SET max_parallel_workers_per_gather = 0")
            db.execute("SELECT pg_reload_conf()")
        made = {"files": _timed(files)}
        shutil.copytree(files.root, database.root)
        made["database"] = _timed(database)
        with open_index(files) as one, open_index(database) as other:
            found = _asked({"files": one, "database": other})
        for name, home in (("files", files), ("database", database)):
            with Ledger.of(home) as ledger:
                ledger.append([_no(row) for row in range(0, profiles, 100)])
            found[name] |= {"made": made[name], "update": _timed(home)}
        paths = (path for path in (files.root / "search").rglob("*") if path.is_file())
        found["files"]["mb"] = sum(path.stat().st_size for path in paths) / 1e6
        with psycopg.connect(server) as db:
            (size,) = db.execute(_SIZE).fetchone() or (0,)
            found["database"]["mb"] = float(size) / 1e6
    return {"profiles": profiles, **found}


def _timed(home: Home) -> float:
    start = perf_counter()
    update(home, _AS_OF)
    return perf_counter() - start


def _asked(homes: dict[str, Searchable]) -> dict[str, Any]:
    """Ask every home each brief, in turn; say how often they found the same people in one order."""
    walls: dict[str, list[float]] = {name: [] for name in homes}
    cpu, same = dict.fromkeys(homes, 0.0), 0
    for at, brief in enumerate([*_briefs(3), *_briefs(_ASKED)]):
        orders = []
        for name, index in homes.items():
            before, start = _cpu(index), perf_counter()
            results = find(index, brief)
            if at >= 3:  # the first ones warm up
                walls[name].append(1000 * (perf_counter() - start))
                cpu[name] += 1000 * (_cpu(index) - before)
            orders.append([hit.member_id for hit in results.hits])
        same += at >= 3 and orders[0] == orders[1]
    return {
        name: {
            "p50": float(np.percentile(walls[name], 50)),
            "p95": float(np.percentile(walls[name], 95)),
            "cpu": cpu[name] / _ASKED,
        }
        for name in homes
    } | {"same": same / _ASKED}


def _cpu(index: Searchable) -> float:
    """Return the seconds of CPU of this process, and of the server's that an index is asked in."""
    db = getattr(index, "_db", None)
    if db is None:
        return process_time()
    stat = Path(f"/proc/{db.info.backend_pid}/stat").read_text().rpartition(")")[2].split()
    return process_time() + (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


def _briefs(count: int) -> Iterator[Brief]:
    for at in range(count):
        field, role = _FIELDS[at % len(_FIELDS)], _ROLES[at % len(_ROLES)]
        town, skill = _TOWNS[at % len(_TOWNS)], _SKILLS[at % len(_SKILLS)]
        text = f"{field} {role} near {town} who speaks French, at least 3 years, ideally {skill}"
        yield read_brief(text, "en")


def _home(profiles: int, seed: int, root: Path) -> Home:
    say(f"making {profiles} people")
    home, dice = Home(root), np.random.default_rng(seed)
    root.mkdir(parents=True)
    born, joined = date(1985, 5, 5), datetime(2020, 1, 1, tzinfo=UTC)
    write_members((Member(f"m{n}", "CH", born, (), joined) for n in range(profiles)), home.members)
    write_items(_items(profiles, dice), home.items / "items.parquet")
    home.policy.write_text(policy_text(), encoding="utf-8")
    Ledger.of(home).close()
    return home


def _items(profiles: int, dice: np.random.Generator) -> Iterator[Item]:
    for n in range(profiles):
        pick = lambda words: words[int(dice.integers(len(words)))]  # noqa: E731
        since, more = 2000 + int(dice.integers(25)), int(dice.integers(profiles // 2 + 1))
        languages = " and ".join(dict.fromkeys((pick(_LANGUAGES), pick(_LANGUAGES))))
        told = " ".join(f"w{int(word)}" for word in dice.zipf(1.3, _WORDS) % 20_000)
        yield _item(n, "profile", f"{pick(_TOWNS)}, Switzerland. I speak {languages}. {told}")
        yield _item(
            n, "position", f"{pick(_FIELDS)} {pick(_ROLES)} x{more}, Lausanne, since {since}"
        )
        yield _item(n, "skill", f"{pick(_SKILLS)}, {pick(_SKILLS)}")


def _item(n: int, category: str, text: str) -> Item:
    return Item(
        item_id=f"m{n}-{category}", owner=f"m{n}", category=category, visibility="public",
        created_at=datetime(2024, 3, 3, tzinfo=UTC), lang="en", text=text,
    )  # fmt: skip


def _arguments() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--profiles", type=int, nargs="*", default=[1_000, 10_000])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--page", type=Path, default=PAGE)
    return parser.parse_args()


def _no(row: int) -> Choice:
    return Choice(f"m{row}", "recruiter-search", "all", False, datetime(2026, 5, 2, tzinfo=UTC))


if __name__ == "__main__":
    main()
