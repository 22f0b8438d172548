"""The tables of what reached people and what was kept from them, and of what people did about it."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, Table, Text

from crawler.store.base import Instant, Row, metadata

# ---------------------------------------------------------------- how it reached people

delivery_log = Table(
    "delivery_log",
    metadata,
    Column("id", Row, primary_key=True),
    Column("key", Text, ForeignKey("outbox.key"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("delivery_log_key", "key"),
)

hold = Table(
    "hold",
    metadata,
    Column("channel", Text, primary_key=True),  # "": every channel
    Column("until", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    Column("refused", Boolean, nullable=False),  # somebody must mend something; else the other side asked to wait
)

report = Table(  # on what is not well: one message, edited
    "report",
    metadata,
    Column("subject", Text, primary_key=True),  # "source:ID", "network", "config", "dead-letters" …
    Column("key", Text, ForeignKey("outbox.key"), nullable=False),  # of its message
    Column("state", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("changed", Instant, nullable=False),
)

# ---------------------------------------------------------------- what keeps messages back

silence = Table(
    "silence",
    metadata,
    Column("id", Text, primary_key=True),
    Column("rules", JSON, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("sources", JSON, nullable=False),
    Column("severity", Integer),
    Column("text", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("comment", Text, nullable=False),
    Column("start", Instant, nullable=False),
    Column("end", Instant, nullable=False),
    Index("silence_end", "end"),
)

storm = Table(  # those that are not over
    "storm",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("key", Text, nullable=False),  # of its message
    Column("since", Instant, nullable=False),
    Column("stormy", Instant, nullable=False),
    Column("rules", JSON(none_as_null=True)),  # NULL: all
    Column("shown", Integer, nullable=False),
    Column("written", Instant, nullable=False),
    Column("why", Text, nullable=False),
)

digest = Table(
    "digest",
    metadata,
    Column("name", Text, primary_key=True),
    Column("day", Text, nullable=False),  # the local date of the last one, in ISO 8601
    Column("until", Instant, nullable=False),  # what it told of ends then
)

# ---------------------------------------------------------------- what people did

acknowledged = Table(
    "acknowledged",
    metadata,
    Column("key", Text, ForeignKey("outbox.key"), primary_key=True),
    Column("user", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

feedback = Table(  # outlives what it is about: a rule's precision is not forgotten with old stories
    "feedback",
    metadata,
    Column("story_id", Row, primary_key=True, autoincrement=False),
    Column("rule", Text, primary_key=True),
    Column("user", Text, primary_key=True),
    Column("version", Integer, nullable=False),  # of the story that was judged
    Column("key", Text),  # of the message below which it was said; NULL: by a command
    Column("relevant", Boolean, nullable=False),
    Column("at", Instant, nullable=False),
    Column("held", JSON, nullable=False),  # [clause, [words]] of the rule, as it was then
    Index("feedback_rule", "rule"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Row, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("user", Text, nullable=False),
    Column("channel", Text),
    Column("deed", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
)
