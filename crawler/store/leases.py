"""Leases: what one worker at a time has, until a moment that it puts off as long as it lives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, cast, func, literal, or_, select, type_coerce, update

from crawler.store.base import insert_or
from crawler.store.lease_tables import lease
from crawler.store.schema import Instant

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

SHARD = "shard:"  # begins the name of a shard's lease


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Who has what."""

    name: str
    holder: str  # the id of a worker
    token: int
    since: datetime
    until: datetime


def take(connection: Connection, name: str, holder: str, length: timedelta, now: datetime | None) -> int | None:
    """Take what nobody has, or had until now, and return its token; None when another has it.

    Each holder has another token, so that what an earlier one writes late can be refused. ``now`` is for databases
    in this process: a server goes by its own clock, which is the same for all who ask.
    """
    at = _now(connection, now)
    until = at + _ms(length)
    new = insert_or(connection, lease).values(name=name, holder=holder, token=1, since=at, until=until)
    free = or_(lease.c.holder.is_(None), lease.c.until <= at, lease.c.holder == holder)
    renewed = {"holder": holder, "token": lease.c.token + 1, "since": at, "until": until}
    statement = new.on_conflict_do_update(index_elements=[lease.c.name], set_=renewed, where=free)
    token: int | None = connection.scalar(statement.returning(lease.c.token))
    return token


def keep(
    connection: Connection, names: Collection[str], holder: str, length: timedelta, now: datetime | None
) -> dict[str, int]:
    """Put off the end of what somebody knows that he has, and return it with its tokens; the rest ends by itself.

    What ended in the meantime is kept as well, unless another has it now: nobody had it in between.
    """
    at = _now(connection, now)
    mine = update(lease).where(lease.c.holder == holder, lease.c.name.in_(names))
    statement = mine.values(until=at + _ms(length))
    return {row.name: row.token for row in connection.execute(statement.returning(lease.c.name, lease.c.token))}


def give(connection: Connection, names: Collection[str], holder: str) -> None:
    """Give back what somebody has; what another has by now stays with that one."""
    mine = update(lease).where(lease.c.name.in_(names), lease.c.holder == holder)
    connection.execute(mine.values(holder=None, until=None))


def is_held(connection: Connection, name: str, holder: str, token: int, now: datetime | None) -> bool:
    """Tell whether somebody still has what a token was given out for."""
    mine = (lease.c.name == name) & (lease.c.holder == holder) & (lease.c.token == token)
    return connection.scalar(select(lease.c.name).where(mine, lease.c.until > _now(connection, now))) is not None


def held(connection: Connection, now: datetime | None) -> list[Lease]:
    """Return all that somebody has, by name."""
    query = select(lease).where(lease.c.holder.is_not(None), lease.c.until > _now(connection, now))
    return [
        Lease(name=row.name, holder=row.holder, token=row.token, since=row.since, until=row.until)
        for row in connection.execute(query.order_by(lease.c.name))
    ]


def shards(connection: Connection, now: datetime | None) -> list[int]:
    """Return the shards that somebody has."""
    names = (one.name for one in held(connection, now))
    return [int(name.removeprefix(SHARD)) for name in names if name.startswith(SHARD)]


def _now(connection: Connection, now: datetime | None) -> ColumnElement[datetime]:
    if connection.dialect.name == "postgresql":
        return type_coerce(cast(func.extract("epoch", func.clock_timestamp()) * 1000, BigInteger), Instant)
    return literal(now, Instant)


def _ms(length: timedelta) -> ColumnElement[int]:
    return literal(length // timedelta(milliseconds=1), BigInteger)
