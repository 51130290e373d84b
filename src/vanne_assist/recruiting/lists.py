"""Lists of people, and notes on them: a recruiter's own, for as long as the person may be found."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select

from vanne.database import add_persons, upsert
from vanne.errors import InputError
from vanne.terms import MemberId
from vanne_assist.recruiting.briefs import name_in
from vanne_assist.recruiting.desk import add_candidates, new_id
from vanne_assist.tables import list_entry, note, people_list

LONGEST_NOTE = 2000
MOST_LISTS = 200
MOST_ENTRIES = 1000


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody in a list: since when, and which recorded search showed them."""

    member_id: MemberId
    at: datetime
    search: str


@dataclass(frozen=True, slots=True)
class People:
    """A list. `gone` counts who was in it and said no to being found."""

    id: str
    name: str
    at: datetime
    entries: tuple[Entry, ...]
    gone: int


@dataclass(frozen=True, slots=True)
class Note:
    """What a recruiter wrote down about somebody."""

    id: str
    text: str
    at: datetime


def create(db: Connection, account: str, name: str, now: datetime) -> str:
    """Begin a list; return its id.

    Raises:
        InputError: it has no name, or there are too many.
    """
    add_persons(db, [account])
    own = select(func.count()).select_from(people_list).where(people_list.c.account == account)
    if db.scalars(own).one() >= MOST_LISTS:
        raise InputError(f"there are {MOST_LISTS} lists", todo="delete one that is not needed")
    list_id = new_id()
    row = {"id": list_id, "account": account, "name": name_in(name), "at": now, "gone": 0}
    db.execute(insert(people_list), row)
    return list_id


def lists(db: Connection, account: str) -> list[People]:
    """Return the lists of an account, newest first."""
    own = select(people_list).where(people_list.c.account == account)
    return [_people(db, row) for row in db.execute(own.order_by(people_list.c.at.desc(), "id"))]


def one(db: Connection, account: str, list_id: str) -> People | None:
    """Return a list of an account."""
    row = db.execute(select(people_list).where(*_own(account, list_id))).one_or_none()
    return _people(db, row) if row else None


def delete_list(db: Connection, account: str, list_id: str) -> None:
    """Delete a list; once more is harmless."""
    db.execute(delete(people_list).where(*_own(account, list_id)))


def put(db: Connection, list_id: str, member: MemberId, search: str, now: datetime) -> None:
    """Put somebody into a list; who is in it stays as they are.

    Raises:
        InputError: it is full.
    """
    inside = select(func.count()).select_from(list_entry).where(list_entry.c.list_id == list_id)
    if db.scalars(inside).one() >= MOST_ENTRIES:
        raise InputError(f"a list holds {MOST_ENTRIES} people", todo="begin another")
    add_candidates(db, [member])
    row = {"list_id": list_id, "person_id": member, "at": now, "search": search}
    db.execute(upsert(db, list_entry).on_conflict_do_nothing(), row)


def take_out(db: Connection, list_id: str, member: MemberId) -> None:
    """Take somebody out of a list."""
    entry = list_entry.c.list_id == list_id, list_entry.c.person_id == member
    db.execute(delete(list_entry).where(*entry))


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


def delete_note(db: Connection, account: str, note_id: str) -> None:
    """Delete a note; once more is harmless."""
    db.execute(delete(note).where(note.c.account == account, note.c.id == note_id))


def notes(db: Connection, account: str, member: MemberId) -> list[Note]:
    """Return what an account wrote down about somebody, newest first."""
    own = select(note).where(note.c.account == account, note.c.person_id == member)
    rows = db.execute(own.order_by(note.c.at.desc(), "id"))
    return [Note(row.id, row.text, row.at) for row in rows]


def _own(account: str, list_id: str) -> tuple[ColumnElement[bool], ...]:
    return people_list.c.account == account, people_list.c.id == list_id


def _people(db: Connection, row: Row[Any]) -> People:
    inside = select(list_entry).where(list_entry.c.list_id == row.id)
    rows = db.execute(inside.order_by(list_entry.c.at, list_entry.c.person_id))
    entries = tuple(Entry(each.person_id, each.at, each.search) for each in rows)
    return People(row.id, row.name, row.at, entries, row.gone)
