"""The second migration: what a saved brief tells since somebody last looked."""

import sqlalchemy as sa
from alembic import op

from vanne_assist.tables import brief_match, brief_news, metadata

revision = "assist_0002"
down_revision = "assist_0001"


def upgrade() -> None:
    """Make the table, and the columns that a database of before does not have."""
    db = op.get_bind()
    metadata.create_all(db, tables=[brief_news], checkfirst=False)
    there = {column["name"] for column in sa.inspect(db).get_columns("brief_match")}
    for column in (brief_match.c.is_changed, brief_match.c.digest):
        if column.name not in there:
            op.add_column("brief_match", column.copy())
