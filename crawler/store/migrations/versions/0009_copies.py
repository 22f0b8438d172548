"""What copies and events are found by."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

INSTANT = sa.BigInteger()  # milliseconds since 1970, UTC
ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables, and the columns that say why stories belong together."""
    op.add_column("source", sa.Column("counted", sa.Integer(), server_default="0", nullable=False))
    op.add_column("story", sa.Column("group_why", sa.Text(), server_default="", nullable=False))
    op.add_column("story", sa.Column("event_id", sa.BigInteger()))
    op.add_column("story", sa.Column("event_why", sa.Text(), server_default="", nullable=False))
    op.create_index("story_event", "story", ["event_id"], unique=False)
    op.create_table(
        "sketch",
        sa.Column("story_id", ROW, autoincrement=False, nullable=False),
        sa.Column("algo", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(length=512)),
        sa.Column("truncated", sa.Boolean(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("vector", sa.LargeBinary()),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name=op.f("sketch_story_id_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("story_id", name=op.f("sketch_pk")),
    )
    op.create_table(
        "band",
        sa.Column("band", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("story_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("band", "story_id", name=op.f("band_pk")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "line",
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("stories", sa.Integer(), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("line_source_id_fk")),
        sa.PrimaryKeyConstraint("source_id", "key", name=op.f("line_pk")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "event",
        sa.Column("id", ROW, autoincrement=False, nullable=False),
        sa.Column("pool", sa.Text(), nullable=False),
        sa.Column("first", INSTANT, nullable=False),
        sa.Column("last", INSTANT, nullable=False),
        sa.Column("stories", sa.Integer(), nullable=False),
        sa.Column("total", sa.LargeBinary(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("event_pk")),
    )
    op.create_table(
        "frequency",
        sa.Column("pool", sa.Text(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("counts", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("pool", "scheme", name=op.f("frequency_pk")),
    )
