"""Reads the files of a LinkedIn archive: every row becomes an item or is listed.

A file is known by its name or by its columns, and read by what `linkedin.toml` says of its kind.

Time of an item: most files say when each row was made. Profile, positions, education, skills, CV
and the like do not: they are *state*, on the account on the day the archive was made, and that day
is their `created_at`; when a job began is part of its text. A blank date where a file should have
one stays unknown, which denies.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from vanne.sources.archive import Archive, Entry, printable
from vanne.sources.csvtext import CsvFile, CsvSample, csv_file, fits, normal, records_in
from vanne.sources.file_reader import Context, FileReader, set_aside
from vanne.sources.kinds import NO_READER, LinkedInKind, kind_of, kinds
from vanne.sources.people import Owner
from vanne.sources.reading import RowResult
from vanne.sources.rows import RowReader
from vanne.words import Message

SHORT = Message("rows-left-short")
_NO_ROWS = re.compile(r'"?no (?:\w+ ){1,3}found\.?"?', re.IGNORECASE)
_MIN_COLUMNS = 2
"""So many columns that a kind needs must be there where the file's name does not say the kind."""


def open_table(archive: Archive, entry: Entry, sample: CsvSample) -> FileReader | None:
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


def open_unknown_table(archive: Archive, entry: Entry, sample: CsvSample) -> FileReader:
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
    archive: Archive, entry: Entry, sample: CsvSample, kind: LinkedInKind
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
    kind: LinkedInKind, table: CsvFile, archive: Archive, context: Context
) -> Iterator[RowResult]:
    """Read the rows of a table."""
    reader = RowReader.of(kind, table.header, context.owner, archive.snapshot)
    columns = context.columns.get(kind.name)
    is_whole = columns is None or columns.issuperset(map(normal, table.header))
    return (reader.found(row, None if is_whole else columns) for row in table.rows)


def _by_columns(sample: CsvSample) -> LinkedInKind | None:
    """Recognise a file under another name by its columns, if they are those of one kind only."""
    lines = sample.text.splitlines(keepends=True)[:12]
    widest: dict[str, int] = {}
    for delimiter in (",", "\t", ";"):
        for record in records_in([lines], "rfc4180", delimiter):
            for kind in kinds().values():
                needs = (need for need in kind.needs if fits(record.fields, [need]))
                most = max(map(len, needs), default=0)
                if most >= _MIN_COLUMNS and all(map(kind.knows, record.fields)):
                    widest[kind.name] = max(most, widest.get(kind.name, 0))
    best = max(widest.values(), default=0)
    names_of_best = [name for name, most in widest.items() if most == best]
    return kinds()[names_of_best[0]] if len(names_of_best) == 1 else None
