"""What people ask about one message, and what the home page shows of the whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from alerts.notify.fallback import origin_of
from alerts.outbox import State
from crawler.store.deeds import Acknowledged, Votes, acknowledgement, votes
from crawler.store.deliveries import WAITING, assemble, chosen
from crawler.store.reports import CONDITION
from crawler.store.schema import delivery_log, outbox, source, story, verdict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from alerts.outbox import Delivery, Receipt

DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Why one rule told a channel, as it was written down when it was decided."""

    rule: str
    reason: str  # a Reason
    says: str  # what kept it back or let it go, for people
    route: str  # what chose the channel, for people


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of a message's way."""

    at: datetime
    state: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Enquiry:
    """All that was written down about one message."""

    delivery: Delivery
    grounds: tuple[Ground, ...]  # empty for a message about many stories
    steps: tuple[Step, ...]  # the oldest first
    acknowledged: Acknowledged | None
    votes: Mapping[str, Votes]  # by rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Wellbeing:
    """How one source does."""

    name: str
    condition: str  # see crawler.store.reports.SourceStatus
    reason: str  # of the last visit
    detail: str
    last_ok: datetime | None
    fresh: int  # stories of the last 24 h


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What the home page shows of sources and messages."""

    sources: tuple[Wellbeing, ...]  # those that are configured
    waiting: int
    dead: int
    last_alert: datetime | None  # when one was last sent


def message(connection: Connection, key: str) -> Enquiry | None:
    """Return what was written down about a message."""
    rows = connection.execute(chosen().where(outbox.c.key == key)).all()
    if not rows:
        return None
    origin = origin_of(key)  # a copy for the fallback tells what its original does
    decided = connection.execute(
        select(verdict).where(verdict.c.delivery == origin).order_by(verdict.c.severity.desc(), verdict.c.rule)
    )
    steps = connection.execute(select(delivery_log).where(delivery_log.c.key == key).order_by(delivery_log.c.id))
    return Enquiry(
        delivery=assemble(connection, rows)[0],
        grounds=tuple(Ground(rule=row.rule, reason=row.reason, says=row.says, route=row.route) for row in decided),
        steps=tuple(Step(at=row.at, state=row.state, reason=row.reason, detail=row.detail) for row in steps),
        acknowledged=acknowledgement(connection, origin),
        votes=votes(connection, rows[0].story_id) if rows[0].story_id else {},
    )


def standing_at(connection: Connection, receipt: Receipt) -> str | None:
    """Return the key of the message that stands there."""
    there = (outbox.c.receipt_message == receipt.message, outbox.c.receipt_channel == receipt.channel)
    key: str | None = connection.scalar(select(outbox.c.key).where(*there).limit(1))
    return key


def glance(connection: Connection, now: datetime) -> Glance:
    """Count what the home page shows."""
    count = (
        select(story.c.source_id, func.count().label("fresh"))
        .where(story.c.seen > now - DAY)
        .group_by(story.c.source_id)
        .subquery()
    )
    rows = connection.execute(
        select(source, CONDITION, func.coalesce(count.c.fresh, 0).label("fresh"))
        .outerjoin(count, count.c.source_id == source.c.id)
        .where(source.c.enabled)
        .order_by(source.c.id)
    )
    sources = tuple(
        Wellbeing(
            name=row.name,
            condition=row.condition,
            reason=row.last_reason or "",
            detail=row.last_detail or "",
            last_ok=row.last_ok,
            fresh=row.fresh,
        )
        for row in rows
    )
    counts = connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state))
    states = {State(state): count for state, count in counts}
    sent = select(func.max(outbox.c.changed)).where(outbox.c.state == State.SENT, outbox.c.story_id.is_not(None))
    return Glance(
        sources=sources,
        waiting=sum(states.get(state, 0) for state in (*WAITING, State.SENDING)),
        dead=states.get(State.DEAD, 0),
        last_alert=connection.scalar(sent),
    )
