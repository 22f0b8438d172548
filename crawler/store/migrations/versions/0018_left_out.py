"""What was left out of pages, in its words."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table; pages that were read before have no line in it."""
    op.create_table(
        "left_out",
        sa.Column("story_id", ROW, autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("passages", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name=op.f("left_out_story_id_fk")),
        sa.PrimaryKeyConstraint("story_id", name=op.f("left_out_pk")),
    )
