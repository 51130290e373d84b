"""Let go of what recruiters stored: briefs, lists, notes and messages."""

from alembic import op

revision = "assist_0007"
down_revision = "assist_0006"


def upgrade() -> None:
    """Drop the tables and their triggers; a new database never had them."""
    for name in _TABLES:
        op.execute(f"DROP TABLE IF EXISTS {name}")
    if op.get_bind().dialect.name == "postgresql":  # SQLite drops a trigger with its table
        op.execute("DROP FUNCTION IF EXISTS candidate_leaves()")
    op.execute("DELETE FROM member_message WHERE kind = 'recruiter'")


_TABLES = (
    "brief_match", "saved_brief", "list_entry", "people_list", "note", "contact_message", "contact",
    "candidate", "ledger_seen",
)  # fmt: skip
"""Those that refer to others first."""
