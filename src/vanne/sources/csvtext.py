r"""Turns the bytes of a CSV file into records, in the dialect that the file is really written in.

One archive mixes dialects: RFC 4180 (a quote is doubled) in most files, and a backslash before the
quote in `Comments.csv`. A file is split in both and the one is kept in which every record has the
width of the header and passes the caller's check; a tie goes to the dialect that the caller
prefers. Nothing is guessed and nothing dropped: a record that does not fit is returned with the
reason, and the records around it are read (after a stray quote, reading starts again on the next
line).
"""

import csv
import io
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

FIELD_BYTES = 64 << 20
csv.field_size_limit(FIELD_BYTES)

Dialect = Literal["rfc4180", "backslash"]
DIALECTS: tuple[Dialect, ...] = ("rfc4180", "backslash")
TRUNCATED = "truncated"
UNDECODABLE = "bytes that are no text"
_MAX_RESTARTS = 1_000
_ESCAPE = re.compile(r'\\(["\\])')
_LOST = re.compile("[\ud800-\udfff]")  # how an undecodable byte is marked


@dataclass(frozen=True, slots=True)
class Text:
    """The text of a file. A byte that could not be decoded is a lone surrogate in it."""

    text: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it was written. `fault` says what is wrong with its quotes, bytes or end."""

    fields: tuple[str, ...]
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A record below the header: its number from 1, its fields, and why it cannot be used."""

    number: int
    fields: tuple[str, ...]
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A header and the rows below it. Without a header that fits, `header` is empty."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]
    dialect: Dialect = "rfc4180"


