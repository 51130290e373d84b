"""Open a JSON document (or X's JavaScript with one), and find which network's records it holds.

XML is read as the JSON document that says the same.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from pathlib import PurePosixPath

from vanne.sources.archive import Archive, ArchiveMember
from vanne.sources.csvtext import CsvFile, CsvSample, csv_file
from vanne.sources.file_reader import Context, FileReader, set_aside
from vanne.sources.jsontext import (
    Node,
    Outline,
    keys_of_lines,
    nodes_of,
    nodes_of_lines,
    outline_of,
)
from vanne.sources.kinds import NO_READER
from vanne.sources.named_files import is_snapshot, open_snapshot
from vanne.sources.readers import NetworkRecord, Shape, record_kinds
from vanne.sources.reading import RowResult
from vanne.sources.records import Records
from vanne.sources.row_kinds import kind_by_columns, kinds_by_keys, with_others
from vanne.sources.streams import decode, text_of
from vanne.sources.wordfile import XmlError
from vanne.sources.xmltext import LARGE_XML, MAX_XML, json_of, root_of
from vanne.words import Message

_X_START = re.compile(r"\s*window\.YTD\.(\w+?)\.part\d+\s*=\s*")
_LINES_LOOKED_AT = 100
_HEAD_BYTES = 2 << 20
_LINES = (".jsonl", ".ndjson")
_SERVER = r"[\w-]+(?:\.[\w-]+)*\.[^\W\d]{2,}"
_CELLS: dict[Shape, str] = {
    "account": rf"@?[\w.-]+@{_SERVER}",
    "link": r"https://[^\s,]+",
    "server": _SERVER,
    "text": r'(?:[^,"]+|"(?:[^"]|"")+")',
}
"""What the cells of a table without a header look like."""
_MANIFEST = re.compile(r"\s*window\.__THAR_CONFIG\s*=")


def open_json(archive: Archive, entry: ArchiveMember, head: bytes) -> FileReader:
    """Open a file that begins as JSON does; of one with a long first row more is looked at."""
    file = _by_beginning(archive, entry, head)
    if file.reader == NO_READER and len(head) < min(entry.size, _HEAD_BYTES):
        return _by_beginning(archive, entry, entry.start(_HEAD_BYTES)[0])
    return file


def _by_beginning(archive: Archive, entry: ArchiveMember, head: bytes) -> FileReader:
    decoded = decode(head)
    start, encoding = decoded.text, decoded.encoding
    if not encoding.startswith("utf-16"):  # JSON has no other than these (RFC 8259)
        start, encoding = head.decode("utf-8-sig", errors="surrogateescape"), "utf-8-sig"
    if _MANIFEST.match(start):
        return set_aside(archive, entry, Message("names-files"))
    written = _X_START.match(start)
    outline = outline_of(start[written.end() :] if written else start)
    if PurePosixPath(entry.path).suffix.lower() in _LINES:
        outline = replace(outline, keys=outline.keys + keys_of_lines(start), is_lines=True)
    if is_snapshot(start) and not written:
        return open_snapshot(archive, entry, encoding, is_lines=outline.is_lines)

    def pieces() -> Iterator[str]:
        return text_of(entry.chunks(), encoding)

    return _records(archive, entry, outline, pieces, written and written[1])


def open_xml(archive: Archive, entry: ArchiveMember, head: bytes) -> FileReader | None:
    """Open an XML document whose root a network names; `None` if none does."""
    root = root_of(decode(head).text)
    if not any(key.startswith(f"{root}.") for kind in record_kinds() for key in kind.keys):
        return None
    if entry.size > MAX_XML:
        return set_aside(archive, entry, LARGE_XML)
    try:
        outline = outline_of(json_of(entry.read()))
    except XmlError as error:
        return set_aside(archive, entry, error.fault)

    def pieces() -> Iterator[str]:
        yield json_of(entry.read())

    return _records(archive, entry, outline, pieces)


def _records(
    archive: Archive,
    entry: ArchiveMember,
    outline: Outline,
    pieces: Callable[[], Iterator[str]],
    part: str | None = None,
) -> FileReader:
    is_whole, is_lines = False, outline.is_lines and not part
    kinds: dict[str, NetworkRecord] = {}
    if part:
        kind = kinds_by_keys([(f"ytd:{part}",)], lambda _: outline.first.get(()))
        kinds = dict(zip([""], kind.values(), strict=False))
    elif is_lines:
        kind = kinds_by_keys([("lines",)], lambda _: outline.keys, entry.path)
        kinds = dict(zip([""], kind.values(), strict=False))
    elif outline.bracket == "[":
        kinds = kinds_by_keys([("",)], lambda _: outline.first.get(()), entry.path)
    else:
        kinds = kinds_by_keys(outline.first, outline.first.get, entry.path)
        if not kinds:
            kinds = kinds_by_keys([("{}",)], lambda _: outline.keys, entry.path)
            is_whole = bool(kinds)

    def nodes() -> Iterator[Node]:
        text = pieces()
        if part:
            first = next(text, "").partition("=")[2]
            return nodes_of(chain([first], text), end=";")
        if is_lines:
            return nodes_of_lines(text)
        if is_whole:
            return (Node("{}", n.value, n.fault) for n in nodes_of_lines(text))
        return nodes_of(text, paths=kinds)

    if kinds:
        names = tuple(kinds)
        if part or not (outline.bracket == "[" or is_lines or is_whole):
            kinds = with_others(kinds)
        return Records(archive, entry, kinds, nodes).opened(keys=names)

    def read(_: Context) -> Iterator[RowResult]:
        number = 0
        for node in nodes():
            if node.is_row:
                number += 1
                yield RowResult(number, reason=node.fault or Message("unknown-file"))
        if not number and entry.size:
            yield RowResult(None, reason=Message("unknown-file"))

    return FileReader(archive, entry, read)


def open_records_table(
    archive: Archive, entry: ArchiveMember, sample: CsvSample
) -> FileReader | None:
    """Open a CSV file of one of the networks; `None` if it is none of theirs."""
    first = sample.text.split("\n", 1)[0].strip("\r\ufeff")
    kind = kind_by_columns((name.strip('"') for name in first.split(",")), entry.path)
    header: tuple[str, ...] = ()
    if kind is None:
        # A table without a header is known by its cells: half of the lines have one shape.
        lines = [line for line in sample.text.splitlines()[:_LINES_LOOKED_AT] if line.strip()]
        for each in record_kinds():
            for columns in each.headless:
                shape = re.compile(",".join(_CELLS[cell] for cell in columns.values()))
                if lines and 2 * sum(map(bool, map(shape.fullmatch, lines))) >= len(lines):
                    kind, header = kind or each, header or tuple(columns)
    if kind is None:
        return None
    table, _ = csv_file(entry, sample, [kind.has], lambda _h, _f: True)
    if header:
        table = CsvFile(entry, sample.encoding, header)
    if not table.header:
        return None

    table = replace(table, padding=None)  # a field too few may have shifted the others

    def nodes() -> Iterator[Node]:
        for row in table.rows:
            record: Mapping[str, str] = dict(zip(table.header, row.fields, strict=False))
            if kind.pairs:
                record = {record.get(kind.pairs[0], ""): record.get(kind.pairs[1], "")}
            yield Node("", record, row.fault)

    return Records(archive, entry, {"": kind}, nodes).opened(sample.warnings)
