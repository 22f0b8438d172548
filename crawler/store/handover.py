"""Messages that a way out refuses, and their copies for the fallback."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, insert, or_, select

from alerts.health import Refusal
from alerts.notify.fallback import (
    COPY_SUFFIX,
    PATIENCE,
    REFUSALS,
    Waiting,
    copy_of,
    handings,
    kept_by,
    refused_since,
    unreached,
)
from alerts.outbox import State, way_of
from alerts.story import Severity
from crawler.store.schema import delivery_log, hold, outbox, verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from alerts.notify.fallback import Handing

_WAITING = (State.PENDING, State.UNCLEAR)
_KEPT = ("group_id", "story_id", "version", "severity", "note", "style", "template", "content")  # its copy's as well
_OF_ROUTE = ("route-refused", "look-failed")
# What a try leads to where nobody is there; a wait that the other side asks for is none of it.
_NOBODY = or_(
    delivery_log.c.reason.in_(("unclear", "look-failed")) & ~delivery_log.c.detail.startswith("ratelimited"),
    (delivery_log.c.reason == "try-later") & delivery_log.c.detail.startswith("not-connected"),
)
_TRIED = or_(delivery_log.c.reason.in_(REFUSALS), _NOBODY)
REASON = "fallback"

_elsewhere = verdict.alias("elsewhere")


def hand_over(connection: Connection, to: str, now: datetime) -> list[str]:
    """Queue a copy of what ``handings`` chooses for the notifier ``to``, each once, and return the original's keys.

    What ``to`` hears by the same rules anyway is left out.
    """
    held = connection.scalars(select(hold.c.channel).where(hold.c.refused, hold.c.until > now)).all()
    waiting = _waiting(connection)
    away = _away(connection, waiting, now)
    handed = []
    for one in handings(unreached(waiting, away), {channel or None for channel in held} | away.keys(), to, now):
        row = connection.execute(select(outbox).where(outbox.c.key == one.key)).one()
        if not _is_copied(connection, one.key) and not _is_told(connection, one.key, to):
            _copy(connection, row, one, to, now)
            handed.append(one.key)
    return handed


def refusals(connection: Connection, now: datetime) -> list[Refusal]:
    """Return which ways out refuse what waits for them or cannot be reached, since when, and what they say."""
    rows = connection.execute(select(hold).where(hold.c.refused).order_by(hold.c.channel)).all()
    waiting = _waiting(connection)
    found: list[Refusal] = []
    for row in rows:
        channel = row.channel or None
        since = refused_since(waiting, channel)
        if since is not None and since <= now:
            number = sum(kept_by(one.channel, channel) for one in waiting)
            found.append(Refusal(channel=channel, since=since, reason=row.reason, waiting=number))
    for way, since in _away(connection, waiting, now).items():
        mine = [one for one in waiting if way_of(one.channel) == way]
        if not any(kept_by(one.channel, refusal.channel) for one in mine for refusal in found):
            reason = _last_words(connection, mine)
            found.append(Refusal(channel=way, since=since, reason=reason, waiting=len(mine), answers=False))
    return found


def remarks(connection: Connection, keys: Sequence[str]) -> dict[str, str]:
    """Return what messages say of their way: those that were copied, and the copies."""
    partners = {copy_of(key): key for key in keys}
    partners |= {key.removesuffix(COPY_SUFFIX): key for key in keys if key.endswith(COPY_SUFFIX)}
    rows = connection.execute(select(outbox.c.key, outbox.c.channel, outbox.c.queued).where(outbox.c.key.in_(partners)))
    return {partners[key]: _remark(key, channel, queued) for key, channel, queued in rows}


def _remark(partner: str, channel: str, queued: datetime) -> str:
    if partner.endswith(COPY_SUFFIX):
        return f"also handed to {channel} at {queued:%Y-%m-%d %H:%M} UTC, while messages were refused here"
    return f"meant for {channel}, which refuses messages; it follows there when it takes them again"


def _waiting(connection: Connection) -> list[Waiting]:
    rows = connection.execute(
        select(
            outbox.c.key,
            outbox.c.channel,
            outbox.c.severity,
            func.min(case((delivery_log.c.reason.in_(REFUSALS), delivery_log.c.at))).label("refused"),
            func.min(case((delivery_log.c.reason.in_(_OF_ROUTE), delivery_log.c.at))).label("route_refused"),
            func.min(case((_NOBODY, delivery_log.c.at))).label("failed"),
        )
        .outerjoin(delivery_log, (delivery_log.c.key == outbox.c.key) & _TRIED)
        .where(outbox.c.state.in_(_WAITING))
        .group_by(outbox.c.key, outbox.c.channel, outbox.c.severity, outbox.c.queued)
        .order_by(outbox.c.queued, outbox.c.key)
    )
    return [
        Waiting(
            key=row.key,
            channel=row.channel,
            severity=Severity(row.severity),
            refused=row.refused,
            route_refused=row.route_refused,
            failed=row.failed,
        )
        for row in rows
    ]


def _away(connection: Connection, waiting: Sequence[Waiting], now: datetime) -> dict[str | None, datetime]:
    """Return the ways out that nothing has got through for PATIENCE, though it was tried, and since when."""
    since: dict[str | None, datetime] = {}
    for one in waiting:
        if one.failed is not None:
            way = way_of(one.channel)
            since[way] = min(since.get(way, one.failed), one.failed)
    since = {way: moment for way, moment in since.items() if now - moment >= PATIENCE}
    if not since:
        return {}
    shown = connection.execute(
        select(outbox.c.channel, func.max(outbox.c.changed))
        .where(outbox.c.state == State.SENT, outbox.c.changed >= min(since.values()))
        .group_by(outbox.c.channel)
    ).all()
    last = {way: max((at for channel, at in shown if way_of(channel) == way), default=None) for way in since}
    return {way: moment for way, moment in since.items() if (at := last[way]) is None or at < moment}


def _last_words(connection: Connection, waiting: Sequence[Waiting]) -> str:
    """Return what came of the last try of messages that wait."""
    lines = (
        select(delivery_log.c.detail)
        .where(delivery_log.c.key.in_([one.key for one in waiting]), _NOBODY)
        .order_by(delivery_log.c.id.desc())
    )
    return connection.scalar(lines.limit(1)) or "no answer"


def _is_copied(connection: Connection, key: str) -> bool:
    return connection.scalar(select(outbox.c.key).where(outbox.c.key == copy_of(key))) is not None


def _is_told(connection: Connection, key: str, to: str) -> bool:
    """Return whether every rule of a message tells ``to`` of the same text by itself."""
    told = (
        select(_elsewhere.c.rule)
        .where(_elsewhere.c.group_id == verdict.c.group_id, _elsewhere.c.rule == verdict.c.rule)
        .where(_elsewhere.c.channel == to, _elsewhere.c.delivery.is_not(None))
    )
    rules = connection.execute(
        select(verdict.c.rule, told.exists().label("told")).where(verdict.c.delivery == key)
    ).all()
    return bool(rules) and all(row.told for row in rules)


def _copy(connection: Connection, row: Row[Any], one: Handing, to: str, now: datetime) -> None:
    values = {name: getattr(row, name) for name in _KEPT}
    values |= {"key": copy_of(one.key), "channel": to, "state": State.PENDING, "reason": REASON, "detail": one.reason}
    values |= {"queued": now, "changed": now, "not_before": now, "attempts": 0, "looks": 0, "resent": False, "rung": 0}
    connection.execute(insert(outbox), values)
    lines = [
        {
            "key": one.key,
            "at": now,
            "state": row.state,
            "reason": REASON,
            "detail": f"also handed to {to}: {one.reason}",
        },
        {"key": copy_of(one.key), "at": now, "state": State.PENDING, "reason": REASON, "detail": one.reason},
    ]
    connection.execute(insert(delivery_log), lines)
