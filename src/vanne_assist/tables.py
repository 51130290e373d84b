"""The tables of Assist: who may be found, searches, job postings, and what drafts cost.

Each row about a person refers to `person`, and follows it when the member is erased.
"""

from pathlib import Path
from typing import Any

from sqlalchemy import (
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


def _full(kind: Any, *names: str) -> list[Column[Any]]:
    """Return columns of a kind that are never empty."""
    return [Column(name, kind, nullable=False) for name in names]


def _person() -> Column[str]:
    return person_reference("person_id", on_erasure="CASCADE", key=True)


search = Table(
    "search",
    metadata,
    Column("id", Text, primary_key=True),
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
    _person(),
    Column("day", Text, primary_key=True),
    *_full(Integer, "count"),
)

findable = Table(
    "findable",
    metadata,
    _person(),
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
