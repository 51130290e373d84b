"""`./run python benchmarks/screening`: what screening costs, against a plain read of the same file.

Items of the made-up network of the categories that may be listed, in a corpus of one file (zstd).
In each round the file is read plainly as Arrow batches and as Python rows, and both ways through
`read_batches`, which checks the file, leaves out what is denied and takes out what may not be read:
for the first time, when everything is looked for, and again. CPU seconds of this process, the
median of the rounds. Ratios are of one run.
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
import pyarrow.compute as pc
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parents[2]))

from vanne.config import Home
from vanne.corpus import Manifest, build, read_batches
from vanne.demo.network import iter_items, iter_members
from vanne.ledger import Ledger
from vanne.policy.load import text_of
from vanne.screening.bulk import BATCH_ROWS
from vanne.sources.tables import write_items, write_members

COLUMNS = ("item_id", "owner", "author", "subjects", "text", "lang", "category")
NEVER = ("salary", "credential", "payment", "private_message", "account", "contact")
AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
POLICY = "linkedin-2025-11-03"


def built(home: Home, members: int, copies: int) -> Manifest:
    """Make a corpus of the items of a network that are allowed, several times over."""
    items = [item for item in iter_items(1, members, AS_OF) if item.category not in NEVER]
    path = home.items / "items.parquet"
    write_items(items, path)
    write_members(list(iter_members(1, members, AS_OF)), home.members)
    home.policy.write_text(text_of(POLICY))
    Ledger.open(home.ledger).close()
    manifest = build(home, AS_OF)
    ids = [batch["item_id"] for batch in read_batches(home, manifest, ("item_id",))]
    once = pq.read_table(path)
    once = once.filter(pc.is_in(once["item_id"], pa.concat_arrays(ids)))
    at = once.schema.get_field_index("item_id")
    many = []
    for copy in range(copies):
        own = pc.binary_join_element_wise(once["item_id"], str(copy), "-")
        many.append(once.set_column(at, once.schema.field(at), own))
    pq.write_table(pa.concat_tables(many), path, compression="zstd")
    return build(home, AS_OF)


def plain(home: Home) -> Iterator[pa.RecordBatch]:
    """Read the file as it is."""
    path = home.items / "items.parquet"
    yield from pq.ParquetFile(path).iter_batches(BATCH_ROWS, columns=list(COLUMNS))


def screened(
    home: Home, manifest: Manifest, found: Counter[str] | None = None
) -> Iterator[pa.RecordBatch]:
    """Read the corpus."""
    return read_batches(home, manifest, COLUMNS, found)


def seconds(read: Callable[[], Iterator[pa.RecordBatch]], *, rows: bool) -> float:
    """Return the CPU seconds of a read, as batches or as what a training is given."""
    began = time.process_time()
    for batch in read():
        if rows:
            batch.to_pylist()
    return time.process_time() - began


def main() -> None:
    """Measure, and print one JSON document."""
    parser = ArgumentParser()
    parser.add_argument("--members", type=int, default=2000)
    parser.add_argument("--copies", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        manifest = built(home, wanted.members, wanted.copies)
        found: Counter[str] = Counter()
        took: dict[str, list[float]] = {}
        for _ in range(wanted.rounds):
            for kept in (home.corpus / "facts").glob("*.screened-*"):
                kept.unlink()
            for name, read, as_rows in (
                ("batches", lambda: plain(home), False),
                ("batches for the first time", lambda: screened(home, manifest), False),
                ("batches again", lambda: screened(home, manifest), False),
                ("rows", lambda: plain(home), True),
                ("rows again", lambda: screened(home, manifest), True),
            ):
                took.setdefault(name, []).append(seconds(read, rows=as_rows))
        allowed = sum(len(batch) for batch in screened(home, manifest, found))
    count = manifest.files[0].rows
    micros = {name: 1e6 * median(each) / count for name, each in took.items()}
    said = {
        "items": count,
        "allowed": allowed,
        "redacted": dict(found),
        "microseconds_per_item": {name: round(each, 2) for name, each in micros.items()},
        "ratios": {
            name: round(each / micros[name.split()[0]], 2)
            for name, each in micros.items()
            if " " in name
        },
    }
    print(json.dumps(said, indent=2))


if __name__ == "__main__":
    main()
