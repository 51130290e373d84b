"""The fourth migration: the index of who may be found."""

from alembic import op

from vanne_assist.tables import findable, findable_other, findable_state, metadata

revision = "assist_0004"
down_revision = "assist_0003"


def upgrade() -> None:
    """Make the tables: none has changed since."""
    tables = [findable, findable_other, findable_state]
    metadata.create_all(op.get_bind(), tables=tables, checkfirst=False)
