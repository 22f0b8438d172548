"""What workers that share a store ask and write: who has what, which shards have work, and who they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import Integer, exists, func, insert, literal, or_, select, union, update

from crawler.shards import SHARDS
from crawler.store import leases, pages, visits
from crawler.store.lease_tables import worker
from crawler.store.schema import page, source

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Connection, Subquery

    from crawler.clock import Clock
    from crawler.store.leases import Lease
    from crawler.store.people import Transact
    from crawler.store.worker import Fence
    from crawler.visits.page import PageClaim
    from crawler.visits.poll import Claim
    from crawler.visits.standing import HostHold

KEPT = 100  # workers that ended, and are remembered


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A worker."""

    id: str  # ULID
    place: str  # host and process, for people
    roles: tuple[str, ...]
    release: str  # of Tocsin
    started: datetime
    beat: datetime  # when it last said that it lives
    ended: datetime | None = None
    visits: int = 0
    stories: int = 0
    messages: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardWork:
    """What is due in a shard."""

    shard: int
    due: int  # sources
    oldest: datetime  # when the longest overdue of them was due


class Shared:
    """Each method is one transaction, and raises StoreError as the Store does.

    None waits for the one transaction at a time that takes stories in.
    """

    def __init__(self, run: Transact) -> None:
        self._run = run

    # ------------------------------------------------------------ who has what

    async def take(self, name: str, holder: str, length: timedelta, now: datetime) -> int | None:
        """Take what nobody has, and return its token; None when another has it."""
        return await self._run(partial(leases.take, name=name, holder=holder, length=length, now=now))

    async def keep(self, names: Collection[str], holder: str, length: timedelta, now: datetime) -> dict[str, int]:
        """Put off the end of what somebody knows that he has, and return it with its tokens."""
        return await self._run(partial(leases.keep, names=names, holder=holder, length=length, now=now))

    async def give(self, names: Collection[str], holder: str) -> None:
        """Give back what somebody has."""
        await self._run(partial(leases.give, names=names, holder=holder))

    async def held(self, now: datetime) -> Sequence[Lease]:
        """Return all that somebody has, by name."""
        return await self._run(partial(leases.held, now=now))

    # ------------------------------------------------------------ shards

    async def waiting_shards(self, now: datetime) -> Sequence[int]:
        """Return the shards in which something is due and that nobody crawls."""
        return await self._run(partial(waiting, now=now))

    async def busy_shards(self, shards: Collection[int], now: datetime) -> Sequence[int]:
        """Return those of some shards in which something is due or in somebody's hands."""
        return await self._run(partial(_shards, among=shards, now=now)) if shards else []

    async def enter(self, shard: int, now: datetime) -> Sequence[HostHold]:
        """Take back what was claimed in a shard by whoever had it before: its late commits are refused.

        Returns the hosts that want to be left alone.
        """
        return await self._run(partial(_enter, shard=shard, now=now))

    async def holds(self, now: datetime) -> Sequence[HostHold]:
        """Return the hosts that want to be left alone."""
        return await self._run(partial(visits.host_holds, now=now))

    async def hold(self, holds: Collection[HostHold]) -> None:
        """Keep for how long hosts want to be left alone; a longer hold stands."""

        def work(connection: Connection) -> None:
            for one in holds:
                visits.hold(connection, one)

        await self._run(work)

    async def claim(self, shards: Collection[int], now: datetime, limit: int, lease: timedelta) -> Sequence[Claim]:
        """Claim up to ``limit`` due sources of some shards, longest overdue first, each until ``now + lease``."""
        return await self._run(partial(visits.claim, now=now, limit=limit, lease=lease, shards=shards))

    async def release(self, claim: Claim, not_before: datetime | None) -> None:
        """Give a claim back unvisited."""
        await self._run(partial(visits.release, claimed=claim, not_before=not_before))

    async def claim_pages(
        self, shards: Collection[int], now: datetime, limit: int, lease: timedelta
    ) -> Sequence[PageClaim]:
        """Claim up to ``limit`` due pages of some shards, each until ``now + lease``."""
        return await self._run(partial(pages.claim, now=now, limit=limit, lease=lease, shards=shards))

    async def release_page(self, claim: PageClaim, not_before: datetime | None) -> None:
        """Give a claim back unvisited."""
        await self._run(partial(pages.release, claimed=claim, not_before=not_before))

    async def work(self, now: datetime) -> Sequence[ShardWork]:
        """Return what is due in each shard."""
        return await self._run(partial(read_work, now=now))

    # ------------------------------------------------------------ workers

    async def join(self, member: Member) -> None:
        """Note that a worker begins; of those that ended long ago the oldest are forgotten."""
        await self._run(partial(_join, member=member))

    async def beat(self, member: Member) -> None:
        """Note that a worker lives, or has ended, and what it has done."""
        values = {"beat": member.beat, "ended": member.ended} | _counts(member)
        await self._run(
            lambda connection: connection.execute(update(worker).where(worker.c.id == member.id).values(values))
        )

    async def members(self) -> Sequence[Member]:
        """Return the workers, the newest first."""
        return await self._run(read_members)


