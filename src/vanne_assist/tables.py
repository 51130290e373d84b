"""The tables of Assist: who may be found, what recruiters and members store, searches, postings.

Everything that a recruiter stores about a member refers to `candidate`, which refers to `person`.
So one deleted row takes a member out of every list: the row in `candidate` when the member opts out
of being found, the row in `person` when the member is erased. A trigger of the migration then
counts, in each list, one more person who is gone.
"""

from pathlib import Path

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    false,
)

from vanne.database import Moment, PlainText, person, person_reference
from vanne.plugins import Schema

metadata = MetaData()
SCHEMA = Schema("assist", metadata, Path(__file__).parent / "migrations")


def _account() -> Column[str]:
    """Return the column of whose a row is: an account sees its own things only."""
    return person_reference("account", on_erasure="CASCADE")


def _candidate(*, key: bool = False) -> Column[str]:
    reference = ForeignKey("candidate.person_id", ondelete="CASCADE")
    return Column("person_id", PlainText, reference, primary_key=key, nullable=False, index=True)


candidate = Table(
    "candidate", metadata, person_reference("person_id", on_erasure="CASCADE", key=True)
)
saved_brief = Table(
    "saved_brief",
    metadata,
    Column("id", Text, primary_key=True),
    _account(),
    Column("name", PlainText, nullable=False),
    Column("text", PlainText, nullable=False),
    Column("lang", Text, nullable=False),
    Column("criteria", PlainText, nullable=False),  # JSON
    Column("rest", PlainText, nullable=False),
    Column("looked_at", Moment, nullable=False),
)
brief_match = Table(
    "brief_match",
    metadata,
    Column("brief_id", ForeignKey("saved_brief.id", ondelete="CASCADE"), primary_key=True),
    _candidate(key=True),
    Column("is_new", Boolean, nullable=False),
    Column("is_changed", Boolean, nullable=False, server_default=false()),
    Column("digest", Text, nullable=False, server_default=""),  # of what they showed
)
brief_news = Table(
    "brief_news",
    metadata,
    Column("brief_id", ForeignKey("saved_brief.id", ondelete="CASCADE"), primary_key=True),
    Column("state", Text, nullable=False),  # of the index, and who had opted out
    Column("at", Moment, nullable=False),
    Column("people", Integer, nullable=False),  # at the last look
    Column("new", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("left", Integer, nullable=False),
)
people_list = Table(
    "people_list",
    metadata,
    Column("id", Text, primary_key=True),
    _account(),
    Column("name", PlainText, nullable=False),
    Column("at", Moment, nullable=False),
    Column("gone", Integer, nullable=False),
)
list_entry = Table(
    "list_entry",
    metadata,
    Column("list_id", ForeignKey("people_list.id", ondelete="CASCADE"), primary_key=True),
    _candidate(key=True),
    Column("at", Moment, nullable=False),
    Column("search", PlainText, nullable=False),
)
list_stage = Table(
    "list_stage",
    metadata,
    Column("id", Text, primary_key=True),
    Column("list_id", ForeignKey("people_list.id", ondelete="CASCADE"), nullable=False, index=True),
    _candidate(),
    Column("stage", Text, nullable=False),
    Column("at", Moment, nullable=False),
)
"""Each change of how far somebody in a list is; the last one holds, none is «new»."""
note = Table(
    "note",
    metadata,
    Column("id", Text, primary_key=True),
    _account(),
    _candidate(),
    Column("text", PlainText, nullable=False),
    Column("at", Moment, nullable=False),
)
list_export = Table(
    "list_export",
    metadata,
    Column("id", Text, primary_key=True),
    _account(),
    Column("list_id", Text, nullable=False),  # the file outlives the list
    Column("at", Moment, nullable=False),
)
list_export_row = Table(
    "list_export_row",
    metadata,
    Column("export_id", ForeignKey("list_export.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Text, primary_key=True),
    # a row without a person is one to be deleted from the file
    Column(
        "person_id", PlainText, ForeignKey("candidate.person_id", ondelete="SET NULL"), index=True
    ),
)
contact = Table(
    "contact",
    metadata,
    Column("id", Text, primary_key=True),
    _account(),
    person_reference("person_id", on_erasure="CASCADE"),
    Column("sender", PlainText, nullable=False),
    Column("subject", PlainText, nullable=False),
    Column("link", PlainText, nullable=False),
    Column("met", PlainText, nullable=False),  # JSON: the criteria that the search says they met
    Column("at", Moment, nullable=False),
    Column("ended", Text),  # declined, blocked, left
    Column("ended_at", Moment),
)
"""What a recruiter writes to somebody who was found. The member keeps it after an opt-out."""
contact_message = Table(
    "contact_message",
    metadata,
    Column("contact_id", ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("from_member", Boolean, nullable=False),
    Column("text", PlainText, nullable=False),
    Column("at", Moment, nullable=False),
)
contact_block = Table(
    "contact_block",
    metadata,
    Column("id", Text, primary_key=True),
    person_reference("person_id", on_erasure="CASCADE"),
    # without an account: all recruiters
    Column("account", PlainText, ForeignKey(person.c.id, ondelete="CASCADE"), index=True),
    Column("at", Moment, nullable=False),
)
ledger_seen = Table("ledger_seen", metadata, Column("size", Integer, primary_key=True))

search = Table(
    "search",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", Moment, nullable=False, index=True),
    person_reference("account", on_erasure="SET NULL"),
    Column("role", Text, nullable=False),
    Column("brief", PlainText, nullable=False),
    Column("document", PlainText, nullable=False),  # JSON
)
search_hit = Table(
    "search_hit",
    metadata,
    Column("search_id", ForeignKey("search.id"), primary_key=True),
    Column("place", Integer, primary_key=True),
    person_reference("person_id", on_erasure="SET NULL"),
    Column("parts", Text, nullable=False),  # JSON
    Column("met", PlainText, nullable=False),  # JSON
)
search_pruning = Table("search_pruning", metadata, Column("until", Moment, nullable=False))
"""Holds a row while old records are deleted: the triggers let go of what is older."""

suggestion_answer = Table(
    "suggestion_answer",
    metadata,
    person_reference("person_id", on_erasure="CASCADE", key=True),
    Column("suggestion", Text, primary_key=True),
    Column("accepted", Boolean, nullable=False),
)
job_posting = Table(
    "job_posting",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("posting_id", PlainText, nullable=False, unique=True),
    Column("expires", Moment),
    Column("document", Text, nullable=False),  # JSON: the posting with what it asks
    sqlite_autoincrement=True,  # a number never comes twice: the newest tells versions apart
)
draft_tokens = Table(
    "draft_tokens",
    metadata,
    person_reference("person_id", on_erasure="CASCADE", key=True),
    Column("day", Text, primary_key=True),
    Column("count", Integer, nullable=False),
)

findable = Table(
    "findable",
    metadata,
    person_reference("person_id", on_erasure="CASCADE", key=True),
    Column("digest", Text, nullable=False),  # of what the row was made from
    Column("tie", Text, nullable=False),  # orders people who are alike
    Column("facts", LargeBinary, nullable=False),
    Column("fact_values", PlainText, nullable=False),  # JSON
    Column("titles", PlainText, nullable=False),  # JSON: each form, with its occupations
    Column("vectors", LargeBinary, nullable=False),
    Column("stems", LargeBinary, nullable=False),
    Column("passages", PlainText, nullable=False),  # JSON; the last, as only hits read it
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
    Column("policy", Text, nullable=False),
    Column("as_of", Text, nullable=False),
    Column("ledger_size", Integer, nullable=False),
    Column("ledger_root", Text, nullable=False),
    Column("encoder", Text, nullable=False),
    Column("profiles", Integer, nullable=False),
    Column("sha256", Text, nullable=False),  # of all digests
    Column("key", Text, nullable=False),  # of what orders people who are alike
)
"""What the rows were made from: one row once they are whole."""
