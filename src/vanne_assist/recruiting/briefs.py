"""Saved briefs, and what is new since somebody last looked.

Of each person whom a brief found last a mark is kept: a digest of what was judged of them, so that
one whose items now say something else counts as changed. Who says no is gone, and only counted.
"""

import hashlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from vanne.errors import InputError
from vanne.terms import MemberId
from vanne_assist.brief.criteria import Brief, Judgement
from vanne_assist.brief.criteria_json import criteria_from, criteria_json
from vanne_assist.recruiting.desk import moment, new_id

Marks = Mapping[MemberId, str]
LONGEST_NAME = 80
MOST = 200


@dataclass(frozen=True, slots=True)
class Saved:
    """A brief that somebody keeps.

    `gone` counts who said no since they last looked, `dropped` who was found at the look before the
    last and not at the last.
    """

    id: str
    name: str
    brief: Brief
    thread: str
    at: datetime
    looked_at: datetime
    gone: int
    dropped: int


@dataclass(frozen=True, slots=True)
class News:
    """What differs from the last look: who is new, who changed, and how many are there no more.

    `gone` said no, which is all that is known of them; `dropped` may be found but are not any more.
    """

    new: tuple[MemberId, ...]
    changed: tuple[MemberId, ...]
    dropped: tuple[MemberId, ...]
    gone: int

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.dropped or self.gone)


def mark_of(judgements: Sequence[Judgement]) -> str:
    """Return the mark of a person for a brief: it changes when what was judged does."""
    said = [
        (each.criterion.kind, each.criterion.value, each.state,
         sorted((fact.value, fact.number or 0, fact.level or "") for fact in each.evidence))
        for each in judgements
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


def news(before: Marks, after: Marks, gone: int) -> News:
    """Compare two looks; the order is that of the later one.

    >>> news({"a": "1", "b": "1", "c": "1"}, {"d": "1", "b": "2", "a": "1"}, 1)
    News(new=('d',), changed=('b',), dropped=('c',), gone=1)
    """
    return News(
        tuple(member for member in after if member not in before),
        tuple(member for member in after if before.get(member, after[member]) != after[member]),
        tuple(member for member in before if member not in after),
        gone,
    )


def save(
    db: sqlite3.Connection, account: str, name: str, brief: Brief, thread: str, now: datetime
) -> str:
    """Keep a brief under a name; return its id.

    Raises:
        InputError: it has no name, or there are too many.
    """
    name = name_in(name)
    (held,) = db.execute("SELECT count(*) FROM brief WHERE account = ?", (account,)).fetchone()
    if held >= MOST:
        raise InputError(f"there are {MOST} saved briefs", todo="delete one that is not needed")
    brief_id = new_id()
    criteria = json.dumps(criteria_json(brief.criteria), ensure_ascii=False)
    row = (brief_id, account, name, brief.text, brief.lang, criteria, brief.rest, thread)
    db.execute(
        "INSERT INTO brief VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)",
        (*row, moment(now), moment(now)),
    )
    return brief_id


def name_in(name: str) -> str:
    """Return a name as it is kept.

    Raises:
        InputError: there is none.
    """
    name = " ".join(name.split())[:LONGEST_NAME]
    if not name:
        raise InputError("it has no name", todo="type one")
    return name


def saved(db: sqlite3.Connection, account: str) -> list[Saved]:
    """Return the briefs of an account, newest first."""
    query = "SELECT * FROM brief WHERE account = ? ORDER BY at DESC, id"
    return [_saved(row) for row in db.execute(query, (account,))]


def one(db: sqlite3.Connection, account: str, brief_id: str) -> Saved | None:
    """Return a brief of an account."""
    query = "SELECT * FROM brief WHERE account = ? AND id = ?"
    row = db.execute(query, (account, brief_id)).fetchone()
    return _saved(row) if row else None


def delete(db: sqlite3.Connection, account: str, brief_id: str) -> None:
    """Delete a brief; once more is harmless."""
    db.execute("DELETE FROM brief WHERE account = ? AND id = ?", (account, brief_id))


def last_look(db: sqlite3.Connection, brief_id: str) -> dict[MemberId, str]:
    """Return the marks of whom a brief found when somebody last looked."""
    query = "SELECT member, mark FROM look WHERE brief = ?"
    return dict(db.execute(query, (brief_id,)).fetchall())


def looked(db: sqlite3.Connection, saved: Saved, marks: Marks, now: datetime) -> News:
    """Keep what a brief finds now as what was last looked at; return what was new in it."""
    told = news(last_look(db, saved.id), marks, saved.gone)
    state = dict.fromkeys(told.new, "new") | dict.fromkeys(told.changed, "changed")
    db.execute("DELETE FROM look WHERE brief = ?", (saved.id,))
    rows = [(saved.id, member, mark, state.get(member, "")) for member, mark in marks.items()]
    db.executemany("INSERT INTO look VALUES (?, ?, ?, ?)", rows)
    query = "UPDATE brief SET looked_at = ?, gone = 0, dropped = ? WHERE id = ?"
    db.execute(query, (moment(now), len(told.dropped), saved.id))
    return told


def news_of(db: sqlite3.Connection, brief_id: str) -> dict[MemberId, str]:
    """Return who was `new` and who `changed` when somebody last looked."""
    query = "SELECT member, news FROM look WHERE brief = ? AND news <> ''"
    return dict(db.execute(query, (brief_id,)).fetchall())


def _saved(row: tuple[str, ...]) -> Saved:
    brief_id, _, name, text, lang, criteria, rest, thread, at, looked_at, gone, dropped = row
    brief = Brief(text, lang, criteria_from(json.loads(criteria)), rest)
    times = datetime.fromisoformat(at), datetime.fromisoformat(looked_at)
    return Saved(brief_id, name, brief, thread, *times, int(gone), int(dropped))
