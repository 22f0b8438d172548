"""Limits of rules: how what they hold back is found; and which rules read the past for a condition."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the index and the column, and keep verdicts that told nobody out of the index of deliveries."""
    op.add_column("stream", sa.Column("taught", sa.Text(), nullable=True))
    told = sa.text("delivery IS NOT NULL")
    op.drop_index("verdict_delivery", table_name="verdict")
    op.create_index("verdict_delivery", "verdict", ["delivery"], unique=False, sqlite_where=told, postgresql_where=told)
    held_back = sa.text("reason IN ('flood', 'over-limit') AND delivery IS NULL")
    op.create_index(
        "verdict_held_back",
        "verdict",
        ["rule", "channel"],
        unique=False,
        sqlite_where=held_back,
        postgresql_where=held_back,
    )
