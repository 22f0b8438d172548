"""Limits of rules in the database: what they count, what they hold back, and what summaries tell of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, distinct, exists, func, literal_column, select, update

from alerts.policy import Reason
from alerts.story import Severity
from crawler.ids import earliest_delivery
from crawler.store.plan import Witness
from crawler.store.rows import match
from crawler.store.schema import outbox, source, story, story_version, verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from crawler.store.plan import Summary

# A literal, not a parameter: only so does SQLite know that the index of what is held back has all of it.
HELD_BACK = and_(
    verdict.c.reason.in_([literal_column(f"'{reason}'") for reason in Reason if reason.is_summed_up]),
    verdict.c.delivery.is_(None),
)
_other = verdict.alias("other")
_TOLD_SINCE = exists().where(  # when it became critical, alone
    _other.c.group_id == verdict.c.group_id,
    _other.c.rule == verdict.c.rule,
    _other.c.channel == verdict.c.channel,
    _other.c.delivery.is_not(None),
)
WAITS = and_(HELD_BACK, ~_TOLD_SINCE)
_OF_RULE = verdict.c.reason.in_([reason for reason in Reason if reason.is_of_rule])
_OF = and_(verdict.c.rule == bindparam("rule"), verdict.c.channel == bindparam("channel"))

# Expressions that keep SQLite from reading all that the rule ever held for, and all that told nobody.
_OF_MESSAGE = and_(verdict.c.rule.concat("") == bindparam("rule"), outbox.c.channel == bindparam("channel"))
_BY_SOME_RULE = verdict.c.rule >= ""
_SENT = (
    select(func.count(distinct(verdict.c.delivery)))
    .join(outbox, outbox.c.key == verdict.c.delivery)
    .where(outbox.c.key >= bindparam("from_key"), outbox.c.queued > bindparam("after", type_=outbox.c.queued.type))
    .where(_OF_MESSAGE, verdict.c.severity < Severity.CRITICAL)
)
_WAITS = select(exists().where(_OF, WAITS, _OF_RULE))
_WAITING = (
    select(verdict.c.rule, verdict.c.channel)
    .where(WAITS, _OF_RULE, _BY_SOME_RULE)
    .distinct()
    .order_by(verdict.c.rule, verdict.c.channel)
)
_HELD = (
    select(
        verdict,
        story.c.group_id.label("family"),
        story.c.seen,
        story_version.c.title,
        story_version.c.url,
        source.c.name.label("outlet"),
        source.c.tier,
    )
    .join(story, story.c.id == verdict.c.story_id)
    .join(
        story_version,
        and_(story_version.c.story_id == verdict.c.story_id, story_version.c.version == verdict.c.version),
    )
    .join(source, source.c.id == story.c.source_id)
    .where(_OF, WAITS, _OF_RULE)
    .order_by(verdict.c.story_id.desc(), verdict.c.version.desc())
)
_TELL = update(verdict).where(
    verdict.c.story_id == bindparam("of"),
    verdict.c.version == bindparam("at"),
    verdict.c.rule == bindparam("by"),
    verdict.c.channel == bindparam("to"),
)


class StoredQuiet:
    """The QuietMemory, read inside the transaction that asks."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def sent(self, rule: str, channel: str, after: datetime) -> int:
        """Return how many messages of a rule were queued after a moment, summaries too."""
        asked = {"rule": rule, "channel": channel, "after": after, "from_key": earliest_delivery(after)}
        return self._connection.scalars(_SENT, asked).one()

    def waits(self, rule: str, channel: str) -> bool:
        """Return whether stories that were held back wait for their summary."""
        return bool(self._connection.scalar(_WAITS, {"rule": rule, "channel": channel}))

    def waiting(self) -> Sequence[tuple[str, str]]:
        """Return the rules and channels for which stories wait."""
        return [(row.rule, row.channel) for row in self._connection.execute(_WAITING)]

    def held_back(self, rule: str, channel: str) -> Sequence[Witness]:
        """Return the stories that wait, one of each group, newest first."""
        found: dict[int, Witness] = {}
        for row in self._connection.execute(_HELD, {"rule": rule, "channel": channel}):
            one = Witness(
                story=row.story_id,
                version=row.version,
                group=row.family,
                outlet=row.outlet,
                tier=row.tier,
                url=row.url,
                title=row.title,
                seen=row.seen,
                match=match(row),
                reason=Reason(row.reason),
            )
            found.setdefault(row.group_id, one)  # the group that it was told in is to be told once
        return list(found.values())


def write(connection: Connection, summaries: Sequence[Summary]) -> None:
    """Note which verdicts the summaries tell of; their deliveries must be there already."""
    for one in summaries:
        rows = [
            {"of": story, "at": version, "by": one.rule, "to": one.channel, "delivery": one.delivery}
            for story, version in one.verdicts
        ]
        connection.execute(_TELL.values(delivery=bindparam("delivery")), rows)
