"""Read choices from a file, and list every bad row together with the good ones.

A table that decisions read is refused at its first bad row. A person who imports a file wants to
repair all bad rows at once. So here a row with a field too many, a stray quote, bytes that are no
text or a line that is no JSON is one bad row, and the rows around it are read.
`vanne.sources.batches` says what a value means. Rows are counted from 1 below the header; blank
lines are not counted.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from vanne.errors import InputError, storing
from vanne.sources.batches import plain_choices
from vanne.sources.csvtext import Record, records_in
from vanne.sources.scan import check_columns, raw_batches, raw_of_texts
from vanne.sources.schema import CHOICES
from vanne.sources.streams import lines_of, text_of
from vanne.terms import is_unicode

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS = 16_384
_CHUNK = 1 << 18
_FAULTS = {
    "not-text": "it holds bytes that are no text in UTF-8",
    "large-row": "it is larger than any row that is read",
}
"""What a fault of a CSV row is called; any other is one of its quotes."""
_NAMES = [column.name for column in CHOICES]

Texts = Sequence[str | None]
Read = tuple[Texts | None, str]
"""The values of a row in the order of the columns; or none, and why not."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be used: its number from 1, what is wrong, what to do. Never a value."""

    row: int
    column: str | None
    problem: str
    todo: str

    def __str__(self) -> str:
        what = f"`{self.column}` {self.problem}" if self.column else self.problem
        return f"row {self.row}: {what}: {self.todo}"


@dataclass(frozen=True, slots=True)
class CheckedChoices:
    """Some rows: the good ones in plain form with their numbers from 1, and the bad ones."""

    batch: "pa.RecordBatch"
    numbers: npt.NDArray[np.int64]
    bad: tuple[BadRow, ...]


def checked_choices(path: Path) -> Iterator[CheckedChoices]:
    """Read the choices of a Parquet, CSV or JSON Lines file in order.

    Raises:
        InputError: the file as a whole cannot be read: it is of another kind, a column is missing.
        StorageError: there is no such file.
    """
    start = 0
    for raw, unread in _raw(path):
        batch, faults = plain_choices(raw, strict=True)
        faults = {row: fault for row, fault in faults.items() if row not in unread}
        bad = [BadRow(start + row + 1, None, why, "mend that row") for row, why in unread.items()]
        bad += [
            BadRow(start + row + 1, column, problem, todo or "mend that row")
            for row, (column, problem, todo) in faults.items()
        ]
        good = np.setdiff1d(np.arange(len(batch)), [*unread, *faults])
        yield CheckedChoices(
            batch.take(good), start + 1 + good, tuple(sorted(bad, key=lambda b: b.row))
        )
        start += len(batch)


def _raw(path: Path) -> "Iterator[tuple[pa.RecordBatch, dict[int, str]]]":
    """Give rows as tables are read, and why some could not be read."""
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        for raw in raw_batches(str(path), CHOICES, "choices", rows=_ROWS):
            yield raw, {}
    elif suffix in (".csv", ".tsv"):
        yield from _typed(_csv_rows(path, "\t" if suffix == ".tsv" else ","))
    elif suffix in (".jsonl", ".ndjson"):
        yield from _typed(_json_rows(path))
    else:
        todo = "give a .parquet, .csv, .tsv or .jsonl file"
        raise InputError(f"`{path}` is not a table that can be read", todo=todo)


def _typed(rows: Iterator[Read]) -> "Iterator[tuple[pa.RecordBatch, dict[int, str]]]":
    import pyarrow as pa

    while block := list(islice(rows, _ROWS)):
        nothing = (None,) * len(_NAMES)
        columns = zip(*(values or nothing for values, _ in block), strict=True)
        texts = pa.table([pa.array(column, pa.string()) for column in columns], names=_NAMES)
        unread = {row: why for row, (values, why) in enumerate(block) if values is None}
        yield raw_of_texts(texts, CHOICES), unread


def _csv_rows(path: Path, delimiter: str) -> Iterator[Read]:
    with storing(f"`{path}`"), path.open("rb") as file:
        pieces = text_of(iter(lambda: file.read(_CHUNK), b""), "utf-8-sig")
        records = records_in(lines_of(pieces), "rfc4180", delimiter)
        header, fault = next(records, Record(()))
        if fault or not header:
            not_csv = f"{path}: not a CSV file in UTF-8 with a header line"
            raise InputError(not_csv, todo="convert it")
        if len(set(header)) < len(header):
            raise InputError(f"{path}: the header line names a column twice", todo="mend it")
        check_columns(dict.fromkeys(header, "VARCHAR"), CHOICES, str(path), "choices")
        places = [header.index(name) if name in header else None for name in _NAMES]
        for fields, fault in records:
            if fault is not None:
                yield None, _FAULTS.get(fault.code, "its quotes do not match")
            elif len(fields) != len(header):
                yield None, f"it has {len(fields)} fields, the header has {len(header)}"
            else:
                yield [None if place is None else fields[place] for place in places], ""


def _json_rows(path: Path) -> Iterator[Read]:
    def object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            raise ValueError("a name comes twice")
        return dict(pairs)

    with storing(f"`{path}`"), path.open("rb") as file:
        lines = (line.strip().removeprefix(b"\xef\xbb\xbf") for line in file)
        for line in filter(None, lines):
            try:
                row = json.loads(line.decode(), object_pairs_hook=object_of)
            except UnicodeDecodeError:
                yield None, "it holds bytes that are no text in UTF-8"
                continue
            except (ValueError, RecursionError):
                yield None, "it is not a JSON object with each name once"
                continue
            if not isinstance(row, dict):
                yield None, "it is not a JSON object"
                continue
            cells = [row.get(name) for name in _NAMES]
            values = [v if v is None or isinstance(v, str) else json.dumps(v) for v in cells]
            if all(value is None or is_unicode(value) for value in values):
                yield values, ""
            else:
                yield None, "it holds half of a surrogate pair"