def decode(data: bytes) -> Text:
    """Decode UTF-8 with or without its mark, UTF-16, else the Windows code page with a warning."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decode_utf16(data, "utf-16")
    if nul := _utf16_without_mark(data):
        return _decode_utf16(data, nul)
    text = data.decode("utf-8-sig", errors="surrogateescape")
    warnings = []
    if lost := len(_LOST.findall(text)):
        known = sum(map(len, re.findall("[^\x00-\x7f\ud800-\udfff]+", text)))
        if lost > known:
            text = data.decode("cp1252", errors="surrogateescape")
            warnings.append("not UTF-8, read as Windows-1252")
        else:
            warnings.append("some bytes are not UTF-8")
    if "\0" in text:
        text = text.replace("\0", "")
        warnings.append("NUL bytes left out")
    return Text(text, tuple(warnings))


def _decode_utf16(data: bytes, encoding: str) -> Text:
    text = data.decode(encoding, errors="replace").removeprefix("\ufeff")
    return Text(text.replace("\ufffd", "\udcff").replace("\0", ""), ("read as UTF-16",))


def _utf16_without_mark(data: bytes) -> str | None:
    """Recognise UTF-16 by the NUL beside nearly every letter of the header."""
    start = data[:200]
    if len(start) < 8:
        return None
    if start[1::2].count(0) > len(start) * 0.4:
        return "utf-16-le"
    return "utf-16-be" if start[::2].count(0) > len(start) * 0.4 else None


def split(text: str, dialect: Dialect = "rfc4180", delimiter: str = ",") -> list[Record]:
    r"""Split a text into records; blank lines are none.

    >>> split('a,"say \\"hi\\""', "backslash")
    [Record(fields=('a', 'say "hi"'), fault=None)]
    """
    if dialect == "backslash":
        text = _ESCAPE.sub(lambda m: '""' if m[1] == '"' else "\\", text)
    lines = list(io.StringIO(text, newline=""))
    return [_marked(record) for record in _records(lines, delimiter) if record.fields]


def is_undecodable(text: str) -> bool:
    """Say whether a text holds bytes that could not be decoded."""
    return _LOST.search(text) is not None


def _marked(record: Record) -> Record:
    if record.fault is None and any(map(is_undecodable, record.fields)):
        return Record(record.fields, UNDECODABLE)
    return record


def _records(lines: list[str], delimiter: str) -> Iterator[Record]:
    """Read strictly; where a record is broken, give its first line as one and go on below it."""
    start, restarts = 0, 0
    while start < len(lines):
        reader = csv.reader(_from(lines, start), delimiter=delimiter, strict=True)
        done = start
        try:
            for fields in reader:
                done = start + reader.line_num
                yield Record(tuple(fields))
            return
        except csv.Error as error:
            restarts += 1
            ends_inside = str(error) == "unexpected end of data"
        if ends_inside and _is_cut_off(lines, done, delimiter, restarts):
            yield Record(("".join(lines[done:]),), TRUNCATED)
            return
        yield Record((lines[done],), "quotes that do not match")
        start = done + 1


def _from(lines: list[str], start: int) -> Iterator[str]:
    return (lines[index] for index in range(start, len(lines)))


def _is_cut_off(lines: list[str], done: int, delimiter: str, restarts: int) -> bool:
    """Say whether the record that never closes is the file's end, and not a stray quote.

    It is a stray quote if every line below it reads as a record of the width of the first line.
    """
    below = lines[done + 1 :]
    if not below or restarts > _MAX_RESTARTS:
        return True
    try:
        width = len(next(csv.reader(lines[:1], delimiter=delimiter)))
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
    has_preamble: bool = False,
) -> Table:
    """Read the table whose header holds one of the groups of columns in `needs`.

    `check(header, fields)` says whether a row of the right width makes sense, for the choice of
    the dialect only.
    """
    best: tuple[int, Table] | None = None
    for dialect in sorted(DIALECTS, key=lambda d: d != preferred):
        table = _table(text, dialect, needs, has_preamble)
        faults = sum(bool(r.fault) or not check(table.header, r.fields) for r in table.rows)
        if best is None or (not best[1].header and table.header) or faults < best[0]:
            best = (faults, table)
        if (table.header and not faults) or "\\" not in text:
            break
    assert best is not None
    return best[1]


def _table(text: str, dialect: Dialect, needs: Sequence[Sequence[str]], preamble: bool) -> Table:
    for delimiter in (",", "\t", ";"):
        records = split(text, dialect, delimiter)
        at = _find_header(records, needs, 10 if preamble else 1)
        if at is not None:
            header = _unique(records[at].fields)
            ends_whole = text.endswith(("\n", "\r"))
            return Table(header, tuple(_rows(records[at + 1 :], header, ends_whole)), dialect)
    return Table((), tuple(_rows(split(text, dialect), (), True)), dialect)


def padded(table: Table, required: Collection[str]) -> tuple[Table, bool]:
    """Fill up the rows that only leave out their last fields, and say whether there were any.

    A row is filled up if it reaches all columns in `required` that the header has. Where other rows
    of the file do write their empty last fields, it must not make a whole row with a neighbour
    either: then a line break split it.
    """
    width = len(table.header)
    needed = {normal(name) for name in required}
    shortest = max([2, *(at for at, name in enumerate(table.header, 1) if normal(name) in needed)])
    lengths = [0, *(len(row.fields) if _is_short(row, width) else 0 for row in table.rows), 0]
    writes_empty = any(row.fields[1:] and not row.fields[-1] for row in table.rows)
    rows = list(table.rows)
    for at, row in enumerate(table.rows):
        before, here, after = lengths[at : at + 3]
        is_split = writes_empty and width + 1 in (before + here, here + after)
        if here >= shortest and not is_split:
            rows[at] = Row(row.number, row.fields + ("",) * (width - here))
    return replace(table, rows=tuple(rows)), rows != list(table.rows)


def _is_short(row: Row, width: int) -> bool:
    return (row.fault or "").startswith("row has ") and len(row.fields) < width


def _find_header(records: list[Record], needs: Sequence[Sequence[str]], depth: int) -> int | None:
    for at, record in enumerate(records[:depth]):
        names = {normal(name) for name in record.fields}
        if any({normal(name) for name in need} <= names for need in needs):
            return at
    return None


def normal(name: str) -> str:
    """Return a column name as it is compared: any case, any spaces.

    >>> normal(" Connected  On ")
    'connected on'
    """
    return " ".join(name.split()).casefold()


def _unique(names: Sequence[str]) -> tuple[str, ...]:
    """Give the second column of a name ` (2)`, the third ` (3)`: none may hide another."""
    seen: dict[str, int] = {}
    unique = []
    for name in names:
        count = seen[normal(name)] = seen.get(normal(name), 0) + 1
        shown = " ".join(_LOST.sub("\ufffd", name).split())
        unique.append(shown + (f" ({count})" if count > 1 else ""))
    return tuple(unique)


def _rows(records: list[Record], header: tuple[str, ...], ends_whole: bool) -> Iterator[Row]:
    for number, record in enumerate(records, start=1):
        fields, fault = record.fields, record.fault
        if fault is None and header:
            fields = _fitted(fields, header)
            is_cut = number == len(records) and not ends_whole and len(fields) < len(header)
            if is_cut:
                fault = TRUNCATED
            elif len(fields) != len(header):
                fault = f"row has {len(fields)} fields, header has {len(header)}"
        yield Row(number, fields, fault)


def _fitted(fields: tuple[str, ...], header: tuple[str, ...]) -> tuple[str, ...]:
    """Allow what changes no value: empty fields too many, or none under an empty last name."""
    width = len(header)
    if len(fields) > width and not any(fields[width:]):
        return fields[:width]
    if len(fields) == width - 1 and not header[-1]:
        return (*fields, "")
    return fields
