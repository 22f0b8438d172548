"""Article pages: which are due, and what became of each."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

INSTANT = sa.BigInteger()  # milliseconds since 1970, UTC
ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table, and room for what pages say besides their text."""
    op.add_column("story_version", sa.Column("section", sa.Text(), nullable=True))
    op.create_table(
        "page",
        sa.Column("story_id", ROW, autoincrement=False, nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=True),
        sa.Column("next_due", INSTANT, nullable=True),
        sa.Column("lease_until", INSTANT, nullable=True),
        sa.Column("lease_token", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("page_source_id_fk")),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name=op.f("page_story_id_fk")),
        sa.PrimaryKeyConstraint("story_id", name=op.f("page_pk")),
    )
    due = sa.text("next_due IS NOT NULL")
    op.create_index("page_due", "page", ["next_due"], unique=False, sqlite_where=due, postgresql_where=due)
