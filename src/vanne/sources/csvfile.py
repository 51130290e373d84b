"""A CSV file of any size: how it is written is told by its beginning, then its rows are a stream.

The first 2 MiB say which encoding, dialect and separator it has, where its header is, and whether
rows leave out their last fields. A small file is known whole by that.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from vanne.sources.archive import Entry
from vanne.sources.csvtext import (
    CsvRow,
    CsvTable,
    Dialect,
    decode,
    normal,
    read_table,
    records_in,
    rows_of,
    with_next,
)
from vanne.sources.streams import lines_of, text_of
from vanne.words import Message

SAMPLE_BYTES = 2 << 20


@dataclass(frozen=True, slots=True)
class CsvSample:
    """The beginning of a file as text, its encoding, and what was odd in it."""

    text: str
    encoding: str
    warnings: tuple[Message, ...]
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Padding:
    """How rows that leave out their last fields are filled up.

    A row is filled up if it reaches the field `shortest`, the last that is needed to judge it.
    Where other rows of the file do write their empty last fields (`writes_empty`), it must not make
    a whole row with a neighbour either: then a line break split it.
    """

    width: int
    shortest: int
    writes_empty: bool

    @classmethod
    def of(cls, table: CsvTable, required: Collection[str]) -> "Padding":
        """Find out from a table how rows like its own are filled up."""
        needed = {normal(name) for name in required}
        places = (at for at, name in enumerate(table.header, 1) if normal(name) in needed)
        writes_empty = any(row.fields[1:] and not row.fields[-1] for row in table.rows)
        return cls(len(table.header), max([2, *places]), writes_empty)

    def fill(self, rows: Iterable[CsvRow]) -> Iterator[CsvRow]:
        """Yield the rows, those that are only short filled up."""
        before = 0
        for row, after in with_next(rows):
            if row.fault is None:
                before = 0
                yield row
                continue
            here = self._length(row)
            sums = (before + here, here + (self._length(after) if after is not None else 0))
            before = here
            if here >= self.shortest and not (self.writes_empty and self.width + 1 in sums):
                yield CsvRow(row.number, row.fields + ("",) * (self.width - here))
            else:
                yield row

    def _length(self, row: CsvRow) -> int:
        """Return how many fields a row that is too short has; 0 of another."""
        if row.fault is None or row.fault.code != "row-width":
            return 0
        return len(row.fields) if len(row.fields) < self.width else 0


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A file whose layout is known. Without a header that is understood, `header` is empty."""

    entry: Entry
    encoding: str
    header: tuple[str, ...]
    dialect: Dialect = "rfc4180"
    delimiter: str = ","
    head: int = 0
    padding: Padding | None = None

    @property
    def rows(self) -> Iterator[CsvRow]:
        """The rows below the header, read anew each time."""
        last = ""
        is_utf16 = self.encoding.startswith("utf-16")

        def text() -> Iterator[str]:
            for piece in text_of(self.entry.chunks(), self.encoding):
                yield (piece.replace("\ufffd", "\udcff") if is_utf16 else piece).replace("\0", "")

        def lines() -> Iterator[list[str]]:
            nonlocal last
            for some in lines_of(text()):
                last = some[-1]
                yield [line.removeprefix("\ufeff") for line in some] if is_utf16 else some

        records = islice(records_in(lines(), self.dialect, self.delimiter), self.head, None)
        rows = rows_of(records, self.header, lambda: last.endswith(("\n", "\r")))
        return self.padding.fill(rows) if self.padding and self.header else rows


def sample_of(entry: Entry) -> CsvSample:
    """Read the beginning of a file, and find out its encoding."""
    data, is_whole = entry.start(SAMPLE_BYTES)
    decoded = decode(data if is_whole else data[: data.rfind(b"\n") + 1] or data)
    return CsvSample(decoded.text, decoded.encoding, decoded.warnings, is_whole)


def csv_file(
    entry: Entry,
    sample: CsvSample,
    needs: Sequence[Sequence[str]],
    check: Callable[[tuple[str, ...], tuple[str, ...]], bool],
    *,
    required: Collection[str] = (),
    preferred: Dialect = "rfc4180",
) -> tuple[CsvFile, bool]:
    """Find out how a file is laid out, and whether rows leave out their last fields.

    `check` is as for `read_table`.
    """
    table = read_table(sample.text, needs, check, preferred=preferred)
    file = CsvFile(entry, sample.encoding, table.header, table.dialect, table.delimiter, table.head)
    if not table.header:
        return file, False
    padding = Padding.of(table, required)
    is_short = any(row.fault for row in table.rows)
    return replace(file, padding=padding), is_short and table.rows != tuple(
        padding.fill(table.rows)
    )
