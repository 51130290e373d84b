"""Who does a task, a worker or a command; and when each worker was last seen."""

from alembic import op
from sqlalchemy import Column, Text, text

from vanne.database.tables import Moment

revision = "core_0004"
down_revision = "core_0003"


def upgrade() -> None:
    """Add the column, let commands run beside a worker, and make the table of workers."""
    op.add_column("task", Column("actor", Text, nullable=False, server_default="worker"))
    op.drop_index("task_running", "task")
    where = text("state = 'running' AND actor = 'worker'")
    op.create_index(
        "task_running",
        "task",
        ["state"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )
    op.create_table(
        "worker",
        Column("name", Text, primary_key=True),
        Column("seen", Moment, nullable=False),
    )
