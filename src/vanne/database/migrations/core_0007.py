"""A message may be about something else than a certificate."""

from alembic import op

revision = "core_0007"
down_revision = "core_0006"


def upgrade() -> None:
    """Name the column by what it holds; SQLite and PostgreSQL have the same words for it."""
    op.execute("ALTER TABLE member_message RENAME COLUMN certificate TO about")
