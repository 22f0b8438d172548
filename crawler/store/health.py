"""How sources and ways out do, in the database, and what people were told about it."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sqlalchemy import and_, delete, distinct, func, insert, or_, select, true

from alerts.health import LATELY, Condition, DeadLetters, Doubles, Report, Seen, SourceFact, source_of
from alerts.health_cards import Pause
from alerts.outbox import AUDIT_GIVEN_UP, State
from crawler.ids import earliest, earliest_delivery
from crawler.store import handover
from crawler.store.health_plan import Reported
from crawler.store.schema import delivery_log, outbox, report, source, story, verdict, watched
from crawler.visits.rhythm import Rhythm

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row, Select

    from alerts.health import Refusal

_WEEK = timedelta(days=7)
_TICK = timedelta(minutes=2)  # what a daemon that ends may have visited after its last look at the clock
_FACTS: Select[Any] = select(
    source.c.id,
    source.c.name,
    source.c.url,
    source.c.last_at,
    source.c.last_ok,
    source.c.failing_since,
    source.c.failures,
    source.c.last_reason,
    source.c.last_detail,
    source.c.next_due,
    source.c.given_up,
    source.c.silent,
    source.c.rhythm,
).where(source.c.enabled)


class StoredHealth:
    """The HealthMemory, read inside the transaction that asks."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def reports(self) -> Mapping[str, Reported]:
        """Return what was told last of each subject."""
        return {row.subject: reported(row) for row in self._connection.execute(select(report))}

    def seen(self, now: datetime, *, all_: bool) -> Seen:
        """Return the sources in trouble and those that open reports are about; with ``all_`` every one."""
        reports = {subject: one.report for subject, one in self.reports().items()}
        told = [name for one in reports.values() if one.is_open and (name := source_of(one.subject))]
        troubled = or_(source.c.failing_since.is_not(None), source.c.silent.is_not(None), source.c.id.in_(told))
        rows = self._connection.execute(_FACTS.where(true() if all_ else troubled).order_by(source.c.id))
        well = and_(source.c.failing_since.is_(None), source.c.last_ok > now - LATELY)
        enabled, answering = self._connection.execute(
            select(func.count(), func.count().filter(well)).select_from(source).where(source.c.enabled)
        ).one()
        return Seen(
            now=now,
            watching=self._connection.scalar(select(func.max(watched.c.since))),
            enabled=enabled,
            answering=answering,
            sources=[_fact(row) for row in rows],
            reports=reports,
        )

    def brought(self, since: datetime) -> Mapping[str, Mapping[str, int]]:
        """Return of how many stories each rule spoke that were seen since a moment: by rule, by source."""
        rows = self._connection.execute(
            select(verdict.c.rule, story.c.source_id, func.count(distinct(story.c.id)).label("number"))
            .join(story, story.c.id == verdict.c.story_id)
            .where(verdict.c.story_id >= earliest(since), story.c.seen > since)
            .group_by(verdict.c.rule, story.c.source_id)
        )
        found: dict[str, dict[str, int]] = defaultdict(dict)
        for row in rows:
            found[row.rule][row.source_id] = row.number
        return found

    def dead(self, but: Collection[str]) -> DeadLetters:
        """Return the messages that were refused in every form, leaving out these keys."""
        which = and_(outbox.c.state == State.DEAD, outbox.c.key.not_in(but))
        number = self._connection.scalar(select(func.count()).select_from(outbox).where(which)) or 0
        newest = select(outbox).where(which).order_by(outbox.c.changed.desc(), outbox.c.key.desc()).limit(1)
        last = self._connection.execute(newest).one_or_none()
        if last is None:
            return DeadLetters(number=0)
        said = f"{last.reason} {last.detail}".strip()
        return DeadLetters(number=number, key=last.key, channel=last.channel, detail=said, at=last.changed)

    def doubles(self, now: datetime) -> Doubles:
        """Return the messages of the last week that may stand there twice, since an audit of them was given up."""
        found = self._connection.execute(
            select(delivery_log, outbox.c.channel)
            .join(outbox, outbox.c.key == delivery_log.c.key)
            .where(outbox.c.key >= earliest_delivery(now - _WEEK), outbox.c.resent)
            .where(delivery_log.c.reason == AUDIT_GIVEN_UP)
            .order_by(delivery_log.c.id.desc())
        ).all()
        if not found:
            return Doubles(number=0)
        last = found[0]
        return Doubles(number=len(found), key=last.key, channel=last.channel, detail=last.detail, at=last.at)

    def refusals(self, now: datetime) -> Sequence[Refusal]:
        """Return the ways out that refuse what waits for them."""
        return handover.refusals(self._connection, now)

    def pause(self) -> Pause | None:
        """Return the last time in which nobody watched; None when there was none yet."""
        stretches = select(watched).order_by(watched.c.since.desc())
        after = self._connection.execute(stretches.limit(1)).one_or_none()
        before = self._connection.execute(stretches.offset(1).limit(1)).one_or_none()
        if after is None or before is None:
            return None
        since = before.until + _TICK
        count = select(func.count())
        read = count.select_from(source).where(source.c.enabled, source.c.last_ok > since)
        return Pause(
            since=before.until,
            until=after.since,
            stories=self._connection.scalar(count.select_from(story).where(story.c.seen > since)) or 0,
            read=self._connection.scalar(read) or 0,
            enabled=self._connection.scalar(count.select_from(source).where(source.c.enabled)) or 0,
        )


def write(connection: Connection, reports: Sequence[Reported]) -> None:
    """Keep what was told, each in place of what was told of its subject before; its message must be there."""
    for one in reports:
        connection.execute(delete(report).where(report.c.subject == one.report.subject))
        connection.execute(insert(report), _row(one))


def _fact(row: Row[Any]) -> SourceFact:
    rhythm = Rhythm.decode(row.rhythm)
    return SourceFact(
        id=row.id,
        name=row.name,
        host=urlsplit(row.url).hostname or "",
        tried=row.last_at,
        good=row.last_ok,
        failing=row.failing_since,
        tries=row.failures,
        reason=row.last_reason or "",
        detail=row.last_detail or "",
        due=None if row.given_up else row.next_due,
        silent=row.silent,
        last_new=rhythm.last_new,
        usual=rhythm.gap,
    )


def reported(row: Row[Any]) -> Reported:
    """Return the report that a row describes."""
    condition, _, mark = row.state.partition(" ")
    told = Report(subject=row.subject, condition=Condition(condition), mark=mark, since=row.since, changed=row.changed)
    return Reported(report=told, key=row.key)


def _row(one: Reported) -> dict[str, Any]:
    told = one.report
    return {
        "subject": told.subject,
        "key": one.key,
        "state": f"{told.condition} {told.mark}".strip(),
        "since": told.since,
        "changed": told.changed,
    }
