"""Channels in the database: what they heard, what waits for them, and what keeps it back."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, or_, select

from alerts.outbox import State
from alerts.policy import Reason
from alerts.routing.escalation import Watched
from alerts.routing.inhibit import Told
from alerts.routing.silence import Matcher, Silence
from alerts.routing.storm import WITHIN, Row, Storm, Weather
from alerts.story import Severity
from alerts.thread import Thread
from crawler.ids import earliest_delivery
from crawler.store import found, quiet
from crawler.store.calm_plan import UNFOLDED, Found, HeldVerdict, ToldDigest
from crawler.store.deliveries import OF_MAIN
from crawler.store.escalations import channels_of
from crawler.store.found import line_of, with_line
from crawler.store.schema import (
    acknowledged,
    delivery_log,
    digest,
    outbox,
    silence,
    storm,
    story,
    story_version,
    stream_alert,
    verdict,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection
    from sqlalchemy import Row as Record

    from alerts.routing.digest import Line

_BARREN = (State.WITHDRAWN, State.DEAD, State.FOLDED)  # nobody sees these, or not by themselves
_root = func.coalesce(outbox.c.parent, outbox.c.key)
_of_many = select(stream_alert.c.delivery).where(stream_alert.c.delivery == outbox.c.key).exists()
_unfolded = (  # somebody wanted these by themselves: no storm takes them again
    select(delivery_log.c.id).where(delivery_log.c.key == outbox.c.key, delivery_log.c.reason == UNFOLDED).exists()
)
_of_rule = select(verdict.c.rule).where(verdict.c.delivery == outbox.c.key)

# What channels are told by itself: no quiet replies, and no bulletins.
_COUNTS = and_(
    outbox.c.story_id.is_not(None),
    outbox.c.note == "",
    or_(outbox.c.parent.is_(None), outbox.c.broadcast),
    outbox.c.state.not_in((State.WITHDRAWN, State.FOLDED)),
    outbox.c.severity < Severity.CRITICAL,
)
_OF_CHANNEL = verdict.c.reason.in_([reason for reason in Reason if reason.is_of_channel])
_FOLDING = (
    select(func.max(delivery_log.c.id))
    .where(delivery_log.c.key == outbox.c.key, delivery_log.c.state == State.FOLDED)
    .scalar_subquery()
)
_AT_ONCE = 500  # keys in one question: SQLite takes no more than some thousand parameters


class StoredCalm:
    """The CalmMemory, read inside the transaction that asks."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def silences(self, now: datetime) -> Sequence[Silence]:
        """Return those that are in force."""
        rows = self._connection.execute(select(silence).where(silence.c.end > now, silence.c.start <= now))
        return [read_silence(row) for row in rows]

    def threads(self, groups: Collection[int], events: Collection[int], after: datetime) -> Sequence[Thread]:
        """Return the messages begun after a moment that tell of these groups or events, with their threads."""
        roots = self._connection.execute(
            select(outbox.c.key, outbox.c.channel, outbox.c.queued, story.c.group_id, story.c.event_id)
            .join(story, story.c.id == outbox.c.story_id)
            .where(or_(story.c.group_id.in_(groups), story.c.event_id.in_(events)))
            .where(outbox.c.parent.is_(None), outbox.c.note == "", outbox.c.state.not_in(_BARREN), ~_of_many)
            .where(outbox.c.key >= earliest_delivery(after), outbox.c.queued > after)
        ).all()
        said = self._said({row.key for row in roots})
        return [
            Thread(
                key=row.key,
                channel=row.channel,
                group=row.group_id,
                event=row.event_id,
                begun=row.queued,
                severity=max((Severity(grave) for _, grave, _ in said[row.key]), default=Severity.INFO),
                rules={rule: at for rule, _, at in sorted(said[row.key], key=lambda one: one[2])},
            )
            for row in roots
        ]

    def _said(self, keys: Collection[str]) -> Mapping[str, list[tuple[str, int, datetime]]]:
        """Return rule, severity and time of all that was told in threads."""
        rows = self._connection.execute(
            select(_root.label("thread"), verdict.c.rule, verdict.c.severity, outbox.c.queued)
            .join(verdict, verdict.c.delivery == outbox.c.key)
            .where(or_(outbox.c.key.in_(keys), outbox.c.parent.in_(keys)), outbox.c.state.not_in(_BARREN))
        )
        found: dict[str, list[tuple[str, int, datetime]]] = defaultdict(list)
        for row in rows:
            found[row.thread].append((row.rule, row.severity, row.queued))
        return found

    def critical(self, events: Collection[int], after: datetime) -> Sequence[Told]:
        """Return the critical messages queued after a moment that tell of these events."""
        title = select(story_version.c.title).where(
            story_version.c.story_id == outbox.c.story_id, story_version.c.version == outbox.c.version
        )
        rows = self._connection.execute(
            select(
                _root.label("key"),
                story.c.event_id,
                story.c.group_id,
                outbox.c.channel,
                outbox.c.severity,
                outbox.c.queued,
                title.scalar_subquery().label("title"),
            )
            .join(story, story.c.id == outbox.c.story_id)
            .where(story.c.event_id.in_(events), outbox.c.severity >= Severity.CRITICAL, outbox.c.queued > after)
            .where(outbox.c.state.not_in(_BARREN), outbox.c.note == "", ~_of_many)
        )
        return [
            Told(
                key=row.key,
                event=row.event_id,
                group=row.group_id,
                channel=row.channel,
                severity=Severity(row.severity),
                at=row.queued,
                title=row.title,
            )
            for row in rows
        ]

    def sent(self, channel: str, after: datetime) -> Sequence[datetime]:
        """Return when messages were queued after a moment that count for a channel's budget."""
        return self._connection.scalars(
            select(outbox.c.queued).where(outbox.c.channel == channel, outbox.c.queued > after, _COUNTS)
        ).all()

    def flushed(self, channel: str) -> datetime | None:
        """Return when messages that had waited for company were told last."""
        last: datetime | None = self._connection.scalar(
            select(func.max(outbox.c.queued))
            .join(verdict, verdict.c.delivery == outbox.c.key)
            .where(outbox.c.channel == channel, verdict.c.reason == Reason.GROUPED)
        )
        return last

    def held(self, channels: Collection[str] | None = None) -> Sequence[HeldVerdict]:
        """Return the verdicts that wait for their channels, of these or of all, oldest first, one of a group."""
        query = with_line(select(verdict)).where(quiet.WAITS, verdict.c.rule >= "", _OF_CHANNEL)
        if channels is not None:
            query = query.where(verdict.c.channel.in_(channels))
        found: dict[tuple[int, str, str], HeldVerdict] = {}
        for row in self._connection.execute(query.order_by(verdict.c.story_id, verdict.c.version)):
            found.setdefault((row.group_id, row.rule, row.channel), _held(row))
        return list(found.values())

    def weather(self, channel: str, now: datetime) -> Weather:
        """Return what waits for a channel, what came of late, and its storm; bulletins are no part of it.

        Nor does a message wait to be listed that tells of many stories: a storm's page has one line for it.
        """
        mine = and_(outbox.c.channel == channel, outbox.c.story_id.is_not(None), outbox.c.note == "", ~_unfolded)
        pending = self._rows(and_(mine, outbox.c.state == State.PENDING, outbox.c.attempts == 0, ~_of_many))
        recent = self._rows(and_(mine, outbox.c.queued > now - WITHIN, outbox.c.severity < Severity.CRITICAL))
        return Weather(
            pending=tuple(row for _, row in pending),
            recent=tuple(recent),
            storm=self.storms().get(channel),
        )

    def _rows(self, which: Any) -> list[tuple[datetime, Row]]:
        rows = self._connection.execute(
            select(outbox.c.key, outbox.c.queued, outbox.c.severity, verdict.c.rule)
            .outerjoin(verdict, verdict.c.delivery == outbox.c.key)
            .where(which)
            .order_by(outbox.c.queued, outbox.c.key)
        ).all()
        rules: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            rules[row.key] |= {row.rule} if row.rule else set()
        return [
            (row.queued, Row(key=row.key, rules=frozenset(rules[row.key]), critical=row.severity >= Severity.CRITICAL))
            for row in {row.key: row for row in rows}.values()
        ]

    def storms(self) -> Mapping[str, Storm]:
        """Return the storms that are not over, by channel.

        What they list is in the order in which it was folded: one that had waited may come after younger ones, and
        the pages count on it that nothing comes before what they list already.
        """
        folded: dict[str, list[str]] = defaultdict(list)
        rows = self._connection.execute(select(storm)).all()
        listed = select(outbox.c.folded_into, outbox.c.key).where(outbox.c.folded_into.in_([row.key for row in rows]))
        for into, key in self._connection.execute(listed.order_by(_FOLDING)) if rows else ():
            folded[into].append(key)
        return {row.channel: _storm(row, folded[row.key]) for row in rows}

    def lines(self, keys: Collection[str]) -> Mapping[str, tuple[str, Line]]:
        """Return the first rule and the story of messages, by their keys."""
        query = with_line(select(verdict, outbox.c.key)).join(outbox, outbox.c.key == verdict.c.delivery)
        query = query.order_by(verdict.c.severity, verdict.c.rule.desc())
        rows = (
            row
            for some in batched(list(keys), _AT_ONCE)
            for row in self._connection.execute(query.where(outbox.c.key.in_(some)))
        )
        return {row.key: (row.name, line_of(row)) for row in rows}

    def digests(self) -> Mapping[str, ToldDigest]:
        """Return the last digest of each name."""
        rows = self._connection.execute(select(digest))
        return {row.name: ToldDigest(name=row.name, day=date.fromisoformat(row.day), until=row.until) for row in rows}

    def found(self, since: datetime, until: datetime) -> Sequence[Found]:
        """Return what each rule found in a time, whoever was told; one line for each group of copies."""
        return found.read(self._connection, since, until)

    def counts(self, since: datetime, until: datetime) -> Mapping[str, int]:
        """Return how many groups of copies each rule found in a time."""
        return found.counts(self._connection, since, until)

    def watched_since(self) -> datetime | None:
        """Return when the first story was seen; None when there is none."""
        first: datetime | None = self._connection.scalar(select(func.min(story.c.seen)))
        return first

    def unacknowledged(self, severity: Severity, after: datetime) -> Sequence[Watched]:
        """Return the messages of a severity or higher that channels were shown after a moment, acknowledged or not."""
        shown = (
            select(func.min(delivery_log.c.at))
            .where(delivery_log.c.key == outbox.c.key, delivery_log.c.state == State.SENT)
            .scalar_subquery()
        )
        rows = self._connection.execute(
            select(
                outbox.c.key,
                outbox.c.group_id,
                outbox.c.severity,
                shown.label("shown"),
                acknowledged.c.at.label("acked"),
            )
            .outerjoin(acknowledged, acknowledged.c.key == outbox.c.key)
            .where(outbox.c.severity >= severity, outbox.c.state == State.SENT, outbox.c.queued > after)
            .where(outbox.c.story_id.is_not(None), outbox.c.note == "")
            .where(or_(outbox.c.parent.is_(None), outbox.c.broadcast))
            .where(outbox.c.key >= earliest_delivery(after), ~outbox.c.key.contains("."), OF_MAIN)
            .order_by(outbox.c.queued, outbox.c.key)
        ).all()
        told = channels_of(self._connection, [row.key for row in rows])
        stories: dict[int, list[Any]] = defaultdict(list)
        for row in rows:
            if row.shown is not None:
                stories[row.group_id].append(row)
        return [_watched(of_story, told) for of_story in stories.values()]


