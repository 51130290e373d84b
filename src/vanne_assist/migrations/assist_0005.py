"""Create what came after the first release: the index of who may be found."""

from alembic import op

from vanne_assist.tables import metadata

revision = "assist_0005"
down_revision = "assist_0001"


def upgrade() -> None:
    """Make the tables."""
    tables = [metadata.tables[name] for name in _TABLES]
    metadata.create_all(op.get_bind(), tables=tables, checkfirst=False)


_TABLES = "findable findable_other findable_state".split()
