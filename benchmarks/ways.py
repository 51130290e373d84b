"""What is measured of Vanne, and the floor: one way per process.

`python -m benchmarks.ways WAY ITEMS_FOLDER MEMBERS CHOICES OUT`; the last line on stdout is JSON.
Everything is imported before the clock starts.
"""

import cProfile
import json
import os
import pstats
from argparse import ArgumentParser
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet as pq

import vanne.sources.batches
from benchmarks.measure import cpu_seconds
from benchmarks.network import AS_OF, NEVER_PREFIX, PURPOSE
from vanne.decide import kernel
from vanne.decide.bulk import Engine, EvaluationRequest, Tables, decide_tables, write_verdicts
from vanne.policy import load
from vanne.sources.batches import categories_of

POLICY = str(Path(__file__).with_name("policy.toml"))
MOST = 10  # functions in a profile
Told = dict[str, object]


def floor(items: str, out: Path) -> Told:
    """Copy the same Parquet with DuckDB and decide nothing."""
    with duckdb.connect(config={"threads": os.cpu_count() or 1}) as connection:
        rows = connection.execute(
            f"COPY (SELECT * FROM '{items}/*.parquet') TO '{out}' (FORMAT parquet)"
        ).fetchall()
    return {"rows": rows[0][0]}


def codes(tables: Tables, question: EvaluationRequest, out: Path) -> Told:
    """Write one byte per row in file order.

    Of a file of never used categories only the categories are looked at, as a corpus does: nobody
    is given that file, and no row of it has a byte.
    """
    rows = 0
    decided, never = _files(tables.items)
    for name in never:
        found = categories_of(name)
        assert {category for category, _ in found} <= question.rules.never
        rows += sum(count for _, count in found)
    part = Tables(decided, tables.members, tables.choices)
    with out.open("wb") as sidecar:
        for _, decided in kernel.judge(part, question):
            rows += sidecar.write(decided.tobytes())
    return {"rows": rows}


def _files(folder: str) -> tuple[str, list[str]]:
    """Return all files to decide as one table, and those of what is never used."""
    never = sorted(Path(folder).glob(f"{NEVER_PREFIX}*.parquet"))
    return f"{folder}/items-*.parquet" if never else folder, list(map(str, never))


def verdicts(tables: Tables, question: EvaluationRequest, out: Path) -> Told:
    """Do what `vanne decide --engine kernel --out` does."""
    counts = write_verdicts(decide_tables(tables, question, "kernel"), out)
    return {"rows": counts.total()}


def counts(tables: Tables, question: EvaluationRequest, out: Path) -> Told:
    """Count the reasons and write nothing, as `vanne decide` without `--out`."""
    found = write_verdicts(decide_tables(tables, question, "kernel"), None)
    out.write_text(json.dumps({reason.value: number for reason, number in found.items()}))
    return {"rows": found.total()}


def keyed(tables: Tables, question: EvaluationRequest, out: Path, engine: Engine) -> Told:
    """Write `item_id, code` as that engine gives them."""
    rows = 0
    schema = pa.schema([("item_id", pa.string()), ("code", pa.uint8())])
    with pq.ParquetWriter(out, schema) as writer:
        for batch in decide_tables(tables, question, engine):
            writer.write_batch(batch.cast(schema))
            rows += len(batch)
    return {"rows": rows}


class InPlace(ThreadPoolExecutor):
    """Runs everything at once in the thread that asks: cProfile sees one thread alone."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def profiled(way: Callable[[], Told]) -> Told:
    """Run a way in one thread under cProfile; tell which functions take most time themselves."""
    vanne.sources.batches.ThreadPoolExecutor = InPlace  # type: ignore[misc]
    profile = cProfile.Profile()
    told = profile.runcall(way)
    rows = [
        (own, f"{Path(file).name}:{name}" if file != "~" else name.strip("<>"))
        for (file, _, name), (_, _, own, _, _) in pstats.Stats(profile).stats.items()  # type: ignore[attr-defined]
    ]
    total = sum(own for own, _ in rows)
    most = sorted(rows, reverse=True)[:MOST]
    return told | {"profile": [{"function": name, "share": own / total} for own, name in most]}


def main() -> None:
    """Run one way."""
    parser = ArgumentParser()
    for name in ("way", "items", "members", "choices", "out"):
        parser.add_argument(name)
    parser.add_argument("--engine", default="kernel")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--as-of", default=AS_OF)
    given = parser.parse_args()
    tables, out = Tables(given.items, given.members, given.choices), Path(given.out)
    question = EvaluationRequest(load(POLICY), PURPOSE, datetime.fromisoformat(given.as_of))
    ways: dict[str, Callable[[], Told]] = {
        "floor": lambda: floor(given.items, out),
        "codes": lambda: codes(tables, question, out),
        "verdicts": lambda: verdicts(tables, question, out),
        "counts": lambda: counts(tables, question, out),
        "keyed": lambda: keyed(tables, question, out, given.engine),
    }
    start = cpu_seconds()
    told = profiled(ways[given.way]) if given.profile else ways[given.way]()
    print(json.dumps(told | {"start_cpu_s": start}))


if __name__ == "__main__":
    main()