def _watched(rows: Sequence[Any], told: Mapping[str, Collection[str]]) -> Watched:
    """Return what is to be acknowledged of one story, wherever it was told: once is enough."""
    return Watched(
        key=rows[0].key,
        severity=Severity(max(row.severity for row in rows)),
        told=min(row.shown for row in rows),
        acked=min((row.acked for row in rows if row.acked), default=None),
        escalated=frozenset(channel for row in rows for channel in told.get(row.key, ())),
    )


def read_silence(row: Record[Any]) -> Silence:
    """Return the silence that a row describes."""
    return Silence(
        id=row.id,
        matcher=Matcher(
            rules=tuple(row.rules),
            tags=tuple(row.tags),
            sources=tuple(row.sources),
            severity=None if row.severity is None else Severity(row.severity),
            text=row.text,
        ),
        author=row.author,
        comment=row.comment,
        start=row.start,
        end=row.end,
    )


def _held(row: Record[Any]) -> HeldVerdict:
    return HeldVerdict(
        story=row.story_id,
        version=row.version,
        group=row.family,
        rule=row.rule,
        name=row.name,
        channel=row.channel,
        severity=Severity(row.severity),
        reason=Reason(row.reason),
        says=row.says,
        until=row.until,
        line=line_of(row),
    )


def _storm(row: Record[Any], folded: Iterable[str]) -> Storm:
    return Storm(
        key=row.key,
        since=row.since,
        stormy=row.stormy,
        rules=None if row.rules is None else frozenset(row.rules),
        folded=tuple(folded),
        shown=row.shown,
        written=row.written,
        why=row.why,
    )


def batched(keys: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Yield keys, so many at a time."""
    return (keys[start : start + size] for start in range(0, len(keys), size))
