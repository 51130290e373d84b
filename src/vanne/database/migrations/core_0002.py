"""The second migration: the table of tasks, for the worker.

This migration is not released yet, so it follows every change of that table.
"""

from alembic import op

from vanne.database.tables import metadata, task

revision = "core_0002"
down_revision = "core_0001"


def upgrade() -> None:
    """Make it."""
    metadata.create_all(op.get_bind(), tables=[task], checkfirst=False)
