"""`./run python benchmarks/screening`: what screening costs, against a plain read of the same file.

Items of the made-up network of the categories that may be listed, in one file (zstd). In each round
the file is read as Arrow batches plainly and with its texts screened, and as Python rows plainly
and screened; CPU seconds of this process, the median of the rounds. Ratios are of one run.
"""

import json
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parents[2]))

from vanne.demo.network import iter_items
from vanne.screening.bulk import BATCH_ROWS, redact_column

COLUMNS = ("item_id", "owner", "author", "subjects", "text", "lang", "category")
NEVER = ("salary", "credential", "payment", "private_message", "account", "contact")
AS_OF = datetime(2026, 11, 1, tzinfo=UTC)


def written(path: Path, members: int, copies: int) -> int:
    """Write the items of a network, several times over; return how many."""
    items = [item for item in iter_items(1, members, AS_OF) if item.category not in NEVER]
    columns = {name: [getattr(item, name) for item in items] for name in COLUMNS}
    columns["subjects"] = [list(item.subjects) for item in items]
    table = pa.concat_tables([pa.table(columns)] * copies)
    pq.write_table(table, path, compression="zstd")
    return len(table)


def batches(path: Path, found: Counter[str] | None) -> Iterator[pa.RecordBatch]:
    """Read a file; with `found` its texts are screened."""
    for batch in pq.ParquetFile(path).iter_batches(BATCH_ROWS, columns=list(COLUMNS)):
        if found is None:
            yield batch
        else:
            texts, counts = redact_column(batch["text"])
            found.update(counts)
            yield batch.set_column(batch.schema.get_field_index("text"), "text", texts)


def rows(path: Path, found: Counter[str] | None) -> Iterator[object]:
    """Read a file as what a training is given: one row of Python values each."""
    for batch in batches(path, found):
        yield from batch.to_pylist()


def seconds(read: Callable[[], Iterator[object]]) -> float:
    """Return the CPU seconds of a read."""
    began = time.process_time()
    for _ in read():
        pass
    return time.process_time() - began


def main() -> None:
    """Measure, and print one JSON document."""
    parser = ArgumentParser()
    parser.add_argument("--members", type=int, default=2000)
    parser.add_argument("--copies", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "items.parquet"
        count = written(path, wanted.members, wanted.copies)
        ways: dict[str, Callable[[], Iterator[object]]] = {
            "batches": lambda: batches(path, None),
            "batches screened": lambda: batches(path, Counter()),
            "rows": lambda: rows(path, None),
            "rows screened": lambda: rows(path, Counter()),
        }
        took: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(wanted.rounds):
            for name, read in ways.items():
                took[name].append(seconds(read))
        found: Counter[str] = Counter()
        for _ in batches(path, found):
            pass
    micros = {name: 1e6 * median(each) / count for name, each in took.items()}
    said = {
        "items": count,
        "redacted": dict(found),
        "microseconds_per_item": {name: round(each, 2) for name, each in micros.items()},
        "ratio_batches": round(micros["batches screened"] / micros["batches"], 2),
        "ratio_rows": round(micros["rows screened"] / micros["rows"], 2),
    }
    print(json.dumps(said, indent=2))


if __name__ == "__main__":
    main()
