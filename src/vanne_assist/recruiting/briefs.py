"""Saved briefs, and what is new since somebody last looked.

Of each person whom a brief found last a mark is kept: a digest of what was judged of them, so that
one whose items now say something else counts as changed. Who opted out is gone, and only counted.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from vanne.database import add_persons
from vanne.errors import InputError
from vanne.terms import MemberId
from vanne_assist.brief.criteria import Brief, Judgement, criteria_from, criteria_json
from vanne_assist.recruiting.candidates import add_candidates, new_id
from vanne_assist.tables import brief_match, saved_brief

Marks = Mapping[MemberId, str]
LONGEST_NAME = 80
MOST = 200


@dataclass(frozen=True, slots=True)
class SavedBrief:
    """A brief that somebody keeps.

    `gone` counts who opted out since the last look, `dropped` who was found at the look before the
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

    `gone` opted out, which is all that is known of them; `dropped` are not found any more.
    """

    new: tuple[MemberId, ...]
    changed: tuple[MemberId, ...]
    dropped: tuple[MemberId, ...]
    gone: int

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.dropped or self.gone)


def mark_of(judgements: Sequence[Judgement]) -> str:
    """Return the mark of a person for a brief: it changes when what was judged does."""
    judged = [
        (each.criterion.kind, each.criterion.value, each.state,
         sorted((fact.value, fact.number or 0, fact.level or "") for fact in each.evidence))
        for each in judgements
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(judged).encode()).hexdigest()[:16]


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


def save(db: Connection, account: str, name: str, brief: Brief, thread: str, now: datetime) -> str:
    """Keep a brief under a name; return its id.

    Raises:
        InputError: it has no name, or there are too many.
    """
    name = name_in(name)
    add_persons(db, [account])
    own = select(func.count()).select_from(saved_brief).where(saved_brief.c.account == account)
    if db.scalars(own).one() >= MOST:
        raise InputError(f"there are {MOST} saved briefs", todo="delete one that is not needed")
    brief_id = new_id()
    row = {
        "id": brief_id,
        "account": account,
        "name": name,
        "text": brief.text,
        "lang": brief.lang,
        "criteria": json.dumps(criteria_json(brief.criteria), ensure_ascii=False),
        "rest": brief.rest,
        "thread": thread,
        "at": now,
        "looked_at": now,
        "gone": 0,
        "dropped": 0,
    }
    db.execute(insert(saved_brief), row)
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


def saved(db: Connection, account: str) -> list[SavedBrief]:
    """Return the briefs of an account, newest first."""
    own = select(saved_brief).where(saved_brief.c.account == account)
    return [_saved(row) for row in db.execute(own.order_by(saved_brief.c.at.desc(), "id"))]


def one(db: Connection, account: str, brief_id: str) -> SavedBrief | None:
    """Return a brief of an account."""
    row = db.execute(select(saved_brief).where(*_own(account, brief_id))).one_or_none()
    return _saved(row) if row else None


def delete_brief(db: Connection, account: str, brief_id: str) -> None:
    """Delete a brief; once more is harmless."""
    db.execute(delete(saved_brief).where(*_own(account, brief_id)))


def last_look(db: Connection, brief_id: str) -> dict[MemberId, str]:
    """Return the marks of whom a brief found when somebody last looked."""
    match = brief_match.c
    rows = db.execute(select(match.person_id, match.mark).where(match.brief_id == brief_id))
    return {row.person_id: row.mark for row in rows}


def looked(db: Connection, brief: SavedBrief, marks: Marks, now: datetime) -> News:
    """Keep what a brief finds now as what was last looked at; return what was new in it."""
    since = news(last_look(db, brief.id), marks, brief.gone)
    state = dict.fromkeys(since.new, "new") | dict.fromkeys(since.changed, "changed")
    db.execute(delete(brief_match).where(brief_match.c.brief_id == brief.id))
    add_candidates(db, marks)
    rows = [
        {"brief_id": brief.id, "person_id": each, "mark": mark, "news": state.get(each, "")}
        for each, mark in marks.items()
    ]
    if rows:
        db.execute(insert(brief_match), rows)
    seen = {"looked_at": now, "gone": 0, "dropped": len(since.dropped)}
    db.execute(update(saved_brief).where(saved_brief.c.id == brief.id).values(seen))
    return since


def news_of(db: Connection, brief_id: str) -> dict[MemberId, str]:
    """Return who was `new` and who `changed` when somebody last looked."""
    match = brief_match.c
    query = select(match.person_id, match.news).where(match.brief_id == brief_id, match.news != "")
    return {row.person_id: row.news for row in db.execute(query)}


def _own(account: str, brief_id: str) -> tuple[ColumnElement[bool], ...]:
    return saved_brief.c.account == account, saved_brief.c.id == brief_id


def _saved(row: Row[Any]) -> SavedBrief:
    brief = Brief(row.text, row.lang, criteria_from(json.loads(row.criteria)), row.rest)
    times = row.at, row.looked_at
    return SavedBrief(row.id, row.name, brief, row.thread, *times, row.gone, row.dropped)
