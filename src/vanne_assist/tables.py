"""The tables of Assist: who may be found, what recruiters and members store, searches, postings.

Everything that a recruiter stores about a member refers to `candidate`, which refers to `person`.
So one deleted row takes a member out of every list: the row in `candidate` when the member opts out
of being found, the row in `person` when the member is erased. A trigger of the migration then
counts, in each list, one more person who is gone.
"""

from pathlib import Path
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

from vanne.database import Moment, PlainText, person, person_reference
from vanne.plugins import Schema

metadata = MetaData()
SCHEMA = Schema("assist", metadata, Path(__file__).parent / "migrations")


def _id() -> Column[str]:
    return Column("id", Text, primary_key=True)


def _full(kind: Any, *names: str) -> list[Column[Any]]:
    """Return columns of a kind that are never empty."""
    return [Column(name, kind, nullable=False) for name in names]


def _account() -> Column[str]:
    """Return the column of whose a row is: an account sees its own things only."""
    return person_reference("account", on_erasure="CASCADE")


def _person(*, key: bool = False) -> Column[str]:
    return person_reference("person_id", on_erasure="CASCADE", key=key)


def _candidate(*, key: bool = False) -> Column[str]:
    reference = ForeignKey("candidate.person_id", ondelete="CASCADE")
    return Column("person_id", PlainText, reference, primary_key=key, nullable=False, index=True)


def _part_of(table: str, name: str) -> Column[Any]:
    """Return the column of what a row goes with, which begins its key."""
    return Column(name, ForeignKey(f"{table}.id", ondelete="CASCADE"), primary_key=True)


candidate = Table("candidate", metadata, _person(key=True))
saved_brief = Table(
    "saved_brief",
    metadata,
    _id(),
    _account(),
    *_full(PlainText, "name", "text", "criteria", "rest"),  # the criteria as JSON
    *_full(Text, "lang"),
    *_full(Moment, "looked_at"),
)
brief_match = Table(
    "brief_match",
    metadata,
    _part_of("saved_brief", "brief_id"),
    _candidate(key=True),
    *_full(Boolean, "is_new"),
)
people_list = Table(
    "people_list",
    metadata,
    _id(),
    _account(),
    *_full(PlainText, "name"),
    *_full(Moment, "at"),
    *_full(Integer, "gone"),
)
list_entry = Table(
    "list_entry",
    metadata,
    _part_of("people_list", "list_id"),
    _candidate(key=True),
    *_full(Moment, "at"),
    *_full(PlainText, "search"),
)
note = Table(
    "note",
    metadata,
    _id(),
    _account(),
    _candidate(),
    *_full(PlainText, "text"),
    *_full(Moment, "at"),
)
contact = Table(
    "contact",
    metadata,
    _id(),
    _account(),
    _person(),
    *_full(PlainText, "sender", "subject", "link", "met"),  # met: JSON, by what the search says
    *_full(Moment, "at"),
    Column("ended", Text),  # declined, blocked, left
    Column("ended_at", Moment),
)
"""What a recruiter writes to somebody who was found. The member keeps it after an opt-out."""
contact_message = Table(
    "contact_message",
    metadata,
    _part_of("contact", "contact_id"),
    Column("number", Integer, primary_key=True),
    *_full(Boolean, "from_member"),
    *_full(PlainText, "text"),
    *_full(Moment, "at"),
)
ledger_seen = Table("ledger_seen", metadata, Column("size", Integer, primary_key=True))

search = Table(
    "search",
    metadata,
    _id(),
    Column("at", Moment, nullable=False, index=True),
    person_reference("account", on_erasure="SET NULL"),
    *_full(Text, "role"),
    *_full(PlainText, "brief", "document"),  # the document is JSON
)
search_hit = Table(
    "search_hit",
    metadata,
    Column("search_id", ForeignKey("search.id"), primary_key=True),
    Column("place", Integer, primary_key=True),
    person_reference("person_id", on_erasure="SET NULL"),
    *_full(Text, "parts"),  # JSON, and so is `met`
    *_full(PlainText, "met"),
)
search_pruning = Table("search_pruning", metadata, *_full(Moment, "until"))
"""Holds a row while old records are deleted: the triggers let go of what is older."""

job_posting = Table(
    "job_posting",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("posting_id", PlainText, nullable=False, unique=True),
    Column("expires", Moment),
    *_full(Text, "document"),  # JSON: the posting with what it asks
    sqlite_autoincrement=True,  # a number never comes twice: the newest tells versions apart
)
draft_tokens = Table(
    "draft_tokens",
    metadata,
    _person(key=True),
    Column("day", Text, primary_key=True),
    *_full(Integer, "count"),
)

findable = Table(
    "findable",
    metadata,
    _person(key=True),
    *_full(Text, "digest", "tie"),  # of what the row was made from; the order of who is alike
    *_full(LargeBinary, "facts", "vectors", "stems"),
    *_full(PlainText, "fact_values", "titles"),  # a line each; form of title, tab, occupations
    *_full(PlainText, "passages"),  # JSON; the last, as only hits read it
)
"""Who may be found: one row a person, made from what they show and from nothing else."""
findable_other = Table(
    "findable_other",
    metadata,
    Column("person_id", ForeignKey("findable.person_id", ondelete="CASCADE"), primary_key=True),
    Column("other", ForeignKey(person.c.id, ondelete="CASCADE"), primary_key=True, index=True),
)
"""Who else is in what somebody shows."""
findable_state = Table(
    "findable_state",
    metadata,
    Column("corpus", Text, primary_key=True),
    *_full(Text, "policy", "as_of", "ledger_root", "encoder"),
    *_full(Integer, "ledger_size", "profiles"),
    *_full(Text, "sha256", "key"),  # of all digests; of what orders people who are alike
)
"""What the rows were made from: one row once they are whole."""
