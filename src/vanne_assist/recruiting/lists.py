"""A recruiter's lists of people and notes, as long as each person may be found.

List entries and notes refer to the table `candidate`, and are deleted with its row.
The ledger records who opted out of being found. `catch_up` deletes what names these members: when
pages or the API write an opt-out, and when a recruiter opens a page, for all other entries. Nothing
here reads the search index, so that lists are right even if the index is old. No file of a list is
made: an opt-out would not reach it.
"""

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, bindparam, delete, func, insert, select, update

from vanne.config import Home
from vanne.database import Database, add_persons, upsert
from vanne.decide import People
from vanne.errors import InputError
from vanne.ledger import Ledger
from vanne.policy.schedule import policy_at
from vanne.terms import MemberId
from vanne_assist.tables import (
    candidate,
    contact,
    ledger_seen,
    list_entry,
    note,
    people_list,
)

PURPOSE = "recruiter-search"
LONGEST_NAME, LONGEST_NOTE = 80, 2000
MOST_LISTS, MOST_ENTRIES = 200, 1000


# Candidates: the members of whom a recruiter keeps something


def catch_up(home: Home, ledger: Ledger, now: datetime) -> int:
    """Delete whatever names a member who opted out of being found; return how many they were."""
    size, database = ledger.size, Database.of(home)
    with database.reading() as db:
        if db.scalar(select(ledger_seen.c.size)) == size:
            return 0
    with database.writing() as db:
        left = _leavers(home, ledger, set(db.scalars(select(candidate.c.person_id))), now)
        if left:
            leaving = contact.c.person_id == bindparam("leaver")
            over = update(contact).where(leaving, contact.c.ended.is_(None))
            over = over.values(ended="left", ended_at=now)
            db.execute(over, [{"leaver": each} for each in sorted(left)])
            leaves = candidate.c.person_id == bindparam("leaver")
            db.execute(delete(candidate).where(leaves), [{"leaver": each} for each in sorted(left)])
        db.execute(delete(ledger_seen))
        db.execute(insert(ledger_seen), {"size": size})
    if left:
        database.scrub()
    return len(left)


def _leavers(home: Home, ledger: Ledger, ids: set[MemberId], now: datetime) -> set[MemberId]:
    """Return which of some members opted out of being found, wholly."""
    policy = policy_at(home, now)
    if PURPOSE not in policy.purposes:
        return ids
    histories = ledger.histories(sorted(ids)).values()
    choices = [choice for history in histories for _, choice in history]
    people = People.of([], choices, policy, PURPOSE, now)
    return {member_id for member_id in ids if people.off_since(member_id, "all")}


def new_id() -> str:
    """Return a new id: nobody can guess that of somebody else's list."""
    return secrets.token_hex(8)


def add_candidates(db: Connection, ids: Iterable[MemberId]) -> None:
    """Make sure that each member of whom something is about to be kept has a row."""
    members = sorted(set(ids))
    add_persons(db, members)
    if members:
        rows = [{"person_id": each} for each in members]
        db.execute(upsert(db, candidate).on_conflict_do_nothing(), rows)


# What an account keeps under a name


def keep(db: Connection, table: Table, most: int, account: str, name: str, **values: Any) -> str:
    """Keep a list or a brief under a name; return its id.

    Raises:
        InputError: it has no name, or there are too many.
    """
    name = " ".join(name.split())[:LONGEST_NAME]
    if not name:
        raise InputError("it has no name", todo="type one")
    add_persons(db, [account])
    own = select(func.count()).select_from(table).filter_by(account=account)
    if db.scalars(own).one() >= most:
        raise InputError(f"there are {most} already", todo="delete one that is not needed")
    row = {"id": new_id(), "account": account, "name": name, **values}
    db.execute(insert(table), row)
    return str(row["id"])


def delete_own(db: Connection, table: Table, account: str, row_id: str) -> None:
    """Delete a list, a brief or a note of an account; once more is harmless."""
    db.execute(delete(table).filter_by(account=account, id=row_id))


# Lists


def create(db: Connection, account: str, name: str, now: datetime) -> str:
    """Begin a list; return its id.

    Raises:
        InputError: it has no name, or there are too many.
    """
    return keep(db, people_list, MOST_LISTS, account, name, at=now, gone=0)


def lists(db: Connection, account: str) -> Sequence[Row[Any]]:
    """Return the lists of an account, newest first, each with its `size`.

    `gone` counts who was in a list and opted out of being found.
    """
    inside = select(func.count()).where(list_entry.c.list_id == people_list.c.id)
    own = select(people_list, inside.scalar_subquery().label("size"))
    own = own.where(people_list.c.account == account)
    return db.execute(own.order_by(people_list.c.at.desc(), people_list.c.id)).all()


def one(db: Connection, account: str, list_id: str) -> Row[Any] | None:
    """Return a list of an account."""
    own = select(people_list).filter_by(account=account, id=list_id)
    return db.execute(own).one_or_none()


def entries(db: Connection, list_id: str) -> Sequence[Row[Any]]:
    """Return who is in a list, since when, and which recorded search showed them."""
    inside = select(list_entry).filter_by(list_id=list_id)
    return db.execute(inside.order_by(list_entry.c.at, list_entry.c.person_id)).all()


def put(db: Connection, list_id: str, member: MemberId, search: str, now: datetime) -> None:
    """Put somebody into a list; who is in it stays as they are.

    Raises:
        InputError: it is full.
    """
    inside = select(func.count()).select_from(list_entry).filter_by(list_id=list_id)
    if db.scalars(inside).one() >= MOST_ENTRIES:
        raise InputError(f"a list holds {MOST_ENTRIES} people", todo="begin another")
    add_candidates(db, [member])
    row = {"list_id": list_id, "person_id": member, "at": now, "search": search}
    db.execute(upsert(db, list_entry).on_conflict_do_nothing(), row)


def lists_with(db: Connection, account: str) -> dict[MemberId, list[tuple[str, str]]]:
    """Return in which lists of an account each person is: their ids and names."""
    found: dict[MemberId, list[tuple[str, str]]] = {}
    query = select(list_entry.c.person_id, people_list.c.id, people_list.c.name)
    query = query.join(people_list, list_entry.c.list_id == people_list.c.id)
    for row in db.execute(query.filter(people_list.c.account == account)):
        found.setdefault(row.person_id, []).append((row.id, row.name))
    return found


def take_out(db: Connection, list_id: str, member: MemberId) -> None:
    """Take somebody out of a list."""
    db.execute(delete(list_entry).filter_by(list_id=list_id, person_id=member))


# Notes


def add_note(db: Connection, account: str, member: MemberId, text: str, now: datetime) -> None:
    """Write something down about somebody.

    Raises:
        InputError: it is empty or too long.
    """
    text = text.strip()
    if not text or len(text) > LONGEST_NOTE:
        raise InputError(f"a note has 1 to {LONGEST_NOTE} characters", todo="write a shorter one")
    add_persons(db, [account])
    add_candidates(db, [member])
    row = {"id": new_id(), "account": account, "person_id": member, "text": text, "at": now}
    db.execute(insert(note), row)


def notes(db: Connection, account: str, member: MemberId) -> Sequence[Row[Any]]:
    """Return what an account wrote down about somebody, newest first."""
    own = select(note).filter_by(account=account, person_id=member)
    return db.execute(own.order_by(note.c.at.desc(), note.c.id)).all()
