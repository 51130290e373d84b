"""One step with a corpus, in a process of its own: `python -m benchmarks.corpora STEP HOME ...`.

Measured: `build`, `refresh`, `read`, `raw`, `hide`, `index`. Not measured: `prepare`, `pick`,
`say`, `truth`, `compare`. The last line on stdout is JSON.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from shutil import copyfile
from statistics import median

import duckdb
import numpy as np
import numpy.ma  # numpy and pyarrow import these on first use: that is a start, not a step
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.check import numbers
from benchmarks.measure import cpu_seconds
from benchmarks.network import AS_OF, MACROS, NEVER_PREFIX, PURPOSE, STEP, make
from benchmarks.ways import POLICY
from vanne import corpus
from vanne.config import Home
from vanne.corpus.indexes import load
from vanne.corpus.patch import sidecar_of
from vanne.ledger import Ledger
from vanne.sources.tables import read_choices
from vanne.terms import Choice, Reason

Told = dict[str, object]
pa.array([0])
APPENDED = 50_000  # choices in one group commit


def prepare(home: Home, items: str, files: str) -> Told:
    """Lay a network out: items in files with what is never used apart, everybody's choices said."""
    tables = make(home.root, "apart", int(items), files=int(files))
    said = home.root / "choices"
    said.mkdir()
    tables.choices.rename(said / "000.parquet")
    copyfile(POLICY, home.policy)
    with Ledger.create(home.ledger) as ledger:
        # as an import does: by time, of one time the off last, and none that is not yet said
        now = datetime.fromisoformat(AS_OF)
        choices = [c for c in read_choices(str(said / "000.parquet")) if c.at <= now]
        choices.sort(key=lambda choice: (choice.at, not choice.on))
        for first in range(0, len(choices), APPENDED):
            ledger.append(choices[first : first + APPENDED])
        return {"choices": ledger.size}


def pick(home: Home, count: str, round_number: str, out: str) -> Told:
    """Choose members by a hash; a single one is one who has something in the corpus."""
    with duckdb.connect() as connection:
        connection.execute(MACROS.format(step=STEP, width=STEP))
        if int(count) == 1:
            owners = [batch["owner"].unique() for batch in _read(home, ["owner"])]
            there = pa.table({"member_id": pa.chunked_array(owners)})
            connection.register("there", there)
        else:
            connection.execute(f"CREATE VIEW there AS SELECT member_id FROM '{home.members}'")
        connection.execute(
            "COPY (SELECT DISTINCT member_id FROM there ORDER BY "
            f"h(substr(member_id, 2)::UBIGINT, 200 + {int(round_number)}), member_id "
            f"LIMIT {int(count)}) TO '{out}' (FORMAT parquet)"
        )
    return {}


def say(home: Home, members: str, on: str, at: str) -> Told:
    """Let these members say on or off: in the ledger, and in a file for who reads no ledger."""
    ids = pq.read_table(members)["member_id"].to_pylist()
    moment = datetime.fromisoformat(at)
    choices = [Choice(member, PURPOSE, "all", on == "on", moment) for member in ids]
    start = cpu_seconds()
    with Ledger(home.ledger) as ledger:
        for first in range(0, len(choices), APPENDED):
            ledger.append(choices[first : first + APPENDED])
    used = cpu_seconds() - start
    folder = home.root / "choices"
    rows = pa.table(
        {
            "member_id": pa.array(ids, pa.string()),
            "purpose": pa.array([PURPOSE] * len(ids), pa.string()),
            "scope": pa.array(["all"] * len(ids), pa.string()),
            "target": pa.nulls(len(ids), pa.string()),
            "on": pa.array([on == "on"] * len(ids)),
            "at": pa.array([moment] * len(ids), pa.timestamp("us", tz="UTC")),
            "channel": pa.array(["benchmark"] * len(ids), pa.string()),
            "notice": pa.array(["notice-1"] * len(ids), pa.string()),
        }
    )
    pq.write_table(rows, folder / f"{len(list(folder.iterdir())):03}.parquet")
    return {"said": len(ids), "append_cpu_s": used}


def build(home: Home, at: str) -> Told:
    """Decide everything."""
    return _about(corpus.build(home, datetime.fromisoformat(at)))


def refresh(home: Home, at: str) -> Told:
    """Bring the corpus up to date."""
    return _about(corpus.refresh(home, datetime.fromisoformat(at)))


