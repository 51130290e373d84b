"""What recruiters keep: ids, candidates, and the numbers of rows in files that are handed out.

Saved briefs and what they last found, lists, notes, opinions, what was handed out as files: tables
of the one database (`vanne_assist.tables`). An account sees its own things only. Each row of a file
has a number made of the file's own secret and the member's id (HMAC-SHA256): it says which row is
to be deleted when somebody leaves, and by then names nobody.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import Connection

from vanne.database import add_persons, upsert
from vanne.terms import MemberId
from vanne_assist.tables import candidate


def new_id() -> str:
    """Return a new id: nobody can guess that of somebody else's list."""
    return secrets.token_hex(8)


def moment(at: datetime) -> str:
    """Write a time as files and documents have it."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


def row_number(file_id: str, member_id: MemberId) -> str:
    """Return the number of a member's row in a file that was handed out."""
    return hmac.new(file_id.encode(), member_id.encode(), hashlib.sha256).hexdigest()[:16]


def add_candidates(db: Connection, ids: Iterable[MemberId]) -> None:
    """Make sure that there is a row for each member of whom something is about to be kept."""
    members = sorted(set(ids))
    add_persons(db, members)
    if members:
        rows = [{"person_id": each} for each in members]
        db.execute(upsert(db, candidate).on_conflict_do_nothing(), rows)
