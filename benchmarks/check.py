"""Compare every row of an answer with the right one: how many are wrong.

`python -m benchmarks.check truth KEYED.parquet ITEMS TRUTH.npy` keeps an answer as the right one:
an array of codes by the item's number. `check wrong KIND ANSWER ITEMS_FOLDER TRUTH.npy` prints JSON
with `wrong` and `rows`. A row that is missing, twice, or of no item is wrong.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.network import NEVER_PREFIX
from vanne.terms import REASONS

MISSING = 255


def numbers(ids: pa.Array) -> np.ndarray:
    """Return the numbers of items: `i0000000042` is 42."""
    return pc.utf8_slice_codeunits(ids, 1).cast(pa.int64()).to_numpy()


def keyed_rows(path: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield numbers and codes of an answer with `item_id` and `code` or `reason`."""
    file = pq.ParquetFile(path)
    by_code = "code" in file.schema_arrow.names
    words = pa.array([reason.value for reason in REASONS], pa.string())
    for batch in file.iter_batches(1 << 20, columns=["item_id", "code" if by_code else "reason"]):
        codes = batch[1] if by_code else pc.index_in(batch[1].cast(pa.string()), words)
        yield numbers(batch["item_id"]), codes.to_numpy().astype(np.uint8)


def coded_rows(path: Path, files: list[Path]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield numbers and codes of an answer that holds one byte per row of the files, in order."""
    codes, at = np.fromfile(path, np.uint8), 0
    for file in files:
        for batch in pq.ParquetFile(file).iter_batches(1 << 20, columns=["item_id"]):
            part = codes[at : at + len(batch)]
            yield numbers(batch["item_id"])[: len(part)], part
            at += len(batch)


def gather(rows: Iterator[tuple[np.ndarray, np.ndarray]], items: int) -> tuple[np.ndarray, int]:
    """Return the codes by number, and how many rows there were."""
    codes, seen = np.full(items, MISSING, np.uint8), 0
    for found, said in rows:
        codes[found] = said
        seen += len(found)
    return codes, seen


def wrong(kind: str, answer: Path, folder: Path, truth: np.ndarray) -> tuple[int, int]:
    """Return how many rows are wrong, and how many were looked at."""
    files = sorted(folder.glob("*.parquet"))
    apart = [file for file in files if file.name.startswith(NEVER_PREFIX)]
    if kind == "counts":
        told = json.loads(answer.read_text())
        right = np.bincount(truth, minlength=len(REASONS))
        off = sum(abs(told.get(r.value, 0) - int(right[r.code])) for r in REASONS)
        return off // 2 + off % 2, len(truth)
    if kind in ("sample", "again"):  # rows that are not in the answer were not asked
        found = list(keyed_rows(answer))
        return sum(int((truth[n] != c).sum()) for n, c in found), sum(len(n) for n, _ in found)
    if kind == "codes":
        codes, seen = gather(coded_rows(answer, [f for f in files if f not in apart]), len(truth))
        denied, allowed = _never(apart, truth)
        bad = int((codes != truth).sum()) - denied + allowed
        return bad + abs(answer.stat().st_size - (len(truth) - denied)), seen
    codes, seen = gather(keyed_rows(answer), len(truth))
    return int((codes != truth).sum()) + max(seen - len(truth), 0), seen


def _never(files: list[Path], truth: np.ndarray) -> tuple[int, int]:
    """Count the rows of files that nobody is given, and which of them may be used after all."""
    rows = [
        truth[numbers(batch["item_id"])]
        for file in files
        for batch in pq.ParquetFile(file).iter_batches(1 << 20, columns=["item_id"])
    ]
    return sum(map(len, rows)), sum(int((part == 0).sum()) for part in rows)


def main() -> None:
    """Run from the command line."""
    if sys.argv[1] == "truth":
        answer, items, target = Path(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
        codes, seen = gather(keyed_rows(answer), items)
        assert seen == items and MISSING not in codes, "an answer lacks rows"
        np.save(target, codes)
        counts = np.bincount(codes, minlength=len(REASONS))
        print(json.dumps({r.value: int(counts[r.code]) for r in REASONS} | {"start_cpu_s": 0}))
        return
    kind, path, folder, kept = sys.argv[2:]
    bad, seen = wrong(kind, Path(path), Path(folder), np.load(kept))
    print(json.dumps({"wrong": bad, "rows": seen, "start_cpu_s": 0}))


if __name__ == "__main__":
    main()
