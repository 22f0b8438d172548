"""The first schema: sources and visits, stories and their versions, verdicts and the outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

INSTANT = sa.BigInteger()  # milliseconds since 1970, UTC
ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make every table."""
    _hold()
    _seen()
    _source()
    _poll_log()
    _story()
    _likeness()
    _outbox()
    _story_version()
    _delivery_log()
    _verdict()


def _hold() -> None:
    op.create_table(
        "hold",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("channel", name=op.f("hold_pk")),
    )


def _seen() -> None:
    op.create_table(
        "seen",
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("story_id", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=16), nullable=False),
        sa.Column("first_seen", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("seen_pk")),
        sqlite_with_rowid=False,
    )


def _source() -> None:
    op.create_table(
        "source",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tier", sa.Integer(), nullable=False),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("every_ms", sa.BigInteger(), nullable=True),
        sa.Column("next_due", INSTANT, nullable=False),
        sa.Column("next_why", sa.Text(), nullable=False),
        sa.Column("lease_until", INSTANT, nullable=True),
        sa.Column("lease_token", sa.BigInteger(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("body_hash", sa.LargeBinary(length=16), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("first_read", INSTANT, nullable=True),
        sa.Column("last_at", INSTANT, nullable=True),
        sa.Column("last_ok", INSTANT, nullable=True),
        sa.Column("last_reason", sa.Text(), nullable=True),
        sa.Column("last_detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("source_pk")),
    )
    op.create_index("source_due", "source", ["next_due"], unique=False)


def _poll_log() -> None:
    op.create_table(
        "poll_log",
        sa.Column("id", ROW, nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("elapsed_ms", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("alerts", sa.Integer(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("poll_log_source_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("poll_log_pk")),
    )


def _story() -> None:
    op.create_table(
        "story",
        sa.Column("id", ROW, autoincrement=False, nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("group_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("published", INSTANT, nullable=True),
        sa.Column("date_note", sa.Text(), nullable=True),
        sa.Column("seen", INSTANT, nullable=False),
        sa.Column("ignored", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("story_source_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("story_pk")),
    )
    op.create_index("story_group", "story", ["group_id"], unique=False)
    op.create_index("story_seen", "story", ["seen"], unique=False)
    op.create_index("story_source", "story", ["source_id"], unique=False)


def _likeness() -> None:
    op.create_table(
        "likeness",
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("story_id", ROW, autoincrement=False, nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=16), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name=op.f("likeness_story_id_fk")),
        sa.PrimaryKeyConstraint("key", "story_id", name=op.f("likeness_pk")),
        sqlite_with_rowid=False,
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("group_id", sa.BigInteger(), nullable=False),
        sa.Column("story_id", ROW, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("queued", INSTANT, nullable=False),
        sa.Column("changed", INSTANT, nullable=False),
        sa.Column("not_before", INSTANT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("tried", INSTANT, nullable=True),
        sa.Column("resent", sa.Boolean(), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("receipt_channel", sa.Text(), nullable=True),
        sa.Column("receipt_message", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name=op.f("outbox_story_id_fk")),
        sa.PrimaryKeyConstraint("key", name=op.f("outbox_pk")),
    )
    op.create_index("outbox_due", "outbox", ["state", "not_before"], unique=False)
    op.create_index("outbox_story", "outbox", ["story_id"], unique=False)


def _story_version() -> None:
    op.create_table(
        "story_version",
        sa.Column("story_id", ROW, autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("authors", sa.JSON(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name=op.f("story_version_story_id_fk")),
        sa.PrimaryKeyConstraint("story_id", "version", name=op.f("story_version_pk")),
    )


def _delivery_log() -> None:
    op.create_table(
        "delivery_log",
        sa.Column("id", ROW, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["key"], ["outbox.key"], name=op.f("delivery_log_key_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("delivery_log_pk")),
    )
    op.create_index("delivery_log_key", "delivery_log", ["key"], unique=False)


def _verdict() -> None:
    op.create_table(
        "verdict",
        sa.Column("story_id", ROW, autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("group_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("spans", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("delivery", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["delivery"], ["outbox.key"], name=op.f("verdict_delivery_fk")),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name=op.f("verdict_story_id_fk")),
        sa.PrimaryKeyConstraint("story_id", "version", "rule", "channel", name=op.f("verdict_pk")),
        sqlite_with_rowid=False,
    )
    op.create_index("verdict_delivery", "verdict", ["delivery"], unique=False)
    op.create_index(
        "verdict_told_once",
        "verdict",
        ["group_id", "rule", "channel"],
        unique=True,
        sqlite_where=sa.text("delivery IS NOT NULL"),
        postgresql_where=sa.text("delivery IS NOT NULL"),
    )
