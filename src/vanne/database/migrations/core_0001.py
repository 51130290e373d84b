"""The first migration: the core's tables of version 0.2.0."""

from alembic import op

from vanne.database.tables import metadata, person, revoked_session, token

revision = "core_0001"
down_revision = None


def upgrade() -> None:
    """Make them: none has changed since."""
    metadata.create_all(op.get_bind(), tables=[person, token, revoked_session], checkfirst=False)
