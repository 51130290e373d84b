"""Lists of people, and notes on them: a recruiter's own, for as long as the person may be found."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from vanne.errors import InputError
from vanne.terms import MemberId
from vanne_assist.recruiting.briefs import name_in
from vanne_assist.recruiting.desk import moment, new_id

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


def create(db: sqlite3.Connection, account: str, name: str, now: datetime) -> str:
    """Begin a list; return its id.

    Raises:
        InputError: it has no name, or there are too many.
    """
    (held,) = db.execute("SELECT count(*) FROM list WHERE account = ?", (account,)).fetchone()
    if held >= MOST_LISTS:
        raise InputError(f"there are {MOST_LISTS} lists", todo="delete one that is not needed")
    list_id = new_id()
    row = (list_id, account, name_in(name), moment(now))
    db.execute("INSERT INTO list VALUES (?, ?, ?, ?, 0)", row)
    return list_id


def lists(db: sqlite3.Connection, account: str) -> list[People]:
    """Return the lists of an account, newest first."""
    query = "SELECT id, name, at, gone FROM list WHERE account = ? ORDER BY at DESC, id"
    return [_people(db, row) for row in db.execute(query, (account,)).fetchall()]


def one(db: sqlite3.Connection, account: str, list_id: str) -> People | None:
    """Return a list of an account."""
    query = "SELECT id, name, at, gone FROM list WHERE account = ? AND id = ?"
    row = db.execute(query, (account, list_id)).fetchone()
    return _people(db, row) if row else None


def delete(db: sqlite3.Connection, account: str, list_id: str) -> None:
    """Delete a list; once more is harmless."""
    db.execute("DELETE FROM list WHERE account = ? AND id = ?", (account, list_id))


def put(db: sqlite3.Connection, list_id: str, member: MemberId, search: str, now: datetime) -> None:
    """Put somebody into a list; who is in it stays as they are.

    Raises:
        InputError: it is full.
    """
    (held,) = db.execute("SELECT count(*) FROM entry WHERE list = ?", (list_id,)).fetchone()
    if held >= MOST_ENTRIES:
        raise InputError(f"a list holds {MOST_ENTRIES} people", todo="begin another")
    row = (list_id, member, moment(now), search)
    db.execute("INSERT OR IGNORE INTO entry VALUES (?, ?, ?, ?)", row)


def take_out(db: sqlite3.Connection, list_id: str, member: MemberId) -> None:
    """Take somebody out of a list."""
    db.execute("DELETE FROM entry WHERE list = ? AND member = ?", (list_id, member))


def add_note(
    db: sqlite3.Connection, account: str, member: MemberId, text: str, now: datetime
) -> None:
    """Write something down about somebody.

    Raises:
        InputError: it is empty or too long.
    """
    text = text.strip()
    if not text or len(text) > LONGEST_NOTE:
        raise InputError(f"a note has 1 to {LONGEST_NOTE} characters", todo="write a shorter one")
    row = (new_id(), account, member, text, moment(now))
    db.execute("INSERT INTO note VALUES (?, ?, ?, ?, ?)", row)


def delete_note(db: sqlite3.Connection, account: str, note_id: str) -> None:
    """Delete a note; once more is harmless."""
    db.execute("DELETE FROM note WHERE account = ? AND id = ?", (account, note_id))


def notes(db: sqlite3.Connection, account: str, member: MemberId) -> list[Note]:
    """Return what an account wrote down about somebody, newest first."""
    query = "SELECT id, text, at FROM note WHERE account = ? AND member = ? ORDER BY at DESC, id"
    rows = db.execute(query, (account, member)).fetchall()
    return [Note(note_id, text, datetime.fromisoformat(at)) for note_id, text, at in rows]


def _people(db: sqlite3.Connection, row: tuple[str, str, str, int]) -> People:
    list_id, name, at, gone = row
    query = "SELECT member, at, search FROM entry WHERE list = ? ORDER BY at, member"
    entries = tuple(
        Entry(member, datetime.fromisoformat(since), search)
        for member, since, search in db.execute(query, (list_id,))
    )
    return People(list_id, name, datetime.fromisoformat(at), entries, gone)
