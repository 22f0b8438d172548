"""What is kept of pages for their next visit, and replies that are made once."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

INSTANT = sa.BigInteger()  # milliseconds since 1970, UTC


def upgrade() -> None:
    """Add the columns and their indexes."""
    op.add_column("story", sa.Column("gone", INSTANT))
    op.add_column("page", sa.Column("reads", sa.Integer(), server_default="0", nullable=False))
    op.add_column("page", sa.Column("first_read", INSTANT))
    op.add_column("page", sa.Column("etag", sa.Text()))
    op.add_column("page", sa.Column("last_modified", sa.Text()))
    op.add_column("page", sa.Column("body_hash", sa.LargeBinary(length=16)))
    op.add_column("page", sa.Column("fast", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("page", sa.Column("headline", sa.Text(), server_default="", nullable=False))
    op.add_column("page", sa.Column("words", sa.LargeBinary(length=16)))
    op.add_column("page", sa.Column("version", sa.Integer()))
    op.add_column("page", sa.Column("missing", INSTANT))
    op.add_column("page", sa.Column("live_until", INSTANT))
    op.add_column("page", sa.Column("listed", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.create_index(
        "page_followed",
        "page",
        ["source_id"],
        unique=False,
        sqlite_where=sa.text("next_due IS NOT NULL"),
        postgresql_where=sa.text("next_due IS NOT NULL"),
    )
    op.execute("UPDATE page SET reads = 1, first_read = at WHERE state = 'read'")
    op.add_column("outbox", sa.Column("occasion", sa.Text()))
    op.create_index(
        "outbox_occasion",
        "outbox",
        ["occasion"],
        unique=True,
        sqlite_where=sa.text("occasion IS NOT NULL"),
        postgresql_where=sa.text("occasion IS NOT NULL"),
    )
