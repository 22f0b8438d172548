"""The ledger: what each source has brought, when, how late, and what went missing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from crawler.store import gaps
from crawler.store.reports import CONDITION, Pages, PageStatus, last_failed_page, pages
from crawler.store.schema import host, poll_log, source, story
from crawler.store.standings import standing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Row

    from crawler.store.gaps import GapLine
    from crawler.visits.standing import Standing

WINDOW = timedelta(days=7)  # for which stories and pages are counted and lateness is measured
VISITS = 20
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """From publication, as the source dates it, to the visit that found the story."""

    p50: timedelta
    p95: timedelta
    stories: int  # dated ones, found by a visit after the first


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """How one source does, and what it brings."""

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
    every: timedelta | None
    cron: str | None
    rate: float | None  # stories an hour that are expected now; None: nothing learnt yet
    new_a_day: float | None  # None: watched for less than a day
    stories: int
    latency: Latency | None
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitLine:
    """One visit, as the poll log has it."""

    at: datetime
    answer: str
    reason: str
    detail: str
    status: int | None
    elapsed: timedelta
    size: int  # bytes
    new: int
    changed: int
    seen: int
    alerts: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """All that is known of one source."""

    account: Account
    profile: tuple[float, ...]  # how busy each UTC hour is against the mean
    etag: str | None
    last_modified: str | None
    first_read: datetime | None
    holds: Mapping[str, tuple[datetime, str]]  # hosts that want to be left alone: until when, and why
    visits: tuple[VisitLine, ...]  # the newest first
    pages: Pages  # of its stories, in WINDOW
    failed_page: PageStatus | None  # the last that was given up
    filled: tuple[GapLine, ...] = ()  # its last gaps, and what was found of what it had missed


def accounts(connection: Connection, now: datetime, only: str | None = None) -> list[Account]:
    """Return the account of every source that was ever configured, or of one, by id."""
    query = select(source, CONDITION).order_by(source.c.id)
    rows = connection.execute(query if only is None else query.where(source.c.id == only)).all()
    totals = _totals(connection, only)
    recent = _recent(connection, now, only)
    return [_account(row, totals.get(row.id, 0), recent.get(row.id, ()), now) for row in rows]


def dossier(connection: Connection, name: str, now: datetime) -> Dossier | None:
    """Return all that is known of one source; None when there is no such source."""
    found = accounts(connection, now, name)
    if not found:
        return None
    row = connection.execute(select(source).where(source.c.id == name)).one()
    holds = connection.execute(select(host).where(host.c.held_until > now))
    return Dossier(
        account=found[0],
        profile=found[0].standing.rhythm.profile(),
        etag=row.etag,
        last_modified=row.last_modified,
        first_read=row.first_read,
        holds={one.name: (one.held_until, one.reason) for one in holds},
        visits=tuple(visit_line(one) for one in _log(connection, name)),
        pages=pages(connection, now - WINDOW, name),
        failed_page=last_failed_page(connection, name),
        filled=tuple(gaps.lines(connection, name)),
    )


def _account(row: Row[Any], stories: int, recent: Sequence[tuple[datetime | None, datetime]], now: datetime) -> Account:
    how = standing(row)
    watched = None if row.first_read is None else min(now - row.first_read, WINDOW)
    return Account(
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
        every=None if row.every_ms is None else timedelta(milliseconds=row.every_ms),
        cron=row.cron,
        rate=how.rhythm.rate_at(now) if how.rhythm.learnt else None,
        new_a_day=len(recent) / (watched / _DAY) if watched is not None and watched >= _DAY else None,
        stories=stories,
        latency=_latency([seen - published for published, seen in recent if published is not None]),
        standing=how,
    )


def _totals(connection: Connection, only: str | None) -> dict[str, int]:
    query = select(story.c.source_id, func.count()).group_by(story.c.source_id)
    if only is not None:
        query = query.where(story.c.source_id == only)
    return {row[0]: row[1] for row in connection.execute(query)}


def _recent(
    connection: Connection, now: datetime, only: str | None
) -> dict[str, list[tuple[datetime | None, datetime]]]:
    """Return when the stories of late were published and seen, without those that a first visit found."""
    query = (
        select(story.c.source_id, story.c.published, story.c.seen)
        .join(source, source.c.id == story.c.source_id)
        .where(story.c.seen > now - WINDOW, story.c.seen > source.c.first_read)
    )
    if only is not None:
        query = query.where(story.c.source_id == only)
    found: dict[str, list[tuple[datetime | None, datetime]]] = defaultdict(list)
    for name, published, seen in connection.execute(query):
        found[name].append((published, seen))
    return found


def _latency(late: list[timedelta]) -> Latency | None:
    """Return the median and the 95th percentile; a story that is dated after it was seen was not late at all."""
    if not late:
        return None
    ordered = sorted(max(one, timedelta(0)) for one in late)
    return Latency(p50=_share(ordered, 0.5), p95=_share(ordered, 0.95), stories=len(ordered))


def _share(ordered: Sequence[timedelta], share: float) -> timedelta:
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def _log(connection: Connection, name: str) -> Sequence[Row[Any]]:
    query = select(poll_log).where(poll_log.c.source_id == name).order_by(poll_log.c.id.desc()).limit(VISITS)
    return connection.execute(query).all()


def visit_line(row: Row[Any]) -> VisitLine:
    """Return a visit as a row of the poll log has it."""
    return VisitLine(
        at=row.at,
        answer=row.answer,
        reason=row.reason,
        detail=row.detail,
        status=row.status,
        elapsed=timedelta(milliseconds=row.elapsed_ms),
        size=row.size,
        new=row.new,
        changed=row.changed,
        seen=row.seen,
        alerts=row.alerts,
        notes=tuple(row.notes),
    )
