"""Reads the answers of LinkedIn's portability API (EEA, Switzerland): an archive's rows in JSON.

An answer is `{paging, elements: [{snapshotDomain, snapshotData: [row]}]}`, page after page, and
programs store them one by one, in an array or on lines, with the errors that came in between. The
fields of a row are the columns of the archive's files. So the rows are read as those of the files
are, and a row that is in both counts once.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any

from vanne.sources.archive import Archive, Entry
from vanne.sources.csvtext import CsvRow, CsvTable, fits
from vanne.sources.file_reader import Context, FileReader, MemberClue
from vanne.sources.jsontext import PAGE, fault_of, nodes_of, nodes_of_lines
from vanne.sources.kinds import LinkedInKind, kinds
from vanne.sources.member import facts_of, owner_of
from vanne.sources.people import Owner
from vanne.sources.reading import RowResult
from vanne.sources.rows import RowReader
from vanne.sources.streams import text_of
from vanne.words import Message

READER = "linkedin/portability-api"
_DOMAIN = re.compile(r'(?<!\\)"snapshotDomain"\s*:')


@cache
def _by_domain() -> dict[str, list[LinkedInKind]]:
    by_domain: dict[str, list[LinkedInKind]] = {}
    for kind in kinds().values():
        for domain in kind.domains:
            by_domain.setdefault(domain, []).append(kind)
    return by_domain


def _kind_of(domain: str, row: Any) -> LinkedInKind | None:
    """Return the kind of a row: some domains hold two, such as what was given and received.

    Programs write a domain's name in either case, and with either line.
    """
    names = list(map(str, row)) if isinstance(row, dict) else []
    all_kinds = _by_domain().get(domain.upper().replace("-", "_"), [])
    return next(
        (kind for kind in all_kinds if fits(names, kind.needs)), next(iter(all_kinds), None)
    )


def is_snapshot(start: str) -> bool:
    """Say whether a document begins as one with answers does."""
    return _DOMAIN.search(start) is not None


def open_snapshot(archive: Archive, entry: Entry, encoding: str, *, is_lines: bool) -> FileReader:
    """Open a file with answers."""

    def rows() -> Iterator[tuple[str, Any, Message | None]]:
        return _rows(entry, encoding, is_lines)

    def read(context: Context) -> Iterator[RowResult]:
        owner = Owner(context.owner.names | context.names_in("linkedin"), context.owner.urls)

        @cache
        def reader(kind: str, header: tuple[str, ...]) -> RowReader:
            return RowReader.of(kinds()[kind], header, owner, archive.snapshot)

        for number, (domain, value, fault) in enumerate(rows(), start=1):
            kind = _kind_of(domain, value)
            why = fault or (Message("unknown-part") if kind is None else _fault(kind, value))
            if why or kind is None:
                yield RowResult(number, reason=why or Message("unknown-part"))
                continue
            row = CsvRow(number, tuple(map(_cell, value.values())))
            columns = context.columns.get(kind.name)
            yield reader(kind.name, tuple(value)).found(row, columns)

    def clues() -> Iterator[MemberClue]:
        tables = [
            (kind, CsvTable(tuple(value), (CsvRow(1, tuple(map(_cell, value.values()))),)))
            for domain, value, fault in rows()
            if (kind := _kind_of(domain, value))
            and not fault
            and not _fault(kind, value)
            and kind.name in ("profile", "education")
        ]
        today = (archive.snapshot or datetime.max).date()
        yield MemberClue("linkedin", owner_of(tables).names, facts_of(tables, today))

    return FileReader(archive, entry, read, READER, clues=clues)


def _rows(entry: Entry, encoding: str, is_lines: bool) -> Iterator[tuple[str, Any, Message | None]]:
    """Yield each row with its domain: pages may lie alone, in an array, or one on each line."""
    pieces = text_of(entry.chunks(), encoding)
    domain = ""
    waiting: list[tuple[Any, Message | None]] = []
    nodes = nodes_of_lines(pieces) if is_lines else nodes_of(pieces, pages=("", "elements"))
    for node in nodes:
        if node.key == PAGE:
            yield from ((domain, row, fault) for row, fault in waiting)
            domain, waiting = "", []
        elif node.key in ("", "elements"):
            page = node.value  # or an element of one that lies alone
            elements = page.get("elements") if isinstance(page, dict) else None
            for element in elements if isinstance(elements, list) else [page]:
                yield from _in_element(element, node.fault)
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


def _in_element(element: Any, fault: Message | None) -> Iterator[tuple[str, Any, Message | None]]:
    """Yield the rows of an element; a thing without rows is one that is listed.

    A fault around it, such as half a letter, is only that of the rows that have it.
    """
    data = element.get("snapshotData") if isinstance(element, dict) else None
    if not isinstance(data, list):
        kind = Message("unknown-part") if isinstance(element, dict) else Message("not-an-object")
        yield "", None, fault or kind
        return
    for row in data:
        yield str(element.get("snapshotDomain")), row, fault_of(row) if fault else None


def _fault(kind: LinkedInKind, row: Any) -> Message | None:
    if not isinstance(row, dict):
        return Message("not-an-object")
    if not fits(map(str, row), kind.needs):
        return Message("header-not-understood") if row else Message("empty-row")
    if not all(isinstance(v, str | int | float | None) for v in row.values()):
        return Message("odd-column")
    return None


def _cell(value: object) -> str:
    return "" if value is None else str(value)
