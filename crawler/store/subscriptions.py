"""Subscriptions in the database, and the visits that pushes cause."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text, delete, func, insert, select, update

from crawler.store.schema import Instant, metadata, source
from crawler.visits.subscription import Ask, Offer, Subscription

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection, Row

subscription = Table(
    "subscription",
    metadata,
    Column("path", Text, primary_key=True),
    Column("source_id", Text, ForeignKey("source.id"), nullable=False),
    Column("hub", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("callback", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("wanted", Boolean, nullable=False),
    Column("asking", Text, nullable=False),  # what the hub has not confirmed yet; "": nothing
    Column("until", Instant),  # the end of the lease; NULL: there is none
    Column("next_at", Instant, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("trouble", Text, nullable=False),
    Column("pushed", Instant),
    Column("pushes", Integer, nullable=False),
    Column("looked", Instant),
    Column("look_at", Instant),
    Index("subscription_source", "source_id"),
)

_COLUMNS = tuple(field.name for field in fields(Subscription) if field.name != "source")


def load(connection: Connection) -> list[Subscription]:
    """Return all subscriptions."""
    return [_subscription(row) for row in connection.execute(select(subscription).order_by(subscription.c.path))]


def keep(connection: Connection, kept: Subscription) -> None:
    """Keep a subscription, in place of what was kept of it."""
    values: dict[str, Any] = {name: getattr(kept, name) for name in _COLUMNS}
    written = connection.execute(update(subscription).where(subscription.c.path == kept.path).values(values))
    if not written.rowcount:
        connection.execute(insert(subscription), values | {"source_id": kept.source})


def drop(connection: Connection, path: str | None) -> int:
    """Forget one subscription, or with None all of them, and say how many."""
    which = delete(subscription) if path is None else delete(subscription).where(subscription.c.path == path)
    return connection.execute(which).rowcount


def offers(connection: Connection) -> list[Offer]:
    """Return the sources that are visited and whose documents name a hub; without a topic it is their address."""
    rows = connection.execute(
        select(source.c.id, source.c.hub, source.c.topic, source.c.url)
        .where(source.c.enabled, source.c.given_up.is_(False), source.c.hub.is_not(None))
        .order_by(source.c.id)
    )
    return [Offer(source=row.id, hub=row.hub, topic=row.topic or row.url) for row in rows]


def visit_soon(connection: Connection, name: str, now: datetime) -> bool:
    """Make a source due now; not one that fails, for a server may have asked to be left alone."""
    connection.execute(
        update(source)
        .where(source.c.id == name, source.c.enabled, source.c.given_up.is_(False), source.c.failures == 0)
        .where(source.c.next_due > now)
        .values(next_due=now, next_why="its hub says that it has news")
    )
    return connection.scalar(select(source.c.next_due <= now).where(source.c.id == name)) is True


def pushed(connection: Connection, names: Collection[str], now: datetime) -> dict[str, datetime]:
    """Return when the last push came, of those of these sources that a hub has promised to tell of."""
    if connection.scalar(select(subscription.c.path).limit(1)) is None:
        return {}
    rows = connection.execute(
        select(subscription.c.source_id, func.max(subscription.c.pushed, type_=subscription.c.pushed.type).label("at"))
        .where(subscription.c.source_id.in_(names), subscription.c.wanted, subscription.c.until > now)
        .group_by(subscription.c.source_id)
    )
    return {row.source_id: row.at for row in rows if row.at is not None}


def _subscription(row: Row[Any]) -> Subscription:
    values = {name: getattr(row, name) for name in _COLUMNS}
    return Subscription(**values | {"source": row.source_id, "asking": Ask(row.asking)})
