"""Lists as files: what may be shown and no more, for what and until when, and who left since.

A file says its purpose, its day, and the day by which it is to be deleted. Each row has a number
made of the file's own id and the member's (HMAC-SHA256). The next file of the same list names the
rows of earlier ones whose people opted out since: whoever holds those knows which to delete, and
the number by then names nobody.
"""

import csv
import hashlib
import hmac
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, insert, select

from vanne.database import add_persons
from vanne.terms import MemberId
from vanne_assist.recruiting.candidates import PURPOSE, add_candidates, new_id
from vanne_assist.tables import list_export, list_export_row

SCHEMA = "vanne/people/1"
KEPT_DAYS = 30
"""How long a file may be kept: a month of hiring, after which a new one costs nothing."""
COLUMNS = (
    "status", "row", "member_id", "title", "place", "languages", "years", "skills", "evidence",
    "notes", "added", "purpose", "made", "delete_by",
)  # fmt: skip
"""The columns of the CSV file."""
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class ExportedPerson:
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
class ListExport:
    """A file that is handed out. `gone` are rows of earlier files, by file, to be deleted."""

    id: str
    name: str
    made: datetime
    people: tuple[ExportedPerson, ...]
    hidden: int
    left: int
    gone: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def delete_by(self) -> date:
        """The day by which it is to be deleted."""
        return (self.made + timedelta(days=KEPT_DAYS)).date()

    @property
    def made_at(self) -> str:
        """When it was made, as files say it."""
        return self.made.astimezone(UTC).isoformat(timespec="seconds")


def row_number(file_id: str, member_id: MemberId) -> str:
    """Return the number of a member's row in a file."""
    return hmac.new(file_id.encode(), member_id.encode(), hashlib.sha256).hexdigest()[:16]


def hand_out(
    db: Connection,
    account: str,
    about: tuple[str, str, int],
    people: Sequence[ExportedPerson],
    hidden: int,
    now: datetime,
) -> ListExport:
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
    file = ListExport(new_id(), name, now, tuple(people), hidden, left, gone)
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


def as_json(file: ListExport) -> bytes:
    """Write a file for machines."""
    document = {
        "schema": SCHEMA,
        "file": file.id,
        "list": file.name,
        "purpose": PURPOSE,
        "made": file.made_at,
        "delete_by": file.delete_by.isoformat(),
        "people": [
            {
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
            for person in file.people
        ],
        "not_shown": file.hidden,
        "left": {
            "count": file.left,
            "rows_to_delete": [
                {"file": earlier, "rows": list(rows)} for earlier, rows in file.gone.items()
            ],
        },
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def as_csv(file: ListExport) -> bytes:
    """Write a file for spreadsheets: no cell is a formula, and whom to delete comes last."""
    sink = io.StringIO()
    table = csv.writer(sink, lineterminator="\r\n")
    table.writerow(COLUMNS)
    about = (PURPOSE, file.made_at, file.delete_by.isoformat())
    for person in file.people:
        cells = (
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
            *about,
        )
        # a spreadsheet must not run what somebody wrote (OWASP, CSV injection)
        table.writerow([f"'{c}" if c.startswith(_FORMULA_STARTS) else c for c in cells])
    for rows in file.gone.values():
        for number in rows:
            table.writerow(["delete", number, *[""] * (len(COLUMNS) - 5), *about])
    return sink.getvalue().encode("utf-8-sig")
