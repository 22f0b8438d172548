"""Where a story's page says that it was taken from, and messages of which others tell by now."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("story", sa.Column("origin_url", sa.Text()))
    op.add_column("outbox", sa.Column("merged_into", sa.Text()))
