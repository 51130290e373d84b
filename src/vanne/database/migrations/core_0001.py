"""The first migration: create the core's tables as `vanne.database.tables` defines them.

No version is released yet, so this migration follows every change of those tables. The migration
after the first release copies the released tables into this file, and then changes them.
"""

from alembic import op

from vanne.database.tables import metadata

revision = "core_0001"
down_revision = None


def upgrade() -> None:
    """Make them."""
    metadata.create_all(op.get_bind(), checkfirst=False)
