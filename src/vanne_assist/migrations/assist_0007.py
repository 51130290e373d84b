"""The index of who may be found; and let go of what recruiters stored, and of tables of 0.2.0."""

from alembic import op

from vanne_assist.tables import metadata

revision = "assist_0007"
down_revision = "assist_0001"


def upgrade() -> None:
    """Make the tables; drop the others with their triggers, which a new database never had."""
    tables = [metadata.tables[name] for name in _TABLES]
    metadata.create_all(op.get_bind(), tables=tables, checkfirst=False)
    for name in _OLD_TABLES:
        op.execute(f"DROP TABLE IF EXISTS {name}")
    if op.get_bind().dialect.name == "postgresql":  # SQLite drops a trigger with its table
        op.execute("DROP FUNCTION IF EXISTS candidate_leaves()")
    op.execute("DELETE FROM member_message WHERE kind = 'recruiter'")


_TABLES = "findable findable_other findable_state".split()
_OLD_TABLES = (
    "opinion", "muted_reason", "brief_news", "list_export_row", "list_export", "contact_block",
    "suggestion_answer", "list_stage", "brief_match", "saved_brief", "list_entry", "people_list",
    "note", "contact_message", "contact", "candidate", "ledger_seen",
)  # fmt: skip
"""Those that refer to others first."""
