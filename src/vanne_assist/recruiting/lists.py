"""Lists of people, notes and opinions on them: a recruiter's own, while the person may be found.

An opinion says whether somebody fits, and for which kind of criterion. It moves the weight of that
kind by a quarter, within bounds, for one brief alone. Its reason can only be one of the kinds that
the brief asks, so that no opinion about a person teaches anything else. The pages say what a weight
does (`vanne_assist.search.find`), and every opinion can be taken back.

>>> weights([Opinion("1", "a", True, Kind.TITLE), Opinion("2", "b", False, Kind.PLACE)])
{<Kind.TITLE: 'title'>: 1.25, <Kind.PLACE: 'place'>: 1.25}
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select

from vanne.database import add_persons, upsert
from vanne.errors import InputError
from vanne.terms import MemberId
from vanne_assist.brief.criteria import Kind
from vanne_assist.recruiting.briefs import name_in
from vanne_assist.recruiting.candidates import add_candidates, new_id
from vanne_assist.tables import list_entry, note, people_list
from vanne_assist.tables import opinion as opinion_table

LONGEST_NOTE = 2000
MOST_LISTS = 200
MOST_ENTRIES = 1000
STEP = 0.25
"""How much one opinion adds to the weight of a kind: four of them double it."""
LARGEST_WEIGHT = 3.0
"""No number of opinions makes a kind weigh more: the others must still count."""


@dataclass(frozen=True, slots=True)
class ListEntry:
    """Somebody in a list: since when, and which recorded search showed them."""

    member_id: MemberId
    at: datetime
    search: str


@dataclass(frozen=True, slots=True)
class PeopleList:
    """A list. `gone` counts who was in it and opted out of being found."""

    id: str
    name: str
    at: datetime
    entries: tuple[ListEntry, ...]
    gone: int


@dataclass(frozen=True, slots=True)
class CandidateNote:
    """What a recruiter wrote down about somebody."""

    id: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Opinion:
    """Somebody fits, or does not, for a kind of criterion: either way that kind matters more."""

    id: str
    member_id: MemberId
    is_good: bool
    kind: Kind


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


def lists(db: Connection, account: str) -> list[PeopleList]:
    """Return the lists of an account, newest first."""
    own = select(people_list).where(people_list.c.account == account)
    return [_people(db, row) for row in db.execute(own.order_by(people_list.c.at.desc(), "id"))]


def one(db: Connection, account: str, list_id: str) -> PeopleList | None:
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


def notes(db: Connection, account: str, member: MemberId) -> list[CandidateNote]:
    """Return what an account wrote down about somebody, newest first."""
    own = select(note).where(note.c.account == account, note.c.person_id == member)
    rows = db.execute(own.order_by(note.c.at.desc(), "id"))
    return [CandidateNote(row.id, row.text, row.at) for row in rows]


def _own(account: str, list_id: str) -> tuple[ColumnElement[bool], ...]:
    return people_list.c.account == account, people_list.c.id == list_id


def _people(db: Connection, row: Row[Any]) -> PeopleList:
    inside = select(list_entry).where(list_entry.c.list_id == row.id)
    rows = db.execute(inside.order_by(list_entry.c.at, list_entry.c.person_id))
    entries = tuple(ListEntry(each.person_id, each.at, each.search) for each in rows)
    return PeopleList(row.id, row.name, row.at, entries, row.gone)


# Opinions


def weights(opinions: Iterable[Opinion]) -> dict[Kind, float]:
    """Return how much each kind weighs that some opinion named; any other weighs 1.

    What makes somebody fit, and what makes somebody not fit, both matter more than was assumed.
    """
    by_kind: dict[Kind, float] = {}
    for opinion in opinions:
        weight = by_kind.get(opinion.kind, 1.0) + STEP
        by_kind[opinion.kind] = min(LARGEST_WEIGHT, weight)
    return by_kind


def add_opinion(db: Connection, account: str, thread: str, opinion: Opinion, now: datetime) -> None:
    """Keep an opinion; a second one about the same person and kind takes the place of the first."""
    add_persons(db, [account])
    add_candidates(db, [opinion.member_id])
    about = {
        "account": account,
        "thread": thread,
        "person_id": opinion.member_id,
        "kind": opinion.kind.value,
    }
    db.execute(delete(opinion_table).filter_by(**about))
    row = about | {"id": new_id(), "is_good": opinion.is_good, "at": now}
    db.execute(insert(opinion_table), row)


def delete_opinion(db: Connection, account: str, opinion_id: str) -> None:
    """Take an opinion back; once more is harmless."""
    db.execute(delete(opinion_table).filter_by(account=account, id=opinion_id))


def opinions(db: Connection, account: str, thread: str) -> list[Opinion]:
    """Return what an account thinks for one brief, oldest first."""
    query = select(opinion_table).filter_by(account=account, thread=thread)
    rows = db.execute(query.order_by(opinion_table.c.at, opinion_table.c.id))
    return [Opinion(row.id, row.person_id, row.is_good, Kind(row.kind)) for row in rows]
