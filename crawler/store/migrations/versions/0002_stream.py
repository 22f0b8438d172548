"""Conditions on the stream: their states, what they met before, what they told, and when anybody watched."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

INSTANT = sa.BigInteger()  # milliseconds since 1970, UTC
ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables, and the index by which a rule's stories are found."""
    op.create_index("verdict_rule", "verdict", ["rule", "story_id"], unique=False)
    op.create_table(
        "stream",
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("armed", sa.Boolean(), nullable=False),
        sa.Column("told", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("rule", "condition", name=op.f("stream_pk")),
    )
    op.create_table(
        "stream_known",
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("rule", "condition", "value", name=op.f("stream_known_pk")),
        sqlite_with_rowid=False,
    )
    _stream_alert()
    op.create_table(
        "watched",
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("since", name=op.f("watched_pk")),
    )


def _stream_alert() -> None:
    op.create_table(
        "stream_alert",
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("story_id", ROW, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("spans", sa.JSON(), nullable=False),
        sa.Column("says", sa.Text(), nullable=False),
        sa.Column("number", sa.Float(), nullable=False),
        sa.Column("usual", sa.Float(), nullable=True),
        sa.Column("top", sa.JSON(), nullable=False),
        sa.Column("delivery", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["delivery"], ["outbox.key"], name=op.f("stream_alert_delivery_fk")),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name=op.f("stream_alert_story_id_fk")),
        sa.PrimaryKeyConstraint("rule", "condition", "channel", "occasion", name=op.f("stream_alert_pk")),
        sqlite_with_rowid=False,
    )
    op.create_index("stream_alert_delivery", "stream_alert", ["delivery"], unique=True)
