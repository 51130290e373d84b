"""Let go of the tables that nothing reads any more, and of what they held."""

import sqlalchemy as sa
from alembic import op

revision = "assist_0006"
down_revision = "assist_0005"


def upgrade() -> None:
    """Drop them; a column that a database of between two releases has goes as well."""
    for name in _TABLES:
        op.execute(f"DROP TABLE IF EXISTS {name}")
    for column in sa.inspect(op.get_bind()).get_columns("brief_match"):
        if column["name"] in ("is_changed", "digest"):
            op.drop_column("brief_match", column["name"])


_TABLES = (
    "opinion", "muted_reason", "brief_news", "list_export_row", "list_export", "contact_block",
    "suggestion_answer",
    "list_stage",
)  # fmt: skip
