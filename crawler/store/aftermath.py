"""What became of messages after they were queued: the storm that lists one, and those to whom it escalated."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from alerts.notify.fallback import escalated_key, origin_of
from alerts.outbox import State
from crawler.store.deeds import Acknowledged, acknowledgement
from crawler.store.escalations import REASON
from crawler.store.schema import delivery_log, outbox

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The message of a storm that lists another."""

    key: str
    state: State
    why: str  # it was a storm
    at: datetime | None  # when it took the other


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """A channel that was told that nobody acknowledged a message."""

    key: str  # of the copy that it got
    channel: str
    state: State
    why: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath:
    """What became of one message."""

    storm: Listing | None = None
    escalations: tuple[Escalation, ...] = ()  # the first first
    acknowledged: Acknowledged | None = None


def aftermath(connection: Connection, keys: Collection[str]) -> Mapping[str, Aftermath]:
    """Return what became of messages, by their keys."""
    storms = _storms(connection, keys)
    escalated = _escalations(connection, keys)
    return {
        key: Aftermath(
            storm=storms.get(key),
            escalations=tuple(escalated[origin_of(key)]),
            acknowledged=acknowledgement(connection, key),
        )
        for key in keys
    }


def _storms(connection: Connection, keys: Collection[str]) -> dict[str, Listing]:
    listing = outbox.alias("listing")
    taken = (
        select(func.max(delivery_log.c.at))
        .where(delivery_log.c.key == outbox.c.key, delivery_log.c.state == State.FOLDED)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(outbox.c.key, outbox.c.detail, listing.c.key.label("into"), listing.c.state, taken.label("at"))
        .join(listing, listing.c.key == outbox.c.folded_into)
        .where(outbox.c.key.in_(keys))
    )
    return {row.key: Listing(key=row.into, state=State(row.state), why=row.detail, at=row.at) for row in rows}


def _escalations(connection: Connection, keys: Collection[str]) -> dict[str, list[Escalation]]:
    """Return the copies that messages have for those to whom they escalate; the key of a copy begins with its own."""
    found: dict[str, list[Escalation]] = defaultdict(list)
    for origin in {origin_of(key) for key in keys}:
        first = escalated_key(origin, "")
        rows = connection.execute(
            select(outbox.c.key, outbox.c.channel, outbox.c.state, delivery_log.c.detail, delivery_log.c.at)
            .join(delivery_log, (delivery_log.c.key == outbox.c.key) & (delivery_log.c.reason == REASON))
            .where(outbox.c.key > first, outbox.c.key < f"{first}\U0010ffff")
            .order_by(delivery_log.c.id)
        )
        found[origin] += [
            Escalation(key=row.key, channel=row.channel, state=State(row.state), why=row.detail, at=row.at)
            for row in rows
        ]
    return found
