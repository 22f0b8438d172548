"""The tables, for SQLite and PostgreSQL alike."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    false,
    true,
)

from crawler.store.base import EPOCH, MILLISECOND, Instant, Row, from_ms, metadata, only, to_ms
from crawler.store.calm_tables import (
    acknowledged,
    audit,
    delivery_log,
    digest,
    feedback,
    hold,
    report,
    silence,
    storm,
)
from crawler.store.lease_tables import lease, worker

__all__ = [
    "EPOCH",
    "HEAD",
    "MILLISECOND",
    "Instant",
    "Row",
    "acknowledged",
    "audit",
    "delivery_log",
    "digest",
    "feedback",
    "from_ms",
    "hold",
    "host",
    "lease",
    "left_out",
    "likeness",
    "metadata",
    "outbox",
    "page",
    "poll_log",
    "report",
    "seen",
    "silence",
    "source",
    "storm",
    "story",
    "story_version",
    "stream",
    "stream_alert",
    "stream_known",
    "to_ms",
    "verdict",
    "watched",
    "worker",
]

HEAD = "0020"  # the newest migration; a test compares it with the scripts, so that a start need not read them

# ---------------------------------------------------------------- what is visited, and when

source = Table(
    "source",
    metadata,
    Column("id", Text, primary_key=True),
    Column("enabled", Boolean, nullable=False),  # False: no longer in the configuration
    Column("kind", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("tier", Integer, nullable=False),
    Column("country", Text),
    Column("type", Text),
    Column("every_ms", BigInteger),  # NULL: Tocsin decides
    Column("next_due", Instant, nullable=False),
    Column("next_why", Text, nullable=False),
    Column("lease_until", Instant),
    Column("lease_token", BigInteger, nullable=False),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_hash", LargeBinary(16)),
    Column("failures", Integer, nullable=False),
    Column("first_read", Instant),  # NULL: no document was ever read, so the next one is a backlog
    Column("last_at", Instant),
    Column("last_ok", Instant),
    Column("last_reason", Text),
    Column("last_detail", Text),
    Column("cron", Text),  # in place of every_ms
    Column("points", Integer, nullable=False, server_default="0"),  # of failures in a row
    Column("failing_since", Instant),
    Column("reported", Instant),  # when it was said aloud that it fails
    Column("gone", Integer, nullable=False, server_default="0"),  # answers of 410 in a row
    Column("given_up", Boolean, nullable=False, server_default=false()),  # visited no more until its entry changes
    Column("moved_to", Text),  # where it is visited now; NULL: at `url`
    Column("read_as", Text),  # of `kind: auto`: feed, sitemap or listing
    Column("heading", Text),  # where permanent redirects lead that are not believed yet
    Column("headed", Integer, nullable=False, server_default="0"),  # visits in a row that were led there
    Column("last_full", Instant),  # when the server last gave the whole document
    Column("doubts", Integer, nullable=False, server_default="0"),
    Column("untrusted", Instant),  # since when its server is known to lie about changes
    Column("rhythm", Text),  # JSON, see crawler.visits.rhythm; NULL: nothing learnt yet
    Column("wishes", JSON(none_as_null=True)),  # ttl in seconds, skip_hours, skip_days
    Column("entries", Integer, nullable=False, server_default="0"),  # in the last document that was read
    Column("gaps", Integer, nullable=False, server_default="0"),  # visits that shared nothing with the one before
    Column("silent", Instant),  # when it was said aloud that it fell silent
    Column("hub", Text),  # of WebSub
    Column("topic", Text),
    Column("counted", Integer, nullable=False, server_default="0"),  # stories of which the lines were counted
    Column("shard", Integer, nullable=False, server_default="0"),  # of its host, see crawler.shards
    Index("source_due", "next_due"),
    Index("source_shard", "shard", "next_due"),
)

host = Table(
    "host",
    metadata,
    Column("name", Text, primary_key=True),  # with port, lower case
    Column("held_until", Instant, nullable=False),  # nobody visits it before
    Column("reason", Text, nullable=False),
)

poll_log = Table(
    "poll_log",
    metadata,
    Column("id", Row, primary_key=True),
    Column("source_id", Text, ForeignKey("source.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("answer", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("status", Integer),
    Column("elapsed_ms", Integer, nullable=False),
    Column("size", Integer, nullable=False),  # bytes
    Column("new", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("seen", Integer, nullable=False),
    Column("alerts", Integer, nullable=False),
    Column("notes", JSON, nullable=False),
    Index("poll_log_source", "source_id", "id"),
)

# ---------------------------------------------------------------- what was published

story = Table(
    "story",
    metadata,
    Column("id", Row, primary_key=True, autoincrement=False),
    Column("source_id", Text, ForeignKey("source.id"), nullable=False),
    Column("group_id", BigInteger, nullable=False),  # of the story that began a group of copies
    Column("version", Integer, nullable=False),  # the newest
    Column("published", Instant),
    Column("date_note", Text),
    Column("seen", Instant, nullable=False),
    Column("ignored", Integer, nullable=False),  # changes after the last version that is kept
    Column("group_why", Text, nullable=False, server_default=""),  # why it is a copy; "": it is none
    Column("event_id", BigInteger),  # NULL: not looked at
    Column("event_why", Text, nullable=False, server_default=""),
    Column("gone", Instant),  # when it was believed that its outlet has removed it; NULL: it is there
    Column("origin_url", Text),  # where its page says that it was taken from
    Index("story_group", "group_id"),
    Index("story_event", "event_id"),
    Index("story_source", "source_id"),
    Index("story_seen", "seen"),
)

story_version = Table(
    "story_version",
    metadata,
    Column("story_id", Row, ForeignKey("story.id"), primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("url", Text),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("language", Text),
    Column("authors", JSON, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("section", Text),
    Column("rules", Text, nullable=False),  # the revision of the rules by which it was judged
)

seen = Table(
    "seen",
    metadata,
    Column("key", LargeBinary(16), primary_key=True),  # of the source and the entry's identity
    Column("story_id", BigInteger, nullable=False),
    Column("fingerprint", LargeBinary(16), nullable=False),  # of title and text as last seen under this key
    Column("first_seen", Instant, nullable=False),
    sqlite_with_rowid=False,
)

likeness = Table(
    "likeness",
    metadata,
    Column("key", LargeBinary(16), primary_key=True),  # of the normalised text, or of link and title
    Column("story_id", Row, ForeignKey("story.id"), primary_key=True, autoincrement=False),
    Column("fingerprint", LargeBinary(16), nullable=False),
    Column("at", Instant, nullable=False),
    Index("likeness_story", "story_id"),
    sqlite_with_rowid=False,
)

page = Table(
    "page",
    metadata,
    Column("story_id", Row, ForeignKey("story.id"), primary_key=True, autoincrement=False),
    Column("source_id", Text, ForeignKey("source.id"), nullable=False),
    Column("url", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("at", Instant),  # of the last visit
    Column("next_due", Instant),  # NULL: it is visited no more
    Column("lease_until", Instant),
    Column("lease_token", BigInteger, nullable=False),
    Column("reads", Integer, nullable=False, server_default="0"),  # visits that were answered, if only by a 304
    Column("first_read", Instant),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_hash", LargeBinary(16)),
    Column("fast", Boolean, nullable=False, server_default=false()),  # it is read in haste, since it first was
    Column("headline", Text, nullable=False, server_default=""),  # its own, when last read
    Column("words", LargeBinary(16)),  # the fingerprint of its text, when last read
    Column("version", Integer),  # of the story, after it was last read
    Column("missing", Instant),  # since when it is not found, which is not believed yet
    Column("live_until", Instant),  # of a live blog: until then it is visited often
    Column("listed", Boolean, nullable=False, server_default=true()),  # in its source's last document
    Column("reading", Text, nullable=False, server_default=""),  # how its text was found, and what was left out
    Column("shard", Integer, nullable=False, server_default="0"),  # of its host, see crawler.shards
    Index("page_due", "next_due", **only("next_due IS NOT NULL")),
    Index("page_shard", "shard", "next_due", **only("next_due IS NOT NULL")),
    Index("page_followed", "source_id", **only("next_due IS NOT NULL")),
)

left_out = Table(
    "left_out",
    metadata,
    Column("story_id", Row, ForeignKey("story.id"), primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),  # when the page was read
    Column("passages", LargeBinary, nullable=False),  # see crawler.store.leftovers
)

# ---------------------------------------------------------------- what was found in it, and who is told

outbox = Table(
    "outbox",
    metadata,
    Column("key", Text, primary_key=True),  # ULID
    Column("group_id", BigInteger, nullable=False),
    Column("story_id", Row, ForeignKey("story.id")),  # NULL: it carries a bulletin, and group_id and version are 0
    Column("version", Integer, nullable=False),
    Column("channel", Text, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("queued", Instant, nullable=False),
    Column("changed", Instant, nullable=False),
    Column("not_before", Instant),  # NULL: final, or on the wire
    Column("attempts", Integer, nullable=False),
    Column("looks", Integer, nullable=False),
    Column("tried", Instant),
    Column("resent", Boolean, nullable=False),
    Column("rung", Integer, nullable=False),
    Column("receipt_channel", Text),
    Column("receipt_message", Text),
    Column("parent", Text),  # the message in whose thread it belongs; NULL: by itself
    Column("broadcast", Boolean, nullable=False, server_default=false()),
    Column("note", Text, nullable=False, server_default=""),  # of a reply: all it says, when it tells of no match
    Column("occasion", Text),  # of a reply that is made once: the message it answers, and what about
    Column("face", LargeBinary(16)),  # of what was shown last; NULL: unknown
    Column("edit_due", Instant),  # NULL: it says what it should
    Column("edit_why", Text, nullable=False, server_default=""),
    Column("edit_tries", Integer, nullable=False, server_default="0"),
    Column("revision", Integer, nullable=False, server_default="0"),  # of what it should say
    Column("merged_into", Text),  # of two that were shown, the one that goes on; NULL: it does so itself
    Column("content", JSON(none_as_null=True)),  # of a bulletin, see alerts.bulletin.encode
    Column("folded_into", Text),  # the key of the storm's message that lists it
    Column("style", Text, nullable=False, server_default="full"),
    Column("template", Text),  # of the user's own wording; NULL: none
    Column("audit_due", Instant),  # when its channel is looked through for further copies of it; NULL: no need
    Index("outbox_due", "state", "not_before"),
    Index("outbox_story", "story_id"),
    Index("outbox_group", "group_id"),
    Index("outbox_occasion", "occasion", unique=True, **only("occasion IS NOT NULL")),
    Index("outbox_edit", "edit_due", **only("edit_due IS NOT NULL")),
    Index("outbox_parent", "parent", **only("parent IS NOT NULL")),
    Index("outbox_folded", "folded_into", **only("folded_into IS NOT NULL")),
    Index("outbox_audit", "audit_due", **only("audit_due IS NOT NULL")),
    Index("outbox_channel", "channel", "queued"),
)

verdict = Table(
    "verdict",
    metadata,
    Column("story_id", Row, ForeignKey("story.id"), primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("rule", Text, primary_key=True),
    Column("channel", Text, primary_key=True),  # "": the rule names nobody to tell
    Column("group_id", BigInteger, nullable=False),  # as it was when judged
    Column("name", Text, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("spans", JSON, nullable=False),  # [field, start, end], in code points
    Column("reason", Text, nullable=False),
    Column("delivery", Text, ForeignKey("outbox.key")),
    Column("says", Text, nullable=False, server_default=""),  # what kept it back, for people
    Column("until", Instant),  # when that ends
    Column("route", Text, nullable=False, server_default=""),  # what chose the channel, for people
    Index(  # partial, or SQLite would take it for the way to all that told nobody
        "verdict_delivery", "delivery", **only("delivery IS NOT NULL")
    ),
    Index("verdict_rule", "rule", "story_id"),  # the stream of a rule, in the order of the news
    Index(  # what waits for a summary
        "verdict_held_back",
        "rule",
        "channel",
        **only(
            "reason IN ('flood', 'over-limit', 'grouped', 'quiet-hours', 'over-budget') AND delivery IS NULL",
        ),
    ),
    # The promise itself: of one group, a channel hears once by a rule.
    Index("verdict_told_once", "group_id", "rule", "channel", unique=True, **only("delivery IS NOT NULL")),
    sqlite_with_rowid=False,
)

# ---------------------------------------------------------------- what many stories say together

stream = Table(
    "stream",
    metadata,
    Column("rule", Text, primary_key=True),
    Column("condition", Text, primary_key=True),
    Column("since", Instant, nullable=False),
    Column("armed", Boolean, nullable=False),
    Column("told", Instant),
    Column("taught", Text),  # revision of the rules that read the past for it; NULL: none did
)

stream_known = Table(
    "stream_known",
    metadata,
    Column("rule", Text, primary_key=True),
    Column("condition", Text, primary_key=True),
    Column("value", Text, primary_key=True),  # a term's key or a source's id
    sqlite_with_rowid=False,
)

stream_alert = Table(
    "stream_alert",
    metadata,
    Column("rule", Text, primary_key=True),
    Column("condition", Text, primary_key=True),
    Column("channel", Text, primary_key=True),  # "": the rule names nobody to tell
    Column("occasion", Text, primary_key=True),  # what it was true by: a channel hears of it once
    Column("at", Instant, nullable=False),
    Column("story_id", Row, ForeignKey("story.id"), nullable=False),  # the weightiest
    Column("name", Text, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("spans", JSON, nullable=False),  # of the rule in that story, as in verdict
    Column("says", Text, nullable=False),
    Column("number", Float, nullable=False),
    Column("usual", Float),
    Column("top", JSON, nullable=False),  # [title, url, outlet] of the next stories
    Column("delivery", Text, ForeignKey("outbox.key")),  # NULL: nobody to tell, or the rule is on trial
    Index("stream_alert_delivery", "delivery", unique=True),
    Index("stream_alert_story", "story_id"),
    sqlite_with_rowid=False,
)

watched = Table(
    "watched",
    metadata,
    Column("since", Instant, primary_key=True, autoincrement=False),
    Column("until", Instant, nullable=False),  # between two rows nobody looked at any source
)
