"""The tables that came after version 0.2.0; the list of sessions that ended is not needed any more.

The tables are made as `vanne.database.tables` has them. A later change of one of them begins with
writing this table out here.
"""

from alembic import op

from vanne.database.tables import metadata

revision = "core_0009"
down_revision = "core_0001"


def upgrade() -> None:
    """Make the tables, and drop the list."""
    tables = [metadata.tables[name] for name in _TABLES]
    metadata.create_all(op.get_bind(), tables=tables, checkfirst=False)
    op.drop_table("revoked_session")


_TABLES = (
    "task", "worker", "ledger_check", "staff_look", "session", "told_certificate", "mail_address",
    "member_message",
)  # fmt: skip
