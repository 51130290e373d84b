"""The second migration: the table of tasks, for the worker."""

from alembic import op
from sqlalchemy import Column, Float, Integer, Text, text

from vanne.database.tables import Moment

revision = "core_0002"
down_revision = "core_0001"


def upgrade() -> None:
    """Make it as it was then."""
    op.create_table(
        "task",
        Column("id", Integer, primary_key=True),
        Column("kind", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("due", Moment, nullable=False),
        Column("attempt", Integer, nullable=False),
        Column("queued", Moment, nullable=False),
        Column("started", Moment),
        Column("ended", Moment),
        Column("worker", Text),
        Column("lease", Moment),
        Column("cpu_seconds", Float),
        Column("facts", Text, nullable=False),
        Column("error", Text),
    )
    for name, column, state in (
        ("task_waiting", "kind", "queued"),
        ("task_running", "state", "running"),
    ):
        where = text(f"state = '{state}'")
        op.create_index(
            name, "task", [column], unique=True, sqlite_where=where, postgresql_where=where
        )
