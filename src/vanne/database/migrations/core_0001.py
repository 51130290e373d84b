"""The core's first tables."""

import sqlalchemy as sa
from alembic import op

revision = "core_0001"
down_revision = None


def upgrade() -> None:
    """Make them."""
    op.create_table("person", sa.Column("id", sa.Text, primary_key=True))
    op.create_table(
        "token",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("created", sa.Text, nullable=False),
        sa.Column("expires", sa.Text, nullable=False),
        sa.Column("revoked", sa.Text),
        sa.Column("sha256", sa.Text, nullable=False),
    )
    op.create_table(
        "revoked_session",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("expires", sa.Integer, nullable=False),
    )
