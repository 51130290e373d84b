"""The core's tables, and column types that behave alike on SQLite and PostgreSQL.

`person` holds the ids of the people whom other rows concern, and nothing else. A plug-in's table
that concerns a person refers to it by `person_reference`. The reference says what becomes of the
row when the person is erased: the row is deleted (CASCADE), or it stays without the person (SET
NULL).
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

metadata = MetaData()


class PlainText(TypeDecorator[str]):
    """Text of people. PostgreSQL's text cannot hold a NUL, so that both keep U+FFFD for one."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return what is kept of a text."""
        return value.replace("\0", "\ufffd") if value else value


class Moment(TypeDecorator[datetime]):
    """A time, in UTC and as text: SQLite has no type of its own, and texts sort as times do."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """Return what is kept of a time."""
        return value.astimezone(UTC).isoformat(timespec="microseconds") if value else None

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """Return the time that was kept."""
        return datetime.fromisoformat(value) if value else None


def _where(condition: str) -> dict[str, Any]:
    """Make an index one of the rows for which a condition holds."""
    return {f"{dialect}_where": text(condition) for dialect in ("sqlite", "postgresql")}


person = Table("person", metadata, Column("id", PlainText, primary_key=True))
token = Table(
    "token",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", PlainText, nullable=False),
    Column("scopes", Text, nullable=False),  # separated by spaces
    Column("created", Moment, nullable=False),
    Column("expires", Moment, nullable=False),
    Column("revoked", Moment),
    Column("sha256", Text, nullable=False),  # of its secret, which is not kept
)
task = Table(
    "task",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),  # queued, running, done, failed
    Column("due", Moment, nullable=False),  # not before
    Column("attempt", Integer, nullable=False),
    Column("queued", Moment, nullable=False),
    Column("started", Moment),
    Column("ended", Moment),
    Column("worker", Text),  # which one runs it, or ran it
    Column("lease", Moment),  # until when that one is believed to live
    Column("cpu_seconds", Float),
    Column("facts", Text, nullable=False),  # a JSON object: what was done
    Column("error", Text),  # why it failed, or why the attempt before did: one line
    Column("actor", Text, nullable=False, server_default="worker"),  # or command
    # one of a kind waits, and one of all that workers do runs: both hold the home
    Index("task_waiting", "kind", unique=True, **_where("state = 'queued'")),
    Index(
        "task_running",
        "state",
        unique=True,
        **_where("state = 'running' AND actor = 'worker'"),
    ),
)
worker = Table(
    "worker",
    metadata,
    Column("name", Text, primary_key=True),
    Column("seen", Moment, nullable=False),  # when it was last alive
)

ledger_check = Table(
    "ledger_check",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False),  # when it ended
    Column("actor", Text, nullable=False),  # worker or command
    Column("entries", Integer, nullable=False),
    Column("root", Text, nullable=False),  # over these entries, in base64
    Column("problems", Text, nullable=False),  # a JSON list of sentences without names
    Column("seconds", Float, nullable=False),
)
staff_look = Table(
    "staff_look",
    metadata,
    Column("account", Text, primary_key=True),  # a keyed digest: it names nobody
    Column("since", Moment),  # when the look before this one ended; NULL at the first
    Column("since_entries", Integer),  # and how many entries the ledger had then
    Column("seen", Moment, nullable=False),  # when the page was last opened
    Column("seen_entries", Integer, nullable=False),
)


def person_reference(name: str, *, on_erasure: str, key: bool = False) -> Column[str]:
    """Return a column that refers to a person; `on_erasure` is CASCADE or SET NULL.

    It has an index, without which erasing a person would read the whole table; a column that is
    the first of the primary key has one already.
    """
    reference = ForeignKey(person.c.id, ondelete=on_erasure)
    may_be_empty = on_erasure == "SET NULL"
    return Column(name, PlainText, reference, primary_key=key, nullable=may_be_empty, index=not key)


session = Table(  # of people who are signed in to the pages
    "session",
    metadata,
    Column("sha256", Text, primary_key=True),  # of its id, which their browser has
    Column("issuer", Text, nullable=False),  # who vouched for them; empty in a demonstration
    person_reference("subject", on_erasure="CASCADE"),
    Column("name", PlainText, nullable=False),
    Column("roles", Text, nullable=False),  # separated by spaces
    Column("has_picture", Integer, nullable=False),
    Column("expires", Integer, nullable=False),  # s since 1970
)
told_certificate = Table(  # the certificates whose messages are made
    "told_certificate",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", Moment, nullable=False),
)
mail_address = Table(  # of members who want mail
    "mail_address",
    metadata,
    person_reference("member", on_erasure="CASCADE", key=True),
    Column("address", PlainText, nullable=False),
    Column("lang", Text, nullable=False),
    Column("origin", Text, nullable=False),  # of the pages, as the member's browser knows them
    Column("key", Text, nullable=False, unique=True),  # who has it may withdraw the address
)
member_message = Table(
    "member_message",
    metadata,
    Column("id", Integer, primary_key=True),
    person_reference("member", on_erasure="CASCADE"),
    Column("kind", Text, nullable=False),  # out, retrained, back, or one of a plug-in
    Column("about", Text, nullable=False),  # the certificate, or an id of the plug-in's
    Column("at", Moment, nullable=False),
    Column("read", Moment),
    Column("mail", Text, nullable=False),  # none, waiting, begun, sent, refused
    UniqueConstraint("member", "about", "kind"),
)


def upsert(db: Connection, table: Table) -> Any:
    """Return the INSERT of this database, which can say what to do ON CONFLICT."""
    if db.dialect.name == "postgresql":  # its dialects load asyncio: only where they are needed
        from sqlalchemy.dialects.postgresql import insert

        return insert(table)
    return sqlite_insert(table)


def add_persons(db: Connection, ids: Iterable[str]) -> None:
    """Make sure that there is a row for each person to whom others are about to refer."""
    rows = [{"id": each} for each in sorted(set(ids))]  # one order, so that two never deadlock
    if rows:
        db.execute(upsert(db, person).on_conflict_do_nothing(), rows)
