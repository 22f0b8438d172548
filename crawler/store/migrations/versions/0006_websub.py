"""Subscriptions to the hubs that feeds name."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

INSTANT = sa.BigInteger()  # milliseconds since 1970, UTC


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "subscription",
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("hub", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("callback", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column("asking", sa.Text(), nullable=False),
        sa.Column("until", INSTANT),
        sa.Column("next_at", INSTANT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.Column("pushed", INSTANT),
        sa.Column("pushes", sa.Integer(), nullable=False),
        sa.Column("looked", INSTANT),
        sa.Column("look_at", INSTANT),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("subscription_source_id_fk")),
        sa.PrimaryKeyConstraint("path", name=op.f("subscription_pk")),
    )
    op.create_index("subscription_source", "subscription", ["source_id"], unique=False)