def _about(manifest: corpus.Manifest) -> Told:
    return {
        "version": manifest.version,
        "allowed": manifest.counts.get("allowed", 0),
        "rows": sum(manifest.counts.values()),
    }


def hide(home: Home, members: str, at: str) -> Told:
    """Let one member say no, and make it true for readers: append and refresh, one process."""
    (member,) = pq.read_table(members)["member_id"].to_pylist()
    moment = datetime.fromisoformat(at)
    seen_before = _seen(home, member)
    cpu, wall = cpu_seconds(), time.perf_counter()
    with Ledger(home.ledger) as ledger:
        ledger.append([Choice(member, PURPOSE, "all", False, moment)])
    appended, appended_wall = cpu_seconds() - cpu, time.perf_counter() - wall
    corpus.refresh(home, moment)
    used, took = cpu_seconds() - cpu, time.perf_counter() - wall
    return {
        "seen_before": seen_before, "seen_after": _seen(home, member), "wall_s": took,
        "append_wall_s": appended_wall, "append_cpu_s": appended, "work_cpu_s": used,
    }  # fmt: skip


def index(home: Home, members: str) -> Told:
    """Find one member's rows in all files by the index that is kept: the median of 101 times."""
    people = pq.read_table(members)["member_id"].combine_chunks().cast(pa.large_string())
    files = [file for file in corpus.current(home).files if file.sidecar is not None]
    facts = [load(home.corpus / "facts" / f"{file.sha256}.arrow") for file in files]
    took, rows = [], 0
    for _ in range(101):
        before = time.perf_counter()
        rows = sum(len(each.rows_of(people)) for each in facts)
        took.append(time.perf_counter() - before)
    return {"rows": rows, "files": len(files), "median_s": median(took)}


def _seen(home: Home, member: str) -> int:
    """Count the items that a reader gets in which somebody is."""
    found = 0
    for batch in _read(home, ["owner", "author", "subjects"]):
        of = [batch["owner"], batch["author"], batch["subjects"].flatten()]
        found += sum(int(pc.sum(pc.equal(column, member)).as_py() or 0) for column in of)
    return found


def _read(home: Home, columns: list[str]) -> Iterator[pa.RecordBatch]:
    return corpus.read_batches(home, corpus.current(home), columns)


def read(home: Home, columns: str) -> Told:
    """Read these columns of all allowed rows, as a trainer does."""
    return {"read": sum(len(batch) for batch in _read(home, columns.split(",")))}


def raw(home: Home, columns: str) -> Told:
    """Read these columns of the same files and ask nobody."""
    rows = 0
    for path in _trainable(home):
        with pq.ParquetFile(path) as file:
            rows += sum(len(batch) for batch in file.iter_batches(columns=columns.split(",")))
    return {"read": rows}


def _trainable(home: Home) -> list[Path]:
    files = sorted(home.items.glob("*.parquet"))
    return [file for file in files if not file.name.startswith(NEVER_PREFIX)]


def truth(home: Home, items: str, out: str) -> Told:
    """Keep what this corpus says of each item, by the item's number."""
    codes = np.full(int(items), Reason.CATEGORY_NEVER.code, np.uint8)
    manifest = corpus.current(home)
    for file in manifest.files:
        if file.sidecar is not None:
            ids = pq.read_table(home.items / file.path, columns=["item_id"])["item_id"]
            codes[numbers(ids.combine_chunks())] = sidecar_of(home, manifest, file).codes
    np.save(out, codes)
    return {"rows": len(codes)}


def compare(home: Home, other: str) -> Told:
    """Compare two corpora, row by row and by what their manifests say."""
    ours, theirs = corpus.current(home), corpus.current(Home(Path(other)))
    wrong = 0
    for a, b in zip(ours.files, theirs.files, strict=True):
        if a.sidecar is not None:
            left, right = sidecar_of(home, ours, a), sidecar_of(Home(Path(other)), theirs, b)
            wrong += int(np.count_nonzero(left.codes != right.codes))
    return {"wrong": wrong, "same_manifest": ours.canonical() == theirs.canonical()}


STEPS: tuple[Callable[..., Told], ...] = (
    prepare, pick, say, build, refresh, hide, index, read, raw, truth, compare,
)  # fmt: skip


def main() -> None:
    """Run one step."""
    name, home, *more = sys.argv[1:]
    (step,) = (step for step in STEPS if step.__name__ == name)
    start = cpu_seconds()
    told = step(Home(Path(home)), *more)
    print(json.dumps(told | {"start_cpu_s": start}))


if __name__ == "__main__":
    main()
