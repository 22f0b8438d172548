"""How each source does: its rhythm, its failures, where it has moved, what its server is worth; and hosts on hold."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

INSTANT = sa.BigInteger()  # milliseconds since 1970, UTC


def upgrade() -> None:
    """Add the columns; of a source that fails already, each failure counts once."""
    for column in _columns():
        op.add_column("source", column)
    op.execute("UPDATE source SET points = failures")
    op.create_index("poll_log_source", "poll_log", ["source_id", "id"], unique=False)
    op.create_table(
        "host",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("held_until", INSTANT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("host_pk")),
    )


def _columns() -> list[sa.Column[Any]]:
    def count(name: str) -> sa.Column[int]:
        return sa.Column(name, sa.Integer(), nullable=False, server_default="0")

    return [
        sa.Column("cron", sa.Text()),
        count("points"),
        sa.Column("failing_since", INSTANT),
        sa.Column("reported", INSTANT),
        count("gone"),
        sa.Column("given_up", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("moved_to", sa.Text()),
        sa.Column("read_as", sa.Text()),
        sa.Column("heading", sa.Text()),
        count("headed"),
        sa.Column("last_full", INSTANT),
        count("doubts"),
        sa.Column("untrusted", INSTANT),
        sa.Column("rhythm", sa.Text()),
        sa.Column("wishes", sa.JSON()),
        count("entries"),
        count("gaps"),
        sa.Column("silent", INSTANT),
        sa.Column("hub", sa.Text()),
        sa.Column("topic", sa.Text()),
    ]
