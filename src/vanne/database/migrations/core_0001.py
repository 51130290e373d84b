"""The first migration: the core's tables of version 0.2.0."""

from alembic import op
from sqlalchemy import Column, Integer, Text

from vanne.database.tables import metadata, person, token

revision = "core_0001"
down_revision = None


def upgrade() -> None:
    """Make them: of the first two, none has changed since."""
    metadata.create_all(op.get_bind(), tables=[person, token], checkfirst=False)
    op.create_table(
        "revoked_session",
        Column("id", Text, primary_key=True),
        Column("expires", Integer, nullable=False),
    )
