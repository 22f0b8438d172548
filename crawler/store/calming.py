"""Writes what a plan changes about channels: bulletins, what they list, storms, digests and escalations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, literal, select, update

from alerts.bulletin import encode
from alerts.notify.fallback import copy_of
from alerts.outbox import FINAL, State
from crawler.store import escalations, health
from crawler.store.calm_plan import UNFOLDED
from crawler.store.schema import Instant, delivery_log, digest, outbox, storm, verdict

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from alerts.routing.storm import Storm
    from crawler.store.calm_plan import CalmPlan, Carried, Folded, NewBulletin, ToldDigest

_SHOWN = (State.SENDING, State.UNCLEAR, State.SENT)


def write(connection: Connection, plan: CalmPlan) -> None:
    """Write all of it, in this order."""
    for bulletin in plan.bulletins:
        publish(connection, bulletin)
    for carried in plan.carried:
        _carry(connection, carried)
    for folded in plan.folded:
        _fold(connection, folded)
    for channel, weather in plan.storms:
        _keep(connection, channel, weather)
    for told in plan.digests:
        _remember(connection, told)
    escalations.write(connection, plan.escalated)
    health.write(connection, plan.reports)


def publish(connection: Connection, one: NewBulletin) -> None:
    """Queue a bulletin, or let the one with its key, and its copy for the fallback, say something else from now on."""
    content = encode(one.content)
    same = outbox.c.key.in_((one.key, copy_of(one.key)))
    rows = connection.execute(select(outbox.c.key, outbox.c.state).where(same)).all()
    if not rows:
        connection.execute(insert(outbox), _row(one, content))
    for row in rows:
        values: dict[str, Any] = {"content": content, "severity": int(one.content.severity)}
        if row.state in _SHOWN:
            due = func.coalesce(outbox.c.edit_due, literal(one.at, Instant))
            values |= {"edit_due": due, "edit_why": one.content.title, "revision": outbox.c.revision + 1}
        connection.execute(update(outbox).where(outbox.c.key == row.key).values(values))


def _row(one: NewBulletin, content: dict[str, Any]) -> dict[str, Any]:
    return {
        "key": one.key,
        "group_id": 0,
        "story_id": None,
        "version": 0,
        "channel": one.content.channel,
        "severity": int(one.content.severity),
        "state": State.PENDING,
        "reason": "queued",
        "detail": "",
        "queued": one.at,
        "changed": one.at,
        "not_before": one.at,
        "attempts": 0,
        "looks": 0,
        "resent": False,
        "rung": 0,
        "parent": one.parent,
        "content": content,
    }


def _carry(connection: Connection, one: Carried) -> None:
    which = (verdict.c.story_id == one.story) & (verdict.c.version == one.version)
    which &= (verdict.c.rule == one.rule) & (verdict.c.channel == one.channel)
    connection.execute(update(verdict).where(which).values(delivery=one.delivery))


def _fold(connection: Connection, one: Folded) -> None:
    """Take messages from the queue that nobody has begun to send."""
    values = {"state": State.FOLDED, "reason": "storm", "detail": one.why, "folded_into": one.storm}
    free = outbox.c.key.in_(one.keys) & outbox.c.state.not_in((*FINAL, *_SHOWN))
    gone = set(
        connection.scalars(
            update(outbox).where(free).values(values | {"changed": one.at, "not_before": None}).returning(outbox.c.key)
        )
    )
    line = {"at": one.at, "state": State.FOLDED, "reason": "storm", "detail": one.why}
    if gone:
        connection.execute(insert(delivery_log), [line | {"key": key} for key in one.keys if key in gone])


def _keep(connection: Connection, channel: str, one: Storm | None) -> None:
    connection.execute(delete(storm).where(storm.c.channel == channel))
    if one is None:
        return
    values = {
        "channel": channel,
        "key": one.key,
        "since": one.since,
        "stormy": one.stormy,
        "rules": None if one.rules is None else sorted(one.rules),
        "shown": one.shown,
        "written": one.written,
        "why": one.why,
    }
    connection.execute(insert(storm), values)


def _remember(connection: Connection, told: ToldDigest) -> None:
    connection.execute(delete(digest).where(digest.c.name == told.name))
    connection.execute(insert(digest), {"name": told.name, "day": told.day.isoformat(), "until": told.until})


def unfold(connection: Connection, storm_key: str, now: datetime) -> list[str]:
    """Let the messages that a storm's message lists be sent by themselves after all; returns their keys."""
    values = {"state": State.PENDING, "reason": UNFOLDED, "detail": "", "folded_into": None, "not_before": now}
    keys = connection.scalars(
        update(outbox)
        .where(outbox.c.folded_into == storm_key, outbox.c.state == State.FOLDED)
        .values(values | {"changed": now})
        .returning(outbox.c.key)
    ).all()
    line = {"at": now, "state": State.PENDING, "reason": UNFOLDED, "detail": ""}
    if keys:
        connection.execute(insert(delivery_log), [line | {"key": key} for key in keys])
    return list(keys)
