"""Decide a whole table with the reference verdict and write the reasons down."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

from vanne.decide.people import People
from vanne.decide.reference import decide
from vanne.errors import storing
from vanne.terms import Item, Reason

BATCH_ROWS = 50_000

Progress = Callable[[int], None]


def decide_table(
    items: Iterable[Item],
    people: People,
    verdicts: Path | None,
    progress: Progress | None = None,
) -> Counter[Reason]:
    """Decide items in their order; write `item_id, reason` to a Parquet file; count the reasons.

    The file appears when it is whole; on any error what was there before stays.

    Raises:
        StorageError: the file cannot be written.
    """
    counts: Counter[Reason] = Counter()
    if verdicts is None:
        for _ in _batches(items, people, counts, progress):
            pass
        return counts
    partial = verdicts.with_name(f".{verdicts.name}.partial")
    try:
        with storing(f"`{verdicts}`"):
            _write(_batches(items, people, counts, progress), partial)
            partial.replace(verdicts)
    finally:
        partial.unlink(missing_ok=True)
    return counts


def _batches(
    items: Iterable[Item], people: People, counts: Counter[Reason], progress: Progress | None
) -> Iterator[tuple[list[str], list[str]]]:
    rows = iter(items)
    while batch := list(islice(rows, BATCH_ROWS)):
        reasons = [decide(item, people) for item in batch]
        counts.update(reasons)
        if progress:
            progress(counts.total())
        yield [item.item_id for item in batch], [reason.value for reason in reasons]


def _write(batches: Iterator[tuple[list[str], list[str]]], path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([("item_id", pa.string()), ("reason", pa.string())])
    with pq.ParquetWriter(path, schema, compression="zstd", store_schema=False) as writer:
        for ids, reasons in batches:
            writer.write_table(pa.table({"item_id": ids, "reason": reasons}, schema))
