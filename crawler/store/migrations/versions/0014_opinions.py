"""Opinions about stories: on what a rule found, told or not, each with the clauses that held."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

INSTANT = sa.BigInteger()  # milliseconds since 1970, UTC
ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table anew; of several messages about one story, what somebody said last is taken over."""
    old = sa.text(
        'SELECT story_id, version, feedback."key", rule, "user", relevant, "at" FROM feedback'
        ' JOIN outbox ON outbox."key" = feedback."key" WHERE story_id IS NOT NULL ORDER BY "at"'
    )
    said = {(row["story_id"], row["rule"], row["user"]): row for row in op.get_bind().execute(old).mappings()}
    op.drop_index("feedback_rule", "feedback")
    op.drop_table("feedback")
    made = op.create_table(
        "feedback",
        sa.Column("story_id", ROW, autoincrement=False, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text()),
        sa.Column("relevant", sa.Boolean(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("held", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("story_id", "rule", "user", name="feedback_pk"),
    )
    op.create_index("feedback_rule", "feedback", ["rule"], unique=False)
    rows = [dict(row) | {"held": [], "relevant": bool(row["relevant"])} for row in said.values()]
    if rows:
        op.bulk_insert(made, rows)
