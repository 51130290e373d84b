r"""Read a CSV file into records, in the dialect in which the file is really written.

One archive mixes dialects: RFC 4180 (a quote is doubled) in most files, and a backslash before the
quote in `Comments.csv`. A file is split in both dialects. The one is kept in which every record has
the width of the header and passes the caller's check; a tie goes to the dialect that the caller
prefers. Nothing is guessed and nothing dropped: a record that does not fit is returned with the
reason, and the records around it are read (after a stray quote, reading starts again on the next
line).

The first 2 MiB of a file determine its dialect, where its header is, and whether rows leave out
their last fields. Then its rows are a stream.
"""

import csv
import io
import re
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice, pairwise
from typing import Literal, NamedTuple, TypeVar

from vanne.sources.archive import ArchiveMember
from vanne.sources.streams import LOST, MAX_LINE, TOO_LONG, decode, lines_of, text_of
from vanne.terms import is_unicode
from vanne.words import Message

csv.field_size_limit(MAX_LINE)

Dialect = Literal["rfc4180", "backslash"]
DIALECTS: tuple[Dialect, ...] = ("rfc4180", "backslash")
TOO_LARGE_ROW = Message("large-row", n=MAX_LINE >> 20)
T = TypeVar("T")
_MAX_RESTARTS = 1_000
_HEADER_WITHIN = 10
_AT_ONCE = 1 << 18
SAMPLE_BYTES = 2 << 20
_ESCAPE = re.compile(r'\\(["\\])')


class Record(NamedTuple):
    """One record as it was written. `fault` says what is wrong with its quotes, bytes or end."""

    fields: tuple[str, ...]
    fault: Message | None = None


class CsvRow(NamedTuple):
    """A record below the header: its number from 1, its fields, and why it cannot be used."""

    number: int
    fields: tuple[str, ...]
    fault: Message | None = None


@dataclass(frozen=True, slots=True)
class CsvTable:
    """A header and the rows below it. Without a header that fits, `header` is empty."""

    header: tuple[str, ...]
    rows: tuple[CsvRow, ...]
    dialect: Dialect = "rfc4180"
    delimiter: str = ","
    head: int = 0
    """How many records come before the rows."""


def split(text: str, dialect: Dialect = "rfc4180", delimiter: str = ",") -> list[Record]:
    r"""Split a text into records; blank lines are none.

    >>> split('a,"say \\"hi\\""', "backslash")
    [Record(fields=('a', 'say "hi"'), fault=None)]
    """
    lines = io.StringIO(text, newline="")
    return list(records_in(iter(lambda: lines.readlines(_AT_ONCE), []), dialect, delimiter))


def records_in(lines: Iterable[list[str]], dialect: Dialect, delimiter: str) -> Iterator[Record]:
    """Read records from lines that come some at a time; blank lines are none.

    Those of many lines are read at once. Where they cannot be, all that is left of the file is read
    record by record: that finds out what is broken.
    """

    def plain(line: str) -> str:
        return _ESCAPE.sub(lambda m: '""' if m[1] == '"' else "\\", line)

    def unescaped(block: list[str]) -> list[str]:
        return [plain(line) if "\\" in line else line for line in block]

    blocks = map(unescaped, lines) if dialect == "backslash" else iter(lines)
    first, pending = "", list[str]()
    for block in filter(None, blocks):
        first = first or block[0]
        pending += block
        # A whole record ends behind the last line with an odd number of quotes, or with the lines.
        end = len(pending)
        if _has_odd_quotes(pending):
            end = next(at for at in reversed(range(end)) if pending[at].count('"') % 2)
        records = _at_once(pending[:end], delimiter) if end else None
        if records is None and end < len(pending):
            end, records = len(pending), _at_once(pending, delimiter)
        if records is None:
            rest = chain(pending, chain.from_iterable(blocks))
            yield from _records(_RecordLines(rest, first), delimiter)
            return
        yield from records
        pending = pending[end:]
    yield from _records(_RecordLines(iter(pending), first), delimiter)


