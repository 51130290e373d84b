"""Public tables as Parquet files in the typed form that SQL engines read.

Items that lie in Parquet files in that form already are read where they are; anything else is
brought to it once, in a folder that goes when the work is done. Every engine numbers the items by
file and row, and its verdicts are put in their places by that number: no engine keeps the order of
rows through a join, and a verdict that moves one place is somebody else's.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from vanne.decide.people import refuse_misspelt
from vanne.decide.question import Question, Tables
from vanne.decide.sql.plain import plain_files
from vanne.decide.sql.tables import CHOICE_TYPES, ITEM_TYPES, MEMBER_TYPES, WORD_TYPES
from vanne.decide.sql.text import Kind, says
from vanne.errors import InputError, VanneError
from vanne.ids import IdIndex, Uniqueness
from vanne.sources.batches import choice_batches, item_batches, member_batches
from vanne.terms import REASONS

if TYPE_CHECKING:
    import pyarrow as pa

FILE_ROWS = 2**40
"""The number of an item is the place of its file times this, plus its row."""

BATCH_ROWS = 131_072
_UNDECIDED = 255


@dataclass(frozen=True, slots=True)
class Staged:
    """The three tables as files. `columns` are those that the files of the items have.

    `written`: by us, so that the ids are known to be unique.
    """

    source: str
    items: Path
    files: tuple[Path, ...]
    columns: frozenset[str]
    members: Path
    choices: Path
    written: bool

    @property
    def rows(self) -> list[int]:
        """The number of rows of each file of the items."""
        import pyarrow.parquet as pq

        return [pq.read_metadata(path).num_rows for path in self.files]


def stage(tables: Tables, question: Question, folder: Path) -> Staged:
    """Bring the tables to files in their typed form, in a folder of ours.

    Raises:
        InputError: as reading the tables does; or a member is listed twice, or a choice is for a
        purpose that looks misspelt.
    """
    members, choices, items = (folder / name for name in ("members", "choices", "items"))
    for path in (members, choices, items):
        path.mkdir()
    _write(_members(tables.members), MEMBER_TYPES, members / "000000.parquet")
    _write(_choices(tables.choices, question), CHOICE_TYPES, choices / "000000.parquet")
    plain = plain_files(tables.items)
    if plain is None:
        _write(_items(tables.items), ITEM_TYPES, items / "000000.parquet")
        names, columns = [items / "000000.parquet"], frozenset(ITEM_TYPES)
    else:
        names, columns = _linked(plain.files, items), plain.columns & (ITEM_TYPES.keys() - _OURS)
    return Staged(tables.items, items, tuple(names), columns, members, choices, plain is None)


_OURS = {"unreadable"}
"""Says what reading found; a column of that name in the files is none of the items'."""


def _linked(files: Sequence[Path], folder: Path) -> list[Path]:
    """Give files names that say their place and that no engine takes for patterns."""
    links = [folder / f"{place:06}.parquet" for place in range(len(files))]
    for link, path in zip(links, files, strict=True):
        link.symlink_to(path.resolve())
    return links


def _items(source: str) -> "Iterator[pa.RecordBatch]":
    return item_batches(source)


def _members(source: str) -> "Iterator[pa.RecordBatch]":
    import pyarrow as pa

    ids: list[pa.Array] = []
    for batch in member_batches(source):
        ids.append(batch["member_id"].cast(pa.large_string()))
        yield batch
    repeated = IdIndex(pa.concat_arrays(ids)).repeated() if ids else None
    if repeated is not None:
        raise InputError(
            f"members: row {repeated + 1} repeats the member of an earlier row",
            todo="give each member one row",
        )


def _choices(source: str | None, question: Question) -> "Iterator[pa.RecordBatch]":
    import pyarrow.compute as pc

    start = 0
    for batch in choice_batches(source) if source is not None else ():
        for purpose in batch["purpose"].unique().to_pylist():
            first = start + pc.index(batch["purpose"], purpose).as_py()
            refuse_misspelt(purpose, question.policy, first)
        start += len(batch)
        yield batch.filter(pc.equal(batch["purpose"], question.purpose))


