"""What members are told, where they want mail, and of which certificates they were told."""

from alembic import op
from sqlalchemy import Column, ForeignKey, Integer, Text, UniqueConstraint

from vanne.database.tables import Moment, PlainText

revision = "core_0006"
down_revision = "core_0005"


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "told_certificate",
        Column("id", Text, primary_key=True),
        Column("at", Moment, nullable=False),
    )
    op.create_table(
        "mail_address",
        Column("member", PlainText, ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
        Column("address", PlainText, nullable=False),
        Column("lang", Text, nullable=False),
        Column("origin", Text, nullable=False),
        Column("key", Text, nullable=False, unique=True),
    )
    op.create_table(
        "member_message",
        Column("id", Integer, primary_key=True),
        Column("member", PlainText, ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
        Column("kind", Text, nullable=False),
        Column("certificate", Text, nullable=False),
        Column("at", Moment, nullable=False),
        Column("read", Moment),
        Column("mail", Text, nullable=False),
        UniqueConstraint("member", "certificate", "kind"),
    )
    op.create_index("ix_member_message_member", "member_message", ["member"])