def fence(name: str, holder: str, token: Callable[[], int | None], clock: Clock) -> Fence:
    """Return what tells whether somebody still has what he has by a token; None: he knows that he has not."""

    def stands(connection: Connection) -> bool:
        number = token()
        return number is not None and leases.is_held(connection, name, holder, number, clock.now())

    return stands


def waiting(connection: Connection, now: datetime) -> list[int]:
    """Return the shards in which something is due and that nobody crawls.

    What somebody has claimed there counts as well: whoever has not the shard any more died over it, or hangs.
    """
    taken = set(leases.shards(connection, now))
    return [shard for shard in _shards(connection, now) if shard not in taken]


def _shards(connection: Connection, now: datetime, among: Collection[int] = ()) -> list[int]:
    """Return the shards, all or ``among`` some, in which something is due, or in somebody's hands."""
    numbers = _numbers(connection, among)
    at_source = exists().where(
        source.c.shard == numbers.c.number,
        source.c.next_due <= now,
        source.c.enabled,
        source.c.given_up.is_(False),
    )
    at_page = exists().where(
        page.c.shard == numbers.c.number,
        page.c.next_due.is_not(None),
        page.c.next_due <= now,
    )
    return list(connection.scalars(select(numbers.c.number).where(or_(at_source, at_page)).order_by(numbers.c.number)))


def _numbers(connection: Connection, among: Collection[int]) -> Subquery:
    chosen = sorted(among) if among else range(SHARDS)
    if connection.dialect.name == "postgresql":
        return select(func.unnest(list(chosen), type_=Integer).label("number")).subquery("numbers")
    rows = [select(literal(number).label("number")) for number in chosen]
    return union(*rows).subquery("numbers")


def _enter(connection: Connection, shard: int, now: datetime) -> list[HostHold]:
    visits.free(connection, source.c.shard == shard)
    pages.free(connection, page.c.shard == shard)
    return visits.host_holds(connection, now)


def read_work(connection: Connection, now: datetime) -> list[ShardWork]:
    """Return what is due in each shard."""
    query = (
        select(source.c.shard, func.count().label("due"), func.min(source.c.next_due).label("oldest"))
        .where(source.c.enabled, source.c.given_up.is_(False), source.c.next_due <= now)
        .group_by(source.c.shard)
        .order_by(source.c.shard)
    )
    return [ShardWork(shard=row.shard, due=row.due, oldest=row.oldest) for row in connection.execute(query)]


def _join(connection: Connection, member: Member) -> None:
    kept = select(worker.c.id).order_by(worker.c.id.desc()).limit(KEPT).scalar_subquery()
    over = worker.c.ended.is_not(None) | (worker.c.beat < member.started)
    connection.execute(worker.delete().where(over, worker.c.id.not_in(kept)))
    facts = {
        "id": member.id,
        "place": member.place,
        "roles": ",".join(member.roles),
        "release": member.release,
        "started": member.started,
        "beat": member.beat,
    }
    connection.execute(insert(worker), facts | _counts(member))


def _counts(member: Member) -> dict[str, int]:
    return {"visits": member.visits, "stories": member.stories, "messages": member.messages}


def read_members(connection: Connection) -> list[Member]:
    """Return the workers, the newest first."""
    return [
        Member(
            id=row.id,
            place=row.place,
            roles=tuple(row.roles.split(",")),
            release=row.release,
            started=row.started,
            beat=row.beat,
            ended=row.ended,
            visits=row.visits,
            stories=row.stories,
            messages=row.messages,
        )
        for row in connection.execute(select(worker).order_by(worker.c.id.desc()))
    ]
