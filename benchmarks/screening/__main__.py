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
from vanne.corpus.redaction import Redacted
from vanne.demo.network import iter_items, iter_members
from vanne.ledger import Ledger
from vanne.policy.load import text_of
from vanne.screening.bulk import BATCH_ROWS
from vanne.sources.tables import write_items, write_members

COLUMNS = ("item_id", "owner", "author", "subjects", "text", "lang", "category")
NEVER = ("salary", "credential", "payment", "private_message", "account", "contact")
AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
POLICY = "linkedin-2025-11-03"
ITEMS = "items.parquet"


def built(folder: Path, members: int, copies: int) -> tuple[Home, Manifest]:
    """Make a corpus of the items of a network that are allowed, several times over."""
    once, manifest = network(folder / "once", members)
    allowed = [batch["item_id"] for batch in read_batches(once, manifest, ("item_id",))]
    items = pq.read_table(once.items / ITEMS)
    items = items.filter(pc.is_in(items["item_id"], pa.concat_arrays(allowed)))
    at = items.schema.get_field_index("item_id")
    many = []
    for copy in range(copies):
        own = pc.binary_join_element_wise(items["item_id"], str(copy), "-")
        many.append(items.set_column(at, items.schema.field(at), own))
    # A home of its own: the data files of a corpus never change.
    return network(folder / "many", members, pa.concat_tables(many))


def network(root: Path, members: int, items: pa.Table | None = None) -> tuple[Home, Manifest]:
    """Make a network, of given items or of its own that may be listed, and its corpus."""
    home = Home(root)
    if items is None:
        own = [item for item in iter_items(1, members, AS_OF) if item.category not in NEVER]
        write_items(own, home.items / ITEMS)
    else:
        home.items.mkdir(parents=True)
        pq.write_table(items, home.items / ITEMS, compression="zstd")
    write_members(list(iter_members(1, members, AS_OF)), home.members)
    home.policy.write_text(text_of(POLICY))
    Ledger.create(home.ledger).close()
    return home, build(home, AS_OF)


def plain(home: Home) -> Iterator[pa.RecordBatch]:
    """Read the file as it is."""
    path = home.items / ITEMS
    yield from pq.ParquetFile(path).iter_batches(BATCH_ROWS, columns=list(COLUMNS))


def screened(
    home: Home, manifest: Manifest, found: Redacted | None = None
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
        home, manifest = built(Path(folder), wanted.members, wanted.copies)
        found = Redacted()
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
        "redacted": dict(found.kinds),
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