def _at_once(lines: list[str], delimiter: str) -> list[Record] | None:
    """Return the records of some lines; `None` if anything about them is odd."""
    written = "".join(lines)
    if len(written) > MAX_LINE or "\0" in written or not is_unicode(written):
        return None
    try:
        rows = list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return [Record(tuple(fields)) for fields in rows if fields]


class _RecordLines:
    """Lines for the csv module, which keeps those of the record that is being read.

    `first` is the first line of the file.
    """

    def __init__(self, lines: Iterator[str], first: str) -> None:
        self._lines = lines
        self._again: deque[str] = deque()
        self.first = first
        self.record_lines: list[str] = []
        self._size = 0

    def start(self) -> None:
        """Begin a record."""
        self.record_lines.clear()
        self._size = 0

    def put_back(self) -> None:
        """Give the lines below the first one of the record again."""
        self._again.extendleft(reversed(self.record_lines[1:]))
        self.start()

    def next(self) -> str | None:
        """Return the next line; `None` after the last."""
        return self._again.popleft() if self._again else next(self._lines, None)

    def __iter__(self) -> "_RecordLines":
        return self

    def __next__(self) -> str:
        line = self.next()
        if line is None:
            raise StopIteration
        self.record_lines.append(line)
        self._size += len(line)
        if line == TOO_LONG or self._size > MAX_LINE:
            raise _TooLargeError
        return line


class _TooLargeError(Exception):
    """A record is larger than any that is read."""


def _records(source: _RecordLines, delimiter: str) -> Iterator[Record]:
    """Read strictly; where a record is broken, give its first line as one and go on below it."""
    restarts = 0
    while True:
        reader = csv.reader(source, delimiter=delimiter, strict=True)
        try:
            for fields in reader:
                source.start()
                if fields:
                    fault = None if all(map(is_unicode, fields)) else Message("not-text")
                    yield Record(tuple(fields), fault)
            return
        except csv.Error as error:
            restarts += 1
            if str(error) == "unexpected end of data" and _is_cut_off(source, delimiter, restarts):
                yield Record(("".join(source.record_lines),), Message("truncated"))
                return
        except _TooLargeError:
            # It may only seem so, for a quote went astray. Where a quote is open, the record goes
            # on to the line that closes it, which has an odd number of them.
            *above, last = source.record_lines
            if last == TOO_LONG or _is_cut_off(source, delimiter, restarts):
                is_open = bool(last != TOO_LONG or above) and _has_odd_quotes(source.record_lines)
                while is_open and (line := source.next()) is not None:
                    is_open = not _has_odd_quotes([line])
                source.start()
                yield Record(("",), TOO_LARGE_ROW)
                continue
        yield Record((source.record_lines[0],), Message("quotes-unmatched"))
        source.put_back()


def _has_odd_quotes(lines: Iterable[str]) -> bool:
    return sum(line.count('"') for line in lines) % 2 == 1


def _is_cut_off(source: _RecordLines, delimiter: str, restarts: int) -> bool:
    """Say whether the record that never closes is the file's end, and not a stray quote.

    It is a stray quote if every line below it reads as a record of the width of the first line.
    """
    below = source.record_lines[1:]
    if not below or restarts > _MAX_RESTARTS:
        return True
    try:
        width = len(next(csv.reader([source.first], delimiter=delimiter)))
        return any(
            len(r) != width for r in csv.reader(below, delimiter=delimiter, strict=True) if r
        )
    except (csv.Error, StopIteration):
        return True


def read_table(
    text: str,
    needs: Sequence[Sequence[str]],
    check: Callable[[tuple[str, ...], tuple[str, ...]], bool],
    *,
    preferred: Dialect = "rfc4180",
) -> CsvTable:
    """Read the table whose header holds one of the groups of columns in `needs`.

    `check(header, fields)` says whether a row of the right width makes sense, for the choice of
    the dialect only.
    """
    best: tuple[int, CsvTable] | None = None
    for dialect in sorted(DIALECTS, key=lambda d: d != preferred):
        table = _table(text, dialect, needs)
        faults = sum(bool(r.fault) or not check(table.header, r.fields) for r in table.rows)
        if best is None or (not best[1].header and table.header) or faults < best[0]:
            best = (faults, table)
        if (table.header and not faults) or "\\" not in text:
            break
    assert best is not None
    return best[1]


