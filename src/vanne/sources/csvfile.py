"""A CSV file of any size: how it is written is told by its beginning, then its rows are a stream.

The first 2 MiB say which encoding, dialect and separator it has, where its header is, and whether
rows leave out their last fields. A small file is known whole by that.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from vanne.sources.archive import Entry
from vanne.sources.csvtext import (
    CsvRow,
    CsvTable,
    Dialect,
    Padding,
    decode,
    read_table,
    records_in,
    rows_of,
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
    found = CsvFile(
        entry, sample.encoding, table.header, table.dialect, table.delimiter, table.head
    )
    if not table.header:
        return found, False
    padding = Padding.of(table, required)
    return replace(found, padding=padding), _pads(table, padding)


def _pads(table: CsvTable, padding: Padding) -> bool:
    return any(row.fault for row in table.rows) and table.rows != tuple(padding.fill(table.rows))
