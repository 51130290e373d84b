"""Lists as files: what may be shown and no more, for what and until when, and who left since.

A file says its purpose, its day, and the day by which it is to be deleted. Each row has a number of
this file's own (see `vanne_assist.recruiting.desk`): the next file of the same list names the rows
of earlier ones whose people said no since, so that whoever holds those knows which to delete.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select

from vanne.database import add_persons
from vanne.terms import MemberId
from vanne_assist.recruiting.desk import add_candidates, moment, new_id, row_number
from vanne_assist.recruiting.leaving import PURPOSE
from vanne_assist.tables import list_export, list_export_row

SCHEMA = "vanne/people/1"
KEPT_DAYS = 30
COLUMNS = (
    "status", "row", "member_id", "title", "place", "languages", "years", "skills", "evidence",
    "notes", "added", "purpose", "made", "delete_by",
)  # fmt: skip
"""The columns of the CSV file."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Shown:
    """What a file says of one person: read from items that may be shown, and quoted from them."""

    member_id: MemberId
    added: date
    title: str | None
    place: str | None
    languages: tuple[str, ...]
    years: float | None
    skills: tuple[str, ...]
    evidence: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class File:
    """A file that is handed out. `gone` are rows of earlier files, by file, to be deleted."""

    id: str
    name: str
    made: datetime
    people: tuple[Shown, ...]
    hidden: int
    left: int
    gone: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def delete_by(self) -> date:
        """The day by which it is to be deleted."""
        return (self.made + timedelta(days=KEPT_DAYS)).date()


def hand_out(
    db: Connection,
    account: str,
    about: tuple[str, str, int],
    people: Sequence[Shown],
    hidden: int,
    now: datetime,
) -> File:
    """Make a file of a list (its id, its name, how many left it), and keep the numbers of its rows.

    `hidden` are in the list, and nothing of them may be shown now.
    """
    list_id, name, left = about
    export, row = list_export.c, list_export_row.c
    left_since = (
        select(export.id, row.number)
        .join(list_export_row, row.export_id == export.id)
        .where(export.account == account, export.list_id == list_id, row.person_id.is_(None))
        .order_by(export.at, export.id, row.number)
    )
    gone: dict[str, tuple[str, ...]] = {}
    for earlier, number in db.execute(left_since):
        gone[earlier] = (*gone.get(earlier, ()), number)
    file = File(new_id(), name, now, tuple(people), hidden, left, gone)
    add_persons(db, [account])
    add_candidates(db, [person.member_id for person in people])
    made = {"id": file.id, "account": account, "list_id": list_id, "at": now}
    db.execute(insert(list_export), made)
    rows = [
        {
            "export_id": file.id,
            "number": row_number(file.id, person.member_id),
            "person_id": person.member_id,
        }
        for person in people
    ]
    if rows:
        db.execute(insert(list_export_row), rows)
    return file


def as_json(file: File) -> bytes:
    """Write a file for machines."""
    document = {
        "schema": SCHEMA,
        "file": file.id,
        "list": file.name,
        "purpose": PURPOSE,
        "made": moment(file.made),
        "delete_by": file.delete_by.isoformat(),
        "people": [_person(file, person) for person in file.people],
        "not_shown": file.hidden,
        "left": {
            "count": file.left,
            "rows_to_delete": [
                {"file": earlier, "rows": list(rows)} for earlier, rows in file.gone.items()
            ],
        },
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def as_csv(file: File) -> bytes:
    """Write a file for spreadsheets: no cell is a formula, and whom to delete comes last."""
    sink = io.StringIO()
    table = csv.writer(sink, lineterminator="\r\n")
    table.writerow(COLUMNS)
    about = (PURPOSE, moment(file.made), file.delete_by.isoformat())
    for person in file.people:
        table.writerow(map(_cell, (*_cells(file, person), *about)))
    for rows in file.gone.values():
        for number in rows:
            table.writerow(["delete", number, *[""] * (len(COLUMNS) - 5), *about])
    return sink.getvalue().encode("utf-8-sig")


def _person(file: File, person: Shown) -> dict[str, Any]:
    return {
        "row": row_number(file.id, person.member_id),
        "member_id": person.member_id,
        "title": person.title,
        "place": person.place,
        "languages": list(person.languages),
        "years": person.years,
        "skills": list(person.skills),
        "evidence": list(person.evidence),
        "notes": list(person.notes),
        "added": person.added.isoformat(),
    }


def _cells(file: File, person: Shown) -> Iterable[str]:
    return (
        "shown",
        row_number(file.id, person.member_id),
        person.member_id,
        person.title or "",
        person.place or "",
        ", ".join(person.languages),
        "" if person.years is None else f"{person.years:g}",
        ", ".join(person.skills),
        " | ".join(person.evidence),
        " | ".join(person.notes),
        person.added.isoformat(),
    )


def _cell(text: str) -> str:
    """Keep a spreadsheet from running what somebody wrote (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(_FORMULA) else text
