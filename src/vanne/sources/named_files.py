"""Read files of the format `tables`, such as those of LinkedIn: a row is an item, or is listed.

A file is recognised by its name or its columns, and read as a pack describes its kind.

Time of an item: most files say when each row was made. Profile, positions, education, skills, CV
and the like do not: they are *state*, the content of the account on the day on which the archive
was made, and that day is their `created_at`. The start of a job is part of its text. A blank date
where a file should have one stays unknown, which denies.

The answers of LinkedIn's portability API (EEA, Switzerland) hold the same rows in JSON: `{paging,
elements: [{snapshotDomain, snapshotData: [row]}]}`, page after page. Programs store them one by
one, in an array or on lines, with the errors that came in between. The fields of a row are the
columns of the archive's files, so a row that is in both counts once.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from vanne.sources.archive import Archive, ArchiveMember, printable
from vanne.sources.csvtext import (
    CsvFile,
    CsvRow,
    CsvSample,
    CsvTable,
    csv_file,
    fits,
    normal,
    records_in,
)
from vanne.sources.file_reader import Context, FileReader, MemberClue, set_aside
from vanne.sources.jsontext import fault_of, nodes_of, nodes_of_lines
from vanne.sources.kinds import NO_READER, kind_of
from vanne.sources.member import facts_of, owner_of
from vanne.sources.people import Owner
from vanne.sources.readers import TableKind, table_kinds
from vanne.sources.reading import RowResult
from vanne.sources.rows import RowReader
from vanne.sources.streams import text_of
from vanne.words import Message

SHORT = Message("rows-left-short")
_NO_ROWS = re.compile(r'"?no (?:\w+ ){1,3}found\.?"?', re.IGNORECASE)
_MIN_COLUMNS = 2
"""So many columns that a kind needs must be there where the file's name does not say the kind."""


def open_table(archive: Archive, entry: ArchiveMember, sample: CsvSample) -> FileReader | None:
    """Open a CSV file if it is one of LinkedIn's; `None` if it may be somebody else's."""
    text, named = sample.text.strip(), kind_of(entry.path)
    if named is not None and (not text or (sample.is_whole and _NO_ROWS.fullmatch(text))):
        table = CsvFile(entry, sample.encoding, ())
        return FileReader(
            archive, entry, lambda _: iter(()), named.reader, (named, table), None, sample.warnings
        )
    for kind in (named, _by_columns(sample)):
        if kind and (file := _with_kind(archive, entry, sample, kind)):
            return file
    return None


def open_unknown_table(archive: Archive, entry: ArchiveMember, sample: CsvSample) -> FileReader:
    """Open a CSV file that no reader understands: each row below its first line is listed."""
    kind = kind_of(entry.path)
    reason = Message("header-not-understood") if kind else Message("unknown-file")
    if not sample.text.strip():
        return set_aside(archive, entry, reason)
    below = CsvFile(entry, sample.encoding, (), head=1)

    def read(_: Context) -> Iterator[RowResult]:
        number = None
        for row in below.rows:
            number = row.number
            yield RowResult(number, reason=reason)
        if number is None:
            yield RowResult(None, reason=reason)

    warnings = (*sample.warnings, Message("header-not-understood")) if kind else ()
    reader = kind.reader if kind else NO_READER
    return FileReader(archive, entry, read, reader, warnings=warnings)


def _with_kind(
    archive: Archive, entry: ArchiveMember, sample: CsvSample, kind: TableKind
) -> FileReader | None:
    @lru_cache(maxsize=2)
    def reader(header: tuple[str, ...]) -> RowReader:
        return RowReader.of(kind, header, Owner(), None)

    def makes_sense(header: tuple[str, ...], fields: tuple[str, ...]) -> bool:
        return bool(header) and not reader(header).has_odd_date(fields)

    table, is_short = csv_file(
        entry,
        sample,
        kind.needs,
        makes_sense,
        required=kind.required,
        preferred=kind.dialect,
    )
    if not table.header:
        return None
    warnings = [
        *sample.warnings,
        *(
            Message("column-left-out", column=printable(name))
            for name in table.header
            if not kind.knows(name)
        ),
        *([SHORT] if is_short else []),
    ]

    def read(context: Context) -> Iterator[RowResult]:
        return read_rows(kind, table, archive, context)

    return FileReader(archive, entry, read, kind.reader, (kind, table), None, tuple(warnings))


def read_rows(
    kind: TableKind, table: CsvFile, archive: Archive, context: Context
) -> Iterator[RowResult]:
    """Read the rows of a table."""
    reader = RowReader.of(kind, table.header, context.owner, archive.snapshot)
    columns = context.columns.get(kind.reader)
    is_whole = columns is None or columns.issuperset(map(normal, table.header))
    return (reader.result(row, None if is_whole else columns) for row in table.rows)


