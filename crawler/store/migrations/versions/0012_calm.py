"""Routes and calm: messages about no single story, silences, storms, digests, and what people do in Slack."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

INSTANT = sa.BigInteger()  # milliseconds since 1970, UTC


def upgrade() -> None:
    """Add tables and columns."""
    _let_be_null("outbox", "story_id")
    op.add_column("outbox", sa.Column("content", sa.JSON()))
    op.add_column("outbox", sa.Column("folded_into", sa.Text()))
    op.add_column("outbox", sa.Column("style", sa.Text(), server_default="full", nullable=False))
    op.add_column("outbox", sa.Column("template", sa.Text()))
    op.add_column("outbox", sa.Column("audit_due", INSTANT))
    _create_index("outbox_folded", "outbox", ["folded_into"], only="folded_into IS NOT NULL")
    _create_index("outbox_audit", "outbox", ["audit_due"], only="audit_due IS NOT NULL")
    op.create_index("outbox_channel", "outbox", ["channel", "queued"], unique=False)
    op.add_column("verdict", sa.Column("says", sa.Text(), server_default="", nullable=False))
    op.add_column("verdict", sa.Column("until", INSTANT))
    op.add_column("verdict", sa.Column("route", sa.Text(), server_default="", nullable=False))
    op.drop_index("verdict_held_back", "verdict")
    held = "reason IN ('flood', 'over-limit', 'grouped', 'quiet-hours', 'over-budget') AND delivery IS NULL"
    _create_index("verdict_held_back", "verdict", ["rule", "channel"], only=held)
    op.create_table(
        "silence",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("severity", sa.Integer()),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("start", INSTANT, nullable=False),
        sa.Column("end", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="silence_pk"),
    )
    op.create_index("silence_end", "silence", ["end"], unique=False)
    op.create_table(
        "storm",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("stormy", INSTANT, nullable=False),
        sa.Column("rules", sa.JSON()),
        sa.Column("shown", sa.Integer(), nullable=False),
        sa.Column("written", INSTANT, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("channel", name="storm_pk"),
    )
    op.create_table(
        "digest",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="digest_pk"),
    )
    op.create_table(
        "report",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("changed", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("subject", name="report_pk"),
        sa.ForeignKeyConstraint(["key"], ["outbox.key"], name="report_key_fk"),
    )
    op.create_table(
        "acknowledged",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="acknowledged_pk"),
        sa.ForeignKeyConstraint(["key"], ["outbox.key"], name="acknowledged_key_fk"),
    )
    op.create_table(
        "feedback",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("relevant", sa.Boolean(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("key", "rule", "user", name="feedback_pk"),
        sa.ForeignKeyConstraint(["key"], ["outbox.key"], name="feedback_key_fk"),
    )
    op.create_index("feedback_rule", "feedback", ["rule"], unique=False)
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text()),
        sa.Column("deed", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="audit_pk"),
    )


def _create_index(name: str, table: str, columns: list[str], *, only: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(only), postgresql_where=sa.text(only))


def _let_be_null(table: str, column: str) -> None:
    """Drop a NOT NULL.

    SQLite has no statement for it. To build the table anew would drop what others refer to, with every foreign key
    on guard; its documentation allows to change the schema's text instead where no row is stored otherwise for it:
    https://www.sqlite.org/lang_altertable.html#otheralter
    """
    if op.get_bind().dialect.name != "sqlite":
        op.alter_column(table, column, nullable=True)
        return
    connection = op.get_bind()
    schema = sa.text("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = :name")
    old = connection.execute(schema, {"name": table}).scalar_one()
    new = old.replace(f"{column} INTEGER NOT NULL", f"{column} INTEGER", 1)
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    rewrite = sa.text("UPDATE sqlite_schema SET sql = :sql WHERE type = 'table' AND name = :name")
    connection.execute(rewrite, {"sql": new, "name": table})
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
