"""Replies in threads, and messages that are edited."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

INSTANT = sa.BigInteger()  # milliseconds since 1970, UTC


def upgrade() -> None:
    """Add the columns and their indexes."""
    op.add_column("outbox", sa.Column("parent", sa.Text()))
    op.add_column("outbox", sa.Column("broadcast", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("outbox", sa.Column("note", sa.Text(), server_default="", nullable=False))
    op.add_column("outbox", sa.Column("face", sa.LargeBinary(length=16)))
    op.add_column("outbox", sa.Column("edit_due", INSTANT))
    op.add_column("outbox", sa.Column("edit_why", sa.Text(), server_default="", nullable=False))
    op.add_column("outbox", sa.Column("edit_tries", sa.Integer(), server_default="0", nullable=False))
    op.add_column("outbox", sa.Column("revision", sa.Integer(), server_default="0", nullable=False))
    op.create_index("outbox_group", "outbox", ["group_id"], unique=False)
    op.create_index(
        "outbox_edit",
        "outbox",
        ["edit_due"],
        unique=False,
        sqlite_where=sa.text("edit_due IS NOT NULL"),
        postgresql_where=sa.text("edit_due IS NOT NULL"),
    )
