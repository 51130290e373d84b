"""What was shown to whom, and what members muted.

Who switches job matching off is forgotten here too, with the next digest that is asked for.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, select

from vanne.config import Home
from vanne.database import Database, add_persons, upsert
from vanne.errors import InputError, did_you_mean
from vanne.terms import MemberId
from vanne_assist.jobs.match import Muted
from vanne_assist.tables import muted_reason, posting_shown

KINDS = ("title", "skill", "language", "place", "years", "education", "employer", "posting")
"""What can be muted."""


def shown_to(home: Home, member: MemberId) -> set[str]:
    """Return the ids of the postings that a member was shown."""
    query = select(posting_shown.c.posting_id).where(posting_shown.c.person_id == member)
    with Database.of(home).reading() as db:
        return set(db.scalars(query))


def show(home: Home, member: MemberId, postings: Iterable[str], now: datetime) -> None:
    """Remember that postings were shown; the first time counts."""
    rows = [{"person_id": member, "posting_id": posting, "at": now} for posting in postings]
    if rows:
        with Database.of(home).writing() as db:
            add_persons(db, [member])
            db.execute(upsert(db, posting_shown).on_conflict_do_nothing(), rows)


def muted_by(home: Home, member: MemberId) -> tuple[Muted, ...]:
    """Return what a member muted."""
    muted = muted_reason.c
    query = select(muted.kind, muted.value).where(muted.person_id == member)
    with Database.of(home).reading() as db:
        return tuple(Muted(*row) for row in db.execute(query.order_by(muted.kind, muted.value)))


def mute(home: Home, member: MemberId, what: Muted, now: datetime) -> None:
    """Mute a reason; once more is harmless."""
    row = {"person_id": member, "kind": what.kind, "value": what.value, "at": now}
    with Database.of(home).writing() as db:
        add_persons(db, [member])
        db.execute(upsert(db, muted_reason).on_conflict_do_nothing(), row)


def unmute(home: Home, member: MemberId, what: Muted) -> None:
    """Let a reason count again."""
    row = {"person_id": member, "kind": what.kind, "value": what.value}
    with Database.of(home).writing() as db:
        db.execute(delete(muted_reason).filter_by(**row))


def forget(home: Home, member: MemberId) -> None:
    """Forget a member."""
    with Database.of(home).writing() as db:
        for table in (posting_shown, muted_reason):
            db.execute(delete(table).where(table.c.person_id == member))


def muted_of(said: str) -> Muted:
    """Read what is muted: `skill:rust`, `employer:Kanzlei Kalmingau`.

    Raises:
        InputError: the kind is not one that can be muted, or the value is missing.
    """
    kind, _, value = said.partition(":")
    if kind not in KINDS:
        raise InputError(f"`{kind}` cannot be muted", todo=did_you_mean(kind, list(KINDS)))
    if not (value := value.strip()):
        todo = f"say which: `{kind}:NAME`, as the digest writes it"
        raise InputError(f"`{said}` does not say what to mute", todo=todo)
    return Muted(kind, value.casefold() if kind == "employer" else value)
