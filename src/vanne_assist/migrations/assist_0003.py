"""The third migration: stages of a list, and what recruiters and members write to each other."""

from alembic import op

from vanne_assist.tables import contact, contact_block, contact_message, list_stage, metadata

revision = "assist_0003"
down_revision = "assist_0002"


def upgrade() -> None:
    """Make the tables: none has changed since."""
    tables = [list_stage, contact, contact_message, contact_block]
    metadata.create_all(op.get_bind(), tables=tables, checkfirst=False)
