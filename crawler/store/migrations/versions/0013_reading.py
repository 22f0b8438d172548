"""How the text of pages was found, and what was left out of it, when they were last read."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the column; what is known of pages that were read once is taken over."""
    op.add_column("page", sa.Column("reading", sa.Text(), server_default="", nullable=False))
    op.execute("UPDATE page SET reading = detail WHERE state = 'read' AND reads = 1 AND detail LIKE 'by %'")
