"""The table of drafts of a policy, of which at most one is open."""

from alembic import op
from sqlalchemy import Column, Integer, Text, text

from vanne.database.tables import Moment, PlainText

revision = "core_0005"
down_revision = "core_0004"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "policy_draft",
        Column("id", Integer, primary_key=True),
        Column("state", Text, nullable=False),
        Column("toml", Text, nullable=False),
        Column("digest", Text, nullable=False),
        Column("replaces", Text, nullable=False),
        Column("proposed_by", Text, nullable=False),
        Column("proposed_name", PlainText, nullable=False),
        Column("proposed_at", Moment, nullable=False),
        Column("effects", Text),
        Column("error", Text),
        Column("counted_at", Moment),
        Column("decided_by", Text),
        Column("decided_name", PlainText),
        Column("decided_at", Moment),
        Column("notice", Text),
    )
    is_open = text("state = 'open'")
    op.create_index(
        "policy_draft_open",
        "policy_draft",
        ["state"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
