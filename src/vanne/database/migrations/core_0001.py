"""The core's first tables: as `vanne.database.tables` has them, since no version was released yet.

The migration after the first release copies the tables here as they were released, and changes
them.
"""

from alembic import op

from vanne.database.tables import metadata

revision = "core_0001"
down_revision = None


def upgrade() -> None:
    """Make them."""
    metadata.create_all(op.get_bind(), checkfirst=False)
