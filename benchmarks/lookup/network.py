"""The corpus that is asked, and what it must answer: read from the sidecars, not looked up."""

import sqlite3
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from benchmarks.network import AS_OF

from benchmarks import measure
from vanne.config import Home
from vanne.corpus import current
from vanne.corpus.lookup import Lookup
from vanne.corpus.patch import sidecar_of
from vanne.terms import REASONS, Reason

ITEMS_IN_A_FILE = 2_500_000


@dataclass(frozen=True, slots=True)
class Known:
    """The ids of all items, file after file, and the reason of each as a code."""

    home: Home
    ids: pa.Array
    codes: np.ndarray
    files: int
    opening: dict[str, float]

    def some(
        self, random: np.random.Generator, count: int, *, near: bool
    ) -> tuple[list[str], list[str]]:
        """Pick ids anywhere, or `near` each other in a file; return them with their reasons."""
        first = int(random.integers(0, len(self.ids) - count))
        rows = np.arange(first, first + count) if near else random.integers(0, len(self.ids), count)
        reasons = [REASONS[code].value for code in self.codes[rows].tolist()]
        return self.ids.take(pa.array(rows)).to_pylist(), reasons


def make(folder: Path, items: int) -> Known:
    """Make the network, its corpus, and a table of the same verdicts in SQLite."""
    home = Home(folder / "home")
    files = max(items // ITEMS_IN_A_FILE, 2)
    for step in (
        ("prepare", str(home.root), str(items), str(files)),
        ("build", str(home.root), AS_OF),
    ):
        measure.run([sys.executable, "-m", "benchmarks.corpora", *step])
    manifest = current(home)
    ids, codes = [], []
    for file in manifest.files:
        column = pq.read_table(home.items / file.path, columns=["item_id"])["item_id"]
        ids.append(column.combine_chunks().cast(pa.large_string()))
        if file.sidecar is None:
            codes.append(np.full(file.rows, Reason.CATEGORY_NEVER.code, np.uint8))
        else:
            codes.append(sidecar_of(home, manifest, file).codes)
    known = Known(
        home, pa.concat_arrays(ids), np.concatenate(codes), len(manifest.files), _opening(home)
    )
    _sqlite(known)
    return known


def _opening(home: Home) -> dict[str, float]:
    """Measure what it costs to open a version: for the first time, and again."""
    used = {}
    for name in ("first_cpu_s", "again_cpu_s"):
        before = time.process_time()
        Lookup.open(home, current(home))
        used[name] = time.process_time() - before
    return used


def _sqlite(known: Known) -> None:
    with sqlite3.connect(known.home.root / "verdicts.sqlite") as connection:
        connection.execute(
            "CREATE TABLE verdicts (item_id TEXT PRIMARY KEY, reason TEXT NOT NULL) WITHOUT ROWID"
        )
        words = (REASONS[code].value for code in known.codes.tolist())
        pairs = sorted(zip(known.ids.to_pylist(), words, strict=True))
        connection.executemany("INSERT INTO verdicts VALUES (?, ?)", pairs)
    connection.close()


def number(text: str) -> int:
    """Read `10M` or `20k`."""
    for unit, size in (("M", 1_000_000), ("k", 1000)):
        if text.endswith(unit):
            return int(text.removesuffix(unit)) * size
    return int(text)
