"""Reads the answers of LinkedIn's portability API (EEA, Switzerland): an archive's rows in JSON.

An answer is `{paging, elements: [{snapshotDomain, snapshotData: [row]}]}`; the fields of a row are
the columns of the archive's files. So the rows are read as those of the files are, and a row that
is in both counts once.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any

from vanne.sources.archive import Archive, Entry
from vanne.sources.csvtext import Row, Table, normal
from vanne.sources.jsontext import nodes_of
from vanne.sources.kinds import Kind, kinds
from vanne.sources.member import facts_of, owner_of
from vanne.sources.opened import Context, Opened, Who
from vanne.sources.people import Owner
from vanne.sources.reading import Found
from vanne.sources.reasons import Why
from vanne.sources.rows import RowReader
from vanne.sources.streams import text_of

READER = "linkedin/portability-api"


@cache
def _by_domain() -> dict[str, Kind]:
    return {domain: kind for kind in kinds().values() for domain in kind.domains}


def open_snapshot(archive: Archive, entry: Entry, encoding: str) -> Opened:
    """Open a file with answers."""

    def rows() -> Iterator[tuple[str, Any, str | None]]:
        return _rows(entry, encoding)

    def read(context: Context) -> Iterator[Found]:
        readers: dict[tuple[str, tuple[str, ...]], RowReader] = {}
        for number, (domain, value, fault) in enumerate(rows(), start=1):
            kind = _by_domain().get(domain)
            why = fault or (Why.UNKNOWN_PART if kind is None else _fault(kind, value))
            if why or kind is None:
                yield Found(number, reason=why or Why.UNKNOWN_PART)
                continue
            header, fields = tuple(value), tuple(map(_cell, value.values()))
            owner = Owner(
                context.owner.names | context.own.get("linkedin", frozenset()), context.owner.urls
            )
            reader = readers.setdefault(
                (domain, header), RowReader.of(kind, header, owner, archive.snapshot)
            )
            yield reader.found(Row(number, fields), context.columns.get(kind.name))

    def who() -> Iterator[Who]:
        tables = [
            (kind, Table(tuple(value), (Row(1, tuple(map(_cell, value.values()))),)))
            for domain, value, fault in rows()
            if (kind := _by_domain().get(domain))
            and not fault
            and not _fault(kind, value)
            and kind.name in ("profile", "education")
        ]
        today = (archive.snapshot or datetime.max).date()
        yield Who("linkedin", owner_of(tables).names, facts_of(tables, today))

    return Opened(archive, entry, read, READER, who=who)


def _rows(entry: Entry, encoding: str) -> Iterator[tuple[str, Any, str | None]]:
    for node in nodes_of(text_of(entry.chunks(), encoding)):
        if node.key != "elements":
            if node.fault:
                yield "", None, node.fault
            continue
        element = node.value
        data = element.get("snapshotData") if isinstance(element, dict) else None
        if node.fault or not isinstance(data, list):
            yield "", None, node.fault or Why.NO_OBJECT
            continue
        for row in data:
            yield str(element.get("snapshotDomain")), row, None


def _fault(kind: Kind, row: Any) -> str | None:
    if not isinstance(row, dict):
        return Why.NO_OBJECT
    names = {normal(str(name)) for name in row}
    if not row or not any({normal(n) for n in need} <= names for need in kind.needs):
        return Why.NOT_UNDERSTOOD if row else Why.EMPTY
    if not all(isinstance(v, str | int | float | None) for v in row.values()):
        return Why.ODD_COLUMN
    return None


def _cell(value: object) -> str:
    return "" if value is None else str(value)
