"""Messages that nobody acknowledged: their copies for those who must be told so."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, insert, select

from alerts.notify.fallback import escalated_key, origin_of
from alerts.outbox import State
from crawler.store.schema import delivery_log, outbox

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import Connection

    from crawler.store.calm_plan import Escalated

REASON = "escalated"
_KEPT = ("group_id", "story_id", "version", "severity", "style", "template")  # of a message, what its copy has as well

_TOLD = (
    select(outbox.c.key, outbox.c.channel)
    .join(delivery_log, delivery_log.c.key == outbox.c.key)
    .where(outbox.c.key >= bindparam("oldest"), delivery_log.c.key >= bindparam("oldest"))  # a copy's begins with it
    .where(delivery_log.c.reason == REASON, outbox.c.key.contains("."))
)


def channels_of(connection: Connection, keys: Collection[str]) -> Mapping[str, set[str]]:
    """Return the channels that were told already that nobody acknowledged a message, by its key."""
    if not keys:
        return {}
    found: dict[str, set[str]] = defaultdict(set)
    for key, channel in connection.execute(_TOLD, {"oldest": min(keys)}):
        if (origin := origin_of(key)) in keys:
            found[origin].add(channel)
    return found


def write(connection: Connection, escalated: Sequence[Escalated]) -> None:
    """Queue the copies, each once, and log why with both messages."""
    for one in escalated:
        row = connection.execute(select(outbox).where(outbox.c.key == one.key)).one()
        key = escalated_key(one.key, one.to)
        if connection.scalar(select(outbox.c.key).where(outbox.c.key == key)) is not None:
            continue
        why = f"{one.why} in {row.channel}"
        values = {name: getattr(row, name) for name in _KEPT}
        values |= {"key": key, "channel": one.to, "state": State.PENDING, "reason": REASON, "detail": why}
        values |= {"queued": one.at, "changed": one.at, "not_before": one.at, "attempts": 0, "looks": 0}
        connection.execute(insert(outbox), values | {"resent": False, "rung": 0})
        told = {"at": one.at, "reason": REASON}
        lines = [
            told | {"key": one.key, "state": row.state, "detail": f"{one.to} is told: {why}"},
            told | {"key": key, "state": State.PENDING, "detail": why},
        ]
        connection.execute(insert(delivery_log), lines)


def remarks(connection: Connection, keys: Collection[str]) -> dict[str, str]:
    """Return what the copies among some messages say of their way."""
    copies = [key for key in keys if "." in key]
    if not copies:
        return {}
    rows = connection.execute(
        select(delivery_log.c.key, delivery_log.c.detail, outbox.c.channel)
        .join(outbox, outbox.c.key == delivery_log.c.key)
        .where(delivery_log.c.key.in_(copies), delivery_log.c.reason == REASON)
    )
    return {row.key: row.detail for row in rows}
