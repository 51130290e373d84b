"""Read items, members and choices from tables as objects, and write tables of them.

`vanne.sources.batches` decides what is read and how; this module gives the same rows one by one.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vanne.errors import InputError, storing
from vanne.fields import as_json
from vanne.files import PRIVATE, make_folder, new_file
from vanne.sources.batches import TEXT, Flags, choice_batches, member_batches, plain_items
from vanne.sources.relation import Source
from vanne.sources.schema import CHOICES, ITEMS, MEMBERS, Column
from vanne.terms import Choice, Item, Member

if TYPE_CHECKING:
    import pyarrow as pa

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ROWS_AT_ONCE = 16_384

Row = dict[str, Any]


@contextmanager
def unnamed(what: str) -> Iterator[None]:
    """Keep a query out of what is said when data cannot be read: it names members or items."""
    try:
        yield
    except InputError:
        raise InputError(f"{what} cannot be read", todo="see `vanne corpus verify`") from None


def read_items(source: Source, *, with_text: bool = True) -> Iterator[Item]:
    """Read items in file order. Without text, `fields`, `text` and `media` stay unread.

    Raises:
        InputError: as `vanne.sources.batches.item_batches`.
    """
    skip = () if with_text else TEXT
    for batch, faults in plain_items(source, skip=skip, rows=_ROWS_AT_ONCE):
        yield from items_in(batch, faults)


def items_in(batch: "pa.RecordBatch", faults: Mapping[str, Flags]) -> Iterator[Item]:
    """Give the items of a batch in plain form; `faults` say whose value was not understood."""
    for number, row in enumerate(batch.to_pylist()):
        unreadable = tuple(name for name, flags in faults.items() if flags[number])
        if "fields" in row:
            row["fields"] = json.loads(row["fields"] or "{}")
        yield Item(**_plain(row, ("subjects", "tags")), unreadable=unreadable)


def read_members(source: Source) -> Iterator[Member]:
    """Read members in file order.

    Raises:
        InputError: as `vanne.sources.batches.member_batches`.
    """
    for batch in member_batches(source):
        yield from members_in(batch)


def members_in(batch: "pa.RecordBatch") -> Iterator[Member]:
    """Give the members of a batch in plain form."""
    for row in batch.to_pylist():
        yield Member(**_plain(row, ("signs",)))


def read_choices(source: Source) -> Iterator[Choice]:
    """Read choices in file order.

    Raises:
        InputError: as `vanne.sources.batches.choice_batches`.
    """
    for batch in choice_batches(source):
        yield from choices_of(batch)


def choices_of(batch: "pa.RecordBatch") -> Iterator[Choice]:
    """Give the choices of a batch in plain form."""
    return (Choice(**_plain(row, ())) for row in batch.to_pylist())


def _plain(row: Row, lists: Sequence[str]) -> Row:
    """Turn numbers into times and days, and lists into tuples."""
    for column in ("created_at", "joined_at", "at"):
        if row.get(column) is not None:
            row[column] = _EPOCH + timedelta(microseconds=row[column])
    if row.get("birth_date") is not None:
        row["birth_date"] = date(1970, 1, 1) + timedelta(days=row["birth_date"])
    return row | {column: tuple(row[column] or ()) for column in lists}


# Writing


@contextmanager
def new_items(path: Path) -> Iterator[Callable[[Item], None]]:
    """Write items as they come into a new Parquet file, which is there when all of them are.

    Raises:
        InputError: there is a file of that name.
        StorageError: the file cannot be written; nothing is left of it.
    """
    import pyarrow.parquet as pq

    schema = _schema(ITEMS)
    waiting: list[Item] = []

    def add(item: Item) -> None:
        waiting.append(item)
        if len(waiting) == _ROWS_AT_ONCE:
            write()

    def write() -> None:
        with storing(f"`{path}`"):
            writer.write_table(_table(waiting, schema))
        waiting.clear()

    with new_file(path) as partial:
        with storing(f"`{path}`"):
            writer = pq.ParquetWriter(partial, schema, compression="zstd", store_schema=False)
        with writer:
            yield add
            write()


def item_table(items: Sequence[Item]) -> "pa.Table":
    """Return items as the public table, in the given order."""
    return _table(items, _schema(ITEMS))


def write_items(items: Iterable[Item], path: Path) -> int:
    """Write items to a Parquet file in the given order; return their number."""
    return _write(items, ITEMS, path)


def write_members(members: Iterable[Member], path: Path) -> int:
    """Write members to a Parquet file; return their number."""
    return _write(members, MEMBERS, path)


def write_choices(choices: Iterable[Choice], path: Path) -> int:
    """Write choices to a Parquet file; return their number."""
    return _write(choices, CHOICES, path)


def _write(rows: Iterable[Any], columns: Sequence[Column], path: Path) -> int:
    import pyarrow.parquet as pq

    values = list(rows)
    table = _table(values, _schema(columns))
    with storing(f"`{path.name}`"):
        make_folder(path.parent)
        partial = path.with_name(path.name + ".partial")
        pq.write_table(table, partial, compression="zstd", store_schema=False)
        partial.chmod(PRIVATE)
        partial.replace(path)
    return len(values)


def _table(rows: Sequence[Any], schema: "pa.Schema") -> "pa.Table":
    import pyarrow as pa

    def stored(value: Any) -> Any:
        if isinstance(value, Mapping):
            return as_json(value)
        return list(value) if isinstance(value, tuple) else value

    arrays = [
        pa.array([stored(getattr(row, field.name)) for row in rows], field.type) for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def write_plain_members(batches: "Iterable[pa.RecordBatch]", path: Path) -> int:
    """Write members in plain form to a Parquet file; return their number."""
    import pyarrow.parquet as pq

    schema, count = _schema(MEMBERS), 0
    with pq.ParquetWriter(path, schema, compression="zstd", store_schema=False) as writer:
        for batch in batches:
            writer.write_batch(batch.cast(schema))
            count += len(batch)
    return count


def _schema(columns: Sequence[Column]) -> "pa.Schema":
    import pyarrow as pa

    types: dict[str, pa.DataType] = {
        "text": pa.string(),
        "time": pa.timestamp("us", tz="UTC"),
        "date": pa.date32(),
        "list": pa.list_(pa.string()),
        "flag": pa.bool_(),
        "object": pa.string(),
    }
    return pa.schema([(column.name, types[column.kind]) for column in columns])