def _table(text: str, dialect: Dialect, needs: Sequence[Sequence[str]]) -> CsvTable:
    ends_whole = text.endswith(("\n", "\r"))
    tables = []
    for delimiter in (",", "\t", ";"):
        records = split(text, dialect, delimiter)
        # The header is the first line, or stands below some that are only a remark each.
        at = None
        for place, record in enumerate(records[:_HEADER_WITHIN]):
            at = place if fits(record.fields, needs) else None
            if at is not None or sum(map(bool, record.fields)) > 1:
                break
        if at is not None:
            header = unique(records[at].fields)
            rows = tuple(rows_of(records[at + 1 :], header, lambda: ends_whole))
            tables.append(CsvTable(header, rows, dialect, delimiter, at + 1))
            if len(header) > 1:
                break
    if tables:  # a header of one column does not tell the separator: what fits the rows does
        return min(tables, key=lambda table: sum(bool(row.fault) for row in table.rows))
    return CsvTable((), tuple(rows_of(split(text, dialect), (), lambda: True)), dialect)


def with_next(rows: Iterable[T]) -> Iterator[tuple[T, T | None]]:
    """Yield each with the one that follows it; the last with none."""
    pairs: Iterator[tuple[T, T | None]] = pairwise(chain(rows, (None,)))  # type: ignore[arg-type]
    return pairs


def fits(header: Iterable[str], needs: Iterable[Iterable[str]]) -> bool:
    """Say whether a header has every column of one of the groups."""
    names = set(map(normal, header))
    return any(names.issuperset(map(normal, need)) for need in needs)


def normal(name: str) -> str:
    """Return a column name as it is compared: any case, any spaces.

    >>> normal(" Connected  On ")
    'connected on'
    """
    return " ".join(name.split()).casefold()


def unique(names: Sequence[str]) -> tuple[str, ...]:
    """Give the second column of a name ` (2)`, the third ` (3)`: none may hide another."""
    counts: dict[str, int] = {}
    unique = []
    for name in names:
        count = counts[normal(name)] = counts.get(normal(name), 0) + 1
        plain = " ".join(LOST.sub("\ufffd", name).split())
        unique.append(plain + (f" ({count})" if count > 1 else ""))
    return tuple(unique)


def rows_of(
    records: Iterable[Record], header: tuple[str, ...], ends_whole: Callable[[], bool]
) -> Iterator[CsvRow]:
    """Number the records below the header and say which do not fit it.

    `ends_whole` is asked after the last one whether the file ended with a line end.
    """
    width = len(header)
    for number, ((fields, fault), after) in enumerate(with_next(records), start=1):
        if fault is None and width and len(fields) != width:
            # What changes no value: empty fields too many, or none under an empty last name.
            if len(fields) > width and not any(fields[width:]):
                fields = fields[:width]
            elif len(fields) == width - 1 and not header[-1]:
                fields = (*fields, "")
            if len(fields) < width and after is None and not ends_whole():
                fault = Message("truncated")
            elif len(fields) != width:
                fault = Message("row-width", n=len(fields), m=width)
        yield CsvRow(number, fields, fault)


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

    entry: ArchiveMember
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


def sample_of(entry: ArchiveMember) -> CsvSample:
    """Read the beginning of a file, and find out its encoding."""
    data, is_whole = entry.start(SAMPLE_BYTES)
    decoded = decode(data if is_whole else data[: data.rfind(b"\n") + 1] or data)
    return CsvSample(decoded.text, decoded.encoding, decoded.warnings, is_whole)


def csv_file(
    entry: ArchiveMember,
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
