"""The fifth migration: opinions and muted reasons are gone."""

from alembic import op

revision = "assist_0005"
down_revision = "assist_0004"


def upgrade() -> None:
    """Let go of the tables, and of what they held."""
    for name in ("opinion", "muted_reason"):
        op.execute(f"DROP TABLE IF EXISTS {name}")
