"""What the console shows of the store: a page at a time by keys, and never a count of a whole table."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from alerts.outbox import Receipt, State
from crawler.ids import STORY_TAIL, ULID_EPOCH, earliest, earliest_delivery
from crawler.store import space
from crawler.store.deliveries import EVERYBODY, WAITING, assemble, chosen
from crawler.store.health import reported
from crawler.store.ledger import Latency
from crawler.store.reports import CONDITION, DeliveryStatus, Hold
from crawler.store.schema import HEAD, hold, outbox, page, poll_log, report, source, story, story_version, verdict
from crawler.store.standings import standing
from crawler.store.versions import newest

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import Connection, Row

    from alerts.story import Story
    from crawler.store.health_plan import Reported
    from crawler.visits.standing import Standing

DAY = timedelta(days=1)
OPEN = (*WAITING, State.SENDING)
_ID_DAY = 86_400_000 << STORY_TAIL  # what a day adds to a story's id


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLine:
    """One source in the list of all, with what the last day brought."""

    id: str
    name: str
    url: str
    kind: str
    tier: int
    country: str | None
    type: str | None
    condition: str  # see crawler.store.reports.SourceStatus
    last_at: datetime | None
    last_ok: datetime | None
    last_reason: str | None
    last_detail: str | None
    next_due: datetime | None  # None: it is visited no more
    next_why: str
    standing: Standing
    fresh: int  # stories of the last 24 h
    latency: Latency | None  # of these


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One version of a story, without its text."""

    version: int
    at: datetime
    title: str
    language: str | None
    rules: str  # the revision that judged it
    length: int  # characters of its text


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """What waits, and how far behind it all is."""

    sources: Mapping[str, int]  # by condition
    outbox: Mapping[State, int]  # those that are not final, and the dead ones
    sent: int  # of those queued in the last 24 h
    oldest_waiting: datetime | None
    last_alert: datetime | None  # when the newest one was queued
    pages_due: int
    visit_due: datetime | None  # of the source that has waited longest, where one is overdue
    last_visit: datetime | None
    holds: tuple[Hold, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What the database takes, in bytes."""

    used: int
    free: int  # inside the file, to be used again
    schema: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """What a rule found by day, the oldest first."""

    rule: str
    days: tuple[int, ...]  # stories

    @property
    def total(self) -> int:
        """Stories in all days together."""
        return sum(self.days)


def deliveries(
    connection: Connection, *, states: frozenset[State], below: str | None, limit: int, about: bool | None = None
) -> list[DeliveryStatus]:
    """Return deliveries, the newest first; with ``about`` only those about a story, or only those about none."""
    query = chosen().order_by(outbox.c.key.desc()).limit(limit)
    if states and states <= {State.DEAD, State.UNCLEAR, State.SENDING, State.PENDING}:
        query = query.where(outbox.c.state.in_(states))
    elif states:  # most are sent: the way by the key finds some sooner than the index of the states sorts them all
        query = query.where(func.coalesce(outbox.c.state, "").in_(states))
    if below is not None:
        query = query.where(outbox.c.key < below)
    if about is not None:
        query = query.where(outbox.c.story_id.is_not(None) if about else outbox.c.story_id.is_(None))
    rows = connection.execute(query).all()
    return [_status(row, delivery) for row, delivery in zip(rows, assemble(connection, rows), strict=True)]


def _status(row: Row[Any], delivery: Any) -> DeliveryStatus:
    receipt = row.receipt_message and Receipt(channel=row.receipt_channel, message=row.receipt_message)
    return DeliveryStatus(
        delivery=delivery,
        reason=row.reason,
        detail=row.detail,
        changed=row.changed,
        not_before=row.not_before,
        receipt=receipt or None,
    )


def sources(connection: Connection, now: datetime) -> list[SourceLine]:
    """Return every source that was ever configured, by id."""
    rows = connection.execute(select(source, CONDITION).order_by(source.c.id)).all()
    recent = _recent(connection, now)
    return [_source(row, recent.get(row.id, [])) for row in rows]


def _recent(connection: Connection, now: datetime) -> dict[str, list[tuple[datetime | None, datetime, bool]]]:
    """Return when the stories of the last day were published and seen, and whether a first visit found them."""
    query = (
        select(story.c.source_id, story.c.published, story.c.seen, (story.c.seen <= source.c.first_read).label("old"))
        .join(source, source.c.id == story.c.source_id)
        .where(story.c.seen > now - DAY)
    )
    found: dict[str, list[tuple[datetime | None, datetime, bool]]] = defaultdict(list)
    for name, published, seen, old in connection.execute(query):
        found[name].append((published, seen, bool(old)))
    return found


def _source(row: Row[Any], recent: Sequence[tuple[datetime | None, datetime, bool]]) -> SourceLine:
    how = standing(row)
    late = sorted(max(seen - published, timedelta(0)) for published, seen, old in recent if published and not old)
    return SourceLine(
        id=row.id,
        name=row.name,
        url=row.url,
        kind=row.kind,
        tier=row.tier,
        country=row.country,
        type=row.type,
        condition=row.condition,
        last_at=row.last_at,
        last_ok=row.last_ok,
        last_reason=row.last_reason,
        last_detail=row.last_detail,
        next_due=None if how.given_up or not row.enabled else row.next_due,
        next_why=row.next_why,
        standing=how,
        fresh=len(recent),
        latency=Latency(p50=_share(late, 0.5), p95=_share(late, 0.95), stories=len(late)) if late else None,
    )


def _share(ordered: Sequence[timedelta], share: float) -> timedelta:
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def editions(connection: Connection, story_id: int) -> list[Edition]:
    """Return the versions of a story, the oldest first."""
    columns = [story_version.c[name] for name in ("version", "at", "title", "language", "rules")]
    query = select(*columns, func.length(story_version.c.text).label("length"))
    rows = connection.execute(query.where(story_version.c.story_id == story_id).order_by(story_version.c.version))
    return [Edition(**row._mapping) for row in rows]  # noqa: SLF001 -- SQLAlchemy's public name for a row as a mapping


def touched(connection: Connection, *, stories: Collection[int]) -> dict[int, datetime]:
    """Return when the newest version of each story came."""
    columns = story_version.c.story_id, func.max(story_version.c.at)
    query = select(*columns).where(story_version.c.story_id.in_(stories)).group_by(story_version.c.story_id)
    return {number: at for number, at in connection.execute(query)}  # noqa: C416 -- a row is no pair to mypy


def matches(connection: Connection, *, rule: str | None, below: int | None, limit: int) -> list[Story]:
    """Return the newest stories that a rule, or any, holds for: in their newest version, the newest first."""
    query = select(verdict.c.story_id).distinct().order_by(verdict.c.story_id.desc()).limit(limit)
    if rule is not None:
        query = query.where(verdict.c.rule == rule)
    if below is not None:
        query = query.where(verdict.c.story_id < below)
    ids = list(connection.scalars(query))
    found = {one.id: one for one in newest(connection, story.c.id.in_(ids))}
    return [found[one] for one in ids if one in found]


def volumes(connection: Connection, rules: Collection[str], days: int, now: datetime) -> dict[str, Volume]:
    """Count the stories that rules found in the last days, which end at ``now``."""
    first = earliest(now) - days * _ID_DAY
    day = ((verdict.c.story_id - first) // _ID_DAY).label("day")
    found: dict[str, list[int]] = {rule: [0] * days for rule in rules}
    for rule in rules:  # one by one, or SQLite reads the whole table: each has its stretch of the index
        of = (verdict.c.rule == rule, verdict.c.story_id >= first)
        query = select(day, func.count(verdict.c.story_id.distinct())).where(*of).group_by(day)
        for number, count in connection.execute(query):
            found[rule][min(int(number), days - 1)] += count
    return {rule: Volume(rule=rule, days=tuple(counts)) for rule, counts in found.items()}


def gauge(connection: Connection, now: datetime) -> Gauge:
    """Return what waits."""
    conditions = connection.execute(select(CONDITION, func.count()).select_from(source).group_by(CONDITION))
    watched = (*OPEN, State.DEAD)
    states = connection.execute(
        select(outbox.c.state, func.count()).where(outbox.c.state.in_(watched)).group_by(outbox.c.state)
    )
    of_today = outbox.c.key >= earliest_delivery(max(now - DAY, ULID_EPOCH))
    unindexed = func.coalesce(outbox.c.state, "") == State.SENT
    alert = select(outbox.c.queued).where(outbox.c.story_id.is_not(None)).order_by(outbox.c.key.desc()).limit(1)
    return Gauge(
        sources={condition: number for condition, number in conditions},  # noqa: C416 -- rows are no pairs to mypy
        outbox=dict.fromkeys(watched, 0) | {State(state): count for state, count in states},
        sent=connection.scalar(select(func.count()).select_from(outbox).where(of_today, unindexed)) or 0,
        oldest_waiting=connection.scalar(select(func.min(outbox.c.queued)).where(outbox.c.state.in_(OPEN))),
        last_alert=connection.scalar(alert),
        pages_due=connection.scalar(select(func.count()).select_from(page).where(page.c.next_due.is_not(None))) or 0,
        visit_due=connection.scalar(
            select(func.min(source.c.next_due)).where(
                source.c.enabled, source.c.given_up.is_(False), source.c.next_due <= now
            )
        ),
        last_visit=connection.scalar(select(poll_log.c.at).order_by(poll_log.c.id.desc()).limit(1)),
        holds=tuple(
            Hold(channel=None if row.channel == EVERYBODY else row.channel, until=row.until, reason=row.reason)
            for row in connection.execute(select(hold).where(hold.c.until > now).order_by(hold.c.channel))
        ),
    )


def size(connection: Connection) -> Size:
    """Return what the database takes."""
    used, free = space.taken(connection)
    return Size(used=used, free=free, schema=HEAD)


def troubles(connection: Connection) -> list[Reported]:
    """Return what people were told last of each subject, the newest first."""
    query = select(report).order_by(report.c.changed.desc())
    return [reported(row) for row in connection.execute(query)]
