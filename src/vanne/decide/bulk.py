"""Decide a whole table with the reference verdict and write the reasons down."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

from vanne.decide.people import People
from vanne.decide.reference import decide
from vanne.errors import InputError, storing
from vanne.files import sync
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
    verdicts = verdicts.resolve()  # a link stays a link
    partial = verdicts.with_name(f".{verdicts.name}.{os.getpid()}.partial")
    try:
        with storing(f"`{verdicts}`"):
            _write(_batches(items, people, counts, progress), partial)
            sync(partial)
            partial.replace(verdicts)
            sync(verdicts.parent)
    finally:
        partial.unlink(missing_ok=True)
    return counts


def refuse_overwriting(verdicts: Path, sources: Iterable[str]) -> None:
    """Refuse to write the verdicts over what they are made from, or over what is no file.

    Raises:
        InputError: the path is one of the tables, lies in the folder of one, or is a device.
    """
    if not verdicts.exists():
        return
    if not verdicts.is_file():
        raise InputError(f"`{verdicts}` is not a file", todo="name another with --verdicts")
    for source in (Path(source) for source in sources if source):
        inside = source.is_dir() and verdicts.parent.samefile(source)
        if inside or (source.is_file() and verdicts.samefile(source)):
            raise InputError(
                f"`{verdicts}` is one of the tables to read", todo="name another with --verdicts"
            )


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
