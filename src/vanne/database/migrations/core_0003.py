"""The results of checks of the ledger, and when each account of the staff last looked."""

from alembic import op
from sqlalchemy import Column, Float, Integer, Text

from vanne.database.tables import Moment

revision = "core_0003"
down_revision = "core_0002"


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "ledger_check",
        Column("id", Integer, primary_key=True),
        Column("at", Moment, nullable=False),
        Column("actor", Text, nullable=False),
        Column("entries", Integer, nullable=False),
        Column("root", Text, nullable=False),
        Column("problems", Text, nullable=False),
        Column("seconds", Float, nullable=False),
    )
    op.create_table(
        "staff_look",
        Column("account", Text, primary_key=True),
        Column("since", Moment),
        Column("since_entries", Integer),
        Column("seen", Moment, nullable=False),
        Column("seen_entries", Integer, nullable=False),
    )
