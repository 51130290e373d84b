"""No policy is drafted on the pages any more."""

from alembic import op

revision = "core_0009"
down_revision = "core_0008"


def upgrade() -> None:
    """Drop the table of drafts."""
    op.drop_table("policy_draft")