def _by_columns(sample: CsvSample) -> TableKind | None:
    """Recognise a file under another name by its columns, if they are those of one kind only."""
    lines = sample.text.splitlines(keepends=True)[:12]
    widest: dict[str, int] = {}
    for delimiter in (",", "\t", ";"):
        for record in records_in([lines], "rfc4180", delimiter):
            for kind in table_kinds().values():
                needs = (need for need in kind.needs if fits(record.fields, [need]))
                most = max(map(len, needs), default=0)
                if most >= _MIN_COLUMNS and all(map(kind.knows, record.fields)):
                    widest[kind.reader] = max(most, widest.get(kind.reader, 0))
    best = max(widest.values(), default=0)
    readers_of_best = [reader for reader, most in widest.items() if most == best]
    return table_kinds()[readers_of_best[0]] if len(readers_of_best) == 1 else None


_DOMAIN = re.compile(r'(?<!\\)"snapshotDomain"\s*:')


def _kind_of(domain: str, row: Any, kinds: Sequence[TableKind]) -> TableKind | None:
    """Return the kind of a row: some domains hold two, such as what was given and received.

    Programs write the name of a domain in either case, with either line.
    """
    names = list(map(str, row)) if isinstance(row, dict) else []
    plain = domain.upper().replace("-", "_")
    all_kinds = [kind for kind in kinds if plain in kind.domains]
    fitting = (kind for kind in all_kinds if fits(names, kind.needs))
    return next(fitting, next(iter(all_kinds), None))


def is_snapshot(start: str) -> bool:
    """Say whether a document begins as one with answers does."""
    return _DOMAIN.search(start) is not None


def open_snapshot(
    archive: Archive, entry: ArchiveMember, encoding: str, *, is_lines: bool
) -> FileReader:
    """Open a file with answers."""
    kinds = [kind for kind in table_kinds().values() if kind.domains]
    network = kinds[0].network if kinds else NO_READER

    def rows() -> Iterator[tuple[str, Any, Message | None]]:
        return _rows(entry, encoding, is_lines)

    def read(context: Context) -> Iterator[RowResult]:
        owner = Owner(context.owner.names | context.names_in(network), context.owner.urls)

        @cache
        def reader(kind: str, header: tuple[str, ...]) -> RowReader:
            return RowReader.of(table_kinds()[kind], header, owner, archive.snapshot)

        for number, (domain, value, fault) in enumerate(rows(), start=1):
            kind = _kind_of(domain, value, kinds)
            why = fault or (Message("unknown-part") if kind is None else _fault(kind, value))
            if why or kind is None:
                yield RowResult(number, reason=why or Message("unknown-part"))
                continue
            row = CsvRow(number, tuple(map(_cell, value.values())))
            columns = context.columns.get(kind.reader)
            yield reader(kind.reader, tuple(value)).result(row, columns)

    def clues() -> Iterator[MemberClue]:
        tables = [
            (kind, CsvTable(tuple(value), (CsvRow(1, tuple(map(_cell, value.values()))),)))
            for domain, value, fault in rows()
            if (kind := _kind_of(domain, value, kinds))
            and not fault
            and not _fault(kind, value)
            and kind.name in ("profile", "education")
        ]
        today = (archive.snapshot or datetime.max).date()
        yield MemberClue(network, owner_of(tables).names, facts_of(tables, today))

    return FileReader(archive, entry, read, f"{network}/portability-api", clues=clues)


def _rows(
    entry: ArchiveMember, encoding: str, is_lines: bool
) -> Iterator[tuple[str, Any, Message | None]]:
    """Yield each row with its domain: pages may lie alone, in an array, or one on each line."""
    pieces = text_of(entry.chunks(), encoding)
    domain = ""
    waiting: list[tuple[Any, Message | None]] = []
    nodes = nodes_of_lines(pieces) if is_lines else nodes_of(pieces)
    for node in nodes:
        if node.key in ("", "elements"):
            page = node.value  # or an element of one that lies alone
            elements = page.get("elements") if isinstance(page, dict) else None
            for element in elements if isinstance(elements, list) else [page]:
                is_object = isinstance(element, dict)
                data = element.get("snapshotData") if is_object else None
                if not isinstance(data, list):
                    kind = Message("unknown-part") if is_object else Message("not-an-object")
                    yield "", None, node.fault or kind
                    continue
                # A fault, such as half a letter, is only that of the rows that have it.
                name = str(element.get("snapshotDomain"))
                yield from ((name, row, fault_of(row) if node.fault else None) for row in data)
        elif node.key == "snapshotDomain":  # it may be said before the rows or behind them
            domain = str(node.value)
            yield from ((domain, row, fault) for row, fault in waiting)
            waiting = []
        elif node.key == "snapshotData" and domain:
            yield domain, node.value, node.fault
        elif node.key == "snapshotData":
            waiting.append((node.value, node.fault))
        elif node.fault:
            yield "", None, node.fault
    yield from ((domain, row, fault) for row, fault in waiting)


def _fault(kind: TableKind, row: Any) -> Message | None:
    if not isinstance(row, dict):
        return Message("not-an-object")
    if not fits(map(str, row), kind.needs):
        return Message("header-not-understood") if row else Message("empty-row")
    if not all(isinstance(v, str | int | float | None) for v in row.values()):
        return Message("odd-column")
    return None


def _cell(value: object) -> str:
    return "" if value is None else str(value)
