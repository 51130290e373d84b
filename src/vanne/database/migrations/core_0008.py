"""Who is signed in; the list of sessions that had ended is not needed any more."""

from alembic import op
from sqlalchemy import Column, ForeignKey, Integer, Text

from vanne.database.tables import PlainText

revision = "core_0008"
down_revision = "core_0007"


def upgrade() -> None:
    """Make the table, and drop the other."""
    op.create_table(
        "session",
        Column("sha256", Text, primary_key=True),
        Column("issuer", Text, nullable=False),
        Column("subject", PlainText, ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
        Column("name", PlainText, nullable=False),
        Column("roles", Text, nullable=False),
        Column("has_picture", Integer, nullable=False),
        Column("expires", Integer, nullable=False),
    )
    op.create_index("ix_session_subject", "session", ["subject"])
    op.drop_table("revoked_session")
