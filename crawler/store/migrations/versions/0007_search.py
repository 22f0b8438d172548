"""Full text over stories."""

import sqlalchemy as sa
from alembic import op

from crawler.store import search

revision = "0007"
down_revision = "0006"

ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the index and fill it; it can be made anew from the stories, so a later change does just that."""
    op.create_table(
        "story_search",
        sa.Column("story_id", ROW, autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name=op.f("story_search_story_id_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("story_id", name=op.f("story_search_pk")),
    )
    connection = op.get_bind()
    search.create(connection)
    search.fill(connection)