def _write(batches: "Iterable[pa.RecordBatch]", kinds: Mapping[str, str], path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {
        "text": pa.string(),
        "texts": pa.list_(pa.string()),
        "time": pa.timestamp("us"),
        "date": pa.date32(),
        "flag": pa.bool_(),
    }
    schema = pa.schema([(name, types[kind]) for name, kind in kinds.items()])
    with pq.ParquetWriter(path, schema, store_schema=False) as writer:
        for batch in batches:
            columns = [batch[field.name].cast(field.type) for field in schema]
            writer.write_batch(pa.record_batch(columns, schema=schema))


# Reading what was staged


def write_words(question: Question, found: Iterable[tuple[Kind, str]], staged: Staged) -> Path:
    """Write the table `words`: what each (kind, value) means to the policy; return its folder."""
    import pyarrow as pa

    rows = [(kind, value, says(question.rules, kind, value)) for kind, value in found]
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    folder = staged.members.parent / "words"
    folder.mkdir()
    arrays = [pa.array(column, pa.string()) for column in columns]
    batch = pa.record_batch(arrays, names=list(WORD_TYPES))
    _write([batch], WORD_TYPES, folder / "000000.parquet")
    return folder


def rows_of(folder: Path) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of members, choices or words."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(folder / "000000.parquet") as file:
        for batch in file.iter_batches(BATCH_ROWS):
            yield from zip(*batch.to_pydict().values(), strict=True)


def numbered(staged: Staged) -> Iterator[tuple[Any, ...]]:
    """Yield the items, each with its number before it."""
    import pyarrow.parquet as pq

    for place, path in enumerate(staged.files):
        number = place * FILE_ROWS
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(BATCH_ROWS, columns=sorted(staged.columns)):
                columns = [_values(batch, name, staged) for name in ITEM_TYPES]
                numbers = range(number, number + len(batch))
                yield from zip(numbers, *columns, strict=True)
                number += len(batch)


def _values(batch: "pa.RecordBatch", name: str, staged: Staged) -> list[Any]:
    import pyarrow as pa

    if name not in staged.columns:
        return [False if name in _OURS else None] * len(batch)
    column = batch[name]
    return list((column.cast(pa.timestamp("us")) if name == "created_at" else column).to_pylist())


# Verdicts, each in its place


class Places:
    """One code for each item, put there by the number of the item; each once and none missing."""

    def __init__(self, rows: Sequence[int]) -> None:
        self._starts = np.cumsum([0, *rows])
        self._codes = np.full(int(self._starts[-1]), _UNDECIDED, np.uint8)
        self._put = 0

    def put(self, numbers: npt.NDArray[np.int64], codes: npt.NDArray[np.generic]) -> None:
        """Put codes in the places of the items with those numbers."""
        files, rows = np.divmod(numbers, FILE_ROWS)
        self._codes[self._starts[files] + rows] = codes
        self._put += len(numbers)

    def codes(self) -> npt.NDArray[np.uint8]:
        """Return all codes in the order of the items.

        Raises:
            VanneError: an item has none, or had several: no verdict may be guessed.
        """
        if self._put != len(self._codes) or (self._codes >= len(REASONS)).any():
            raise VanneError(
                f"the engine gave {self._put} verdicts for {len(self._codes)} items",
                todo="report it; decide with another engine",
            )
        return self._codes


def in_file_order(staged: Staged, places: Places) -> "Iterator[pa.RecordBatch]":
    """Yield `item_id` and `code` in the order of the items.

    Raises:
        InputError: an id comes twice.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    codes, unique, start = places.codes(), Uniqueness(), 0
    for path in staged.files:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(BATCH_ROWS, columns=["item_id"]):
                ids = batch["item_id"].cast(pa.string())
                if not staged.written:
                    unique.add(ids)
                own = pa.array(codes[start : start + len(ids)])
                start += len(ids)
                yield pa.record_batch([ids, own], names=["item_id", "code"])
    if not staged.written and len(unique.suspects()):
        for _ in item_batches(staged.source):  # which names the row, if the ids are the same
            pass
