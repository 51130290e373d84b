"""Which suggestions a member accepted or refused.

Kept are the member's id, the id of the suggestion (a digest) and yes or no: nothing of a text. What
was accepted is said by making the suggestions anew, so that one whose source is gone, or switched
off, is gone from here too.
"""

from collections.abc import Mapping

from sqlalchemy import delete, insert, select

from vanne.config import Home
from vanne.database import Database, add_persons
from vanne.terms import MemberId
from vanne_assist.tables import suggestion_answer


def answers(home: Home, member: MemberId) -> Mapping[str, bool]:
    """Return which suggestions a member answered, and whether with yes.

    Raises:
        BusyError, StorageError: they cannot be read.
    """
    of_member = suggestion_answer.c.person_id == member
    with Database.of(home).reading() as db:
        rows = db.execute(select(suggestion_answer).where(of_member))
        return {row.suggestion: row.accepted for row in rows}


def answer(home: Home, member: MemberId, suggestion: str, accepted: bool | None) -> None:
    """Keep an answer; None takes it back. The same once more is harmless.

    Raises:
        BusyError, StorageError: it cannot be written; then nothing has changed.
    """
    row = {"person_id": member, "suggestion": suggestion}
    with Database.of(home).writing() as db:
        db.execute(delete(suggestion_answer).filter_by(**row))
        if accepted is not None:
            add_persons(db, [member])
            db.execute(insert(suggestion_answer), row | {"accepted": accepted})


def forget(home: Home, member: MemberId) -> None:
    """Forget a member.

    Raises:
        BusyError, StorageError: it cannot be written.
    """
    with Database.of(home).writing() as db:
        db.execute(delete(suggestion_answer).where(suggestion_answer.c.person_id == member))
