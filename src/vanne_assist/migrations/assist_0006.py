"""Let go of the tables that nothing reads any more, and of what they held."""

from alembic import op

revision = "assist_0006"
down_revision = "assist_0005"


def upgrade() -> None:
    """Drop them."""
    for name in _TABLES:
        op.execute(f"DROP TABLE IF EXISTS {name}")


_TABLES = (
    "opinion", "muted_reason", "brief_news", "list_export_row", "list_export", "contact_block",
    "suggestion_answer",
    "list_stage",
)  # fmt: skip
