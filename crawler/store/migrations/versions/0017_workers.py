"""Workers on several machines: what each holds, who they are, and by which shard sources and pages are shared out."""

from urllib.parse import urlsplit
from zlib import crc32

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

INSTANT = sa.BigInteger()  # milliseconds since 1970, UTC
SHARDS = 256


def upgrade() -> None:
    """Make the tables, and give every source and page its shard."""
    op.create_table(
        "lease",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text()),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("since", INSTANT),
        sa.Column("until", INSTANT),
        sa.PrimaryKeyConstraint("name", name=op.f("lease_pk")),
    )
    op.create_table(
        "worker",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("release", sa.Text(), nullable=False),
        sa.Column("started", INSTANT, nullable=False),
        sa.Column("beat", INSTANT, nullable=False),
        sa.Column("ended", INSTANT),
        sa.Column("visits", sa.BigInteger(), nullable=False),
        sa.Column("stories", sa.BigInteger(), nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("worker_pk")),
    )
    for table, key in (("source", "id"), ("page", "story_id")):
        op.add_column(table, sa.Column("shard", sa.Integer(), server_default="0", nullable=False))
        _share_out(sa.table(table, sa.column(key), sa.column("url"), sa.column("shard")), key)
    op.create_index("source_shard", "source", ["shard", "next_due"], unique=False)
    op.create_index(
        "page_shard",
        "page",
        ["shard", "next_due"],
        unique=False,
        sqlite_where=sa.text("next_due IS NOT NULL"),
        postgresql_where=sa.text("next_due IS NOT NULL"),
    )


def _share_out(table: sa.TableClause, key: str) -> None:
    connection = op.get_bind()
    rows = connection.execute(sa.select(table.c[key], table.c.url)).all()
    if rows:
        changed = sa.update(table).where(table.c[key] == sa.bindparam("which")).values(shard=sa.bindparam("to"))
        connection.execute(changed, [{"which": one, "to": _shard(url)} for one, url in rows])


def _shard(url: str) -> int:
    host = urlsplit(url).netloc.rpartition("@")[2].lower()
    return crc32(host.encode()) % SHARDS
