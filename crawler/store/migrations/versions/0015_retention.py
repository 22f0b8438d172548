"""What hangs on a story or a message is found by it, so that retention need not read whole tables."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Make the indexes."""
    op.create_index("likeness_story", "likeness", ["story_id"], unique=False)
    op.create_index("stream_alert_story", "stream_alert", ["story_id"], unique=False)
    op.create_index(
        "outbox_parent",
        "outbox",
        ["parent"],
        unique=False,
        sqlite_where=sa.text("parent IS NOT NULL"),
        postgresql_where=sa.text("parent IS NOT NULL"),
    )
