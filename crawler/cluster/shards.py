"""The shards that this worker crawls, and leave to make a request at a host, which one worker at a time has."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from alerts.errors import FetchError, StoreError
from crawler.cluster.leases import LENGTH
from crawler.shards import shard_at, shard_of
from crawler.store.leases import SHARD
from crawler.visits.standing import HostHold
from spiders.base import host_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from crawler.clock import Clock
    from crawler.cluster.leases import Leases
    from crawler.fetch.hops import Fetcher
    from crawler.visits.page import PageClaim
    from crawler.visits.poll import Claim
    from spiders.base import Page, SourceSpider

log = logging.getLogger(__name__)

PATIENCE = timedelta(seconds=20)  # for a host at which another worker is
LATER = timedelta(seconds=30)  # when that was in vain
IDLE = timedelta(seconds=2)  # for which a shard that was only needed on the way is kept
_AGAIN = timedelta(milliseconds=300)


class ShardStore(Protocol):
    """What is asked about shards. All methods raise StoreError."""

    async def enter(self, shard: int, now: datetime) -> Sequence[HostHold]:
        """Take back what was claimed in a shard before; return the hosts that want to be left alone."""

    async def busy_shards(self, shards: Collection[int], now: datetime) -> Sequence[int]:
        """Return those of some shards in which something is due or in somebody's hands."""

    async def hold(self, holds: Collection[HostHold]) -> None:
        """Keep for how long hosts want to be left alone."""

    async def claim(self, shards: Collection[int], now: datetime, limit: int, lease: timedelta) -> Sequence[Claim]:
        """Claim due sources of some shards."""

    async def release(self, claim: Claim, not_before: datetime | None) -> None:
        """Give a claim back unvisited."""

    async def claim_pages(
        self, shards: Collection[int], now: datetime, limit: int, lease: timedelta
    ) -> Sequence[PageClaim]:
        """Claim due pages of some shards."""

    async def release_page(self, claim: PageClaim, not_before: datetime | None) -> None:
        """Give a claim back unvisited."""

    async def holds(self, now: datetime) -> Sequence[HostHold]:
        """Return the hosts that want to be left alone."""


class Hosts(Protocol):
    """Who keeps the pace of hosts; answered by Turns."""

    def hold(self, name: str, until: datetime) -> bool:
        """Leave a host alone until a moment."""

    def paces(self) -> Mapping[str, datetime]:
        """Return when the next request may start, of hosts where that is to come."""


class Shards:
    """The patrols' Frontier in a worker, and the gate that every request goes through."""

    def __init__(self, leases: Leases, store: ShardStore, hosts: Hosts, clock: Clock) -> None:
        self._leases = leases
        self._store = store
        self._hosts = hosts
        self._clock = clock
        self._crawled: dict[int, asyncio.Event] = {}  # set when there is nothing more to do
        self._lent: dict[int, datetime] = {}  # of which a host was needed on the way to another, and when last
        self._open: Counter[int] = Counter()  # requests under way
        self._entering: dict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._serving: set[asyncio.Task[None]] = set()  # shards that were lent first
        self._own: set[str] = set()  # addresses at which this very process listens
        self._closing = False
        self.arrived: Callable[[], Awaitable[object]] | None = None  # is called when there is more to claim

    @property
    def crawled(self) -> frozenset[int]:
        """Return the shards that are ours to claim from."""
        return frozenset(one for one in self._crawled if self._leases.holds(name_of(one)))

    # ------------------------------------------------------------ a shard is crawled

    async def serve(self, shard: int) -> None:
        """Crawl a shard until nothing in it is due any more; returns at once when another worker has it."""
        try:
            async with self._entering[shard]:
                if self._closing or shard in self._crawled or not await self._enter(shard):
                    return  # of a shard that is lent, what is under way goes on
                self._lent.pop(shard, None)
                over = self._crawled[shard] = asyncio.Event()
        except StoreError as error:
            log.warning("shard-refused", extra={"shard": shard, "detail": str(error)})
            return
        try:
            if self.arrived:
                await self.arrived()
            await over.wait()
        finally:
            del self._crawled[shard]
            if self._open[shard] and self._leases.holds(name_of(shard)):
                self._lent[shard] = self._clock.now()  # until nobody asks there any more
            else:
                await self._leases.give([name_of(shard)])

    async def _enter(self, shard: int) -> bool:
        if not await self._leases.take(name_of(shard)):
            return False
        entered = False
        try:
            for one in await self._store.enter(shard, self._clock.now()):
                self._hosts.hold(one.host, one.until)
            entered = not self._closing
        finally:
            if not entered:
                await self._leases.give([name_of(shard)])
        return entered

    async def look(self) -> None:
        """Let go of shards in which there is nothing to do; to be called twice a second."""
        now = self._clock.now()
        paces = self._hosts.paces()
        resting = {shard_of(host) for host in paces}
        mine = self.crawled
        for shard in self._crawled.keys() - mine:
            self._crawled[shard].set()  # it is lost
        try:
            busy = set(await self._store.busy_shards(mine | self._lent.keys(), now))
            await self._keep_long_paces(paces, now)
        except StoreError as error:
            log.warning("shards-unseen", extra={"detail": str(error)})
            return
        for shard in mine - busy - resting:
            if shard in self._crawled and not self._open[shard]:
                self._crawled[shard].set()
        if self.arrived:
            for shard in busy & self._lent.keys():  # whoever is there on the way has to crawl it: no other can
                task = asyncio.create_task(self.serve(shard), name=f"shard {shard}")
                self._serving.add(task)
                task.add_done_callback(self._serving.discard)
        await self._take_back(now, resting)

    async def _keep_long_paces(self, paces: Mapping[str, datetime], now: datetime) -> None:
        """Let the store know of pauses that are longer than a lease: whoever follows on us has to keep them."""
        long = [(host, until) for host, until in paces.items() if until - now > LENGTH]
        mine = [(host, until) for host, until in long if self._leases.holds(name_of(shard_of(host)))]
        if mine:
            await self._store.hold([_pause(host, until) for host, until in mine])

    async def _take_back(self, now: datetime, resting: Collection[int]) -> None:
        for shard in [one for one, used in self._lent.items() if now - used > IDLE and one not in resting]:
            async with self._entering[shard]:
                if shard in self._lent and not self._open[shard]:
                    del self._lent[shard]
                    await self._leases.give([name_of(shard)])

    async def close(self) -> None:
        """Take up nothing more, and let go of all; whoever follows keeps the pace of the hosts."""
        self._closing = True
        paces = self._hosts.paces()
        if paces:
            try:
                await self._store.hold([_pause(host, until) for host, until in paces.items()])
            except StoreError as error:
                log.warning("paces-not-kept", extra={"detail": str(error)})
        for over in self._crawled.values():
            over.set()
        await self._leases.give([name_of(shard) for shard in self._lent])
        self._lent.clear()
        if self._serving:
            await asyncio.wait(self._serving)

    # ------------------------------------------------------------ the patrols' Frontiers

    async def claim(self, now: datetime, limit: int, lease: timedelta) -> Sequence[Claim]:
        """Claim up to ``limit`` due sources of our shards, longest overdue first, each until ``now + lease``."""
        mine = self.crawled
        return await self._store.claim(mine, now, limit, lease) if mine else []

    async def release(self, claim: Claim, *, not_before: datetime | None = None) -> None:
        """Give a claim back unvisited: it is due again at once, or at ``not_before``."""
        await self._store.release(claim, not_before)

    async def host_holds(self, now: datetime) -> Sequence[HostHold]:
        """Return the hosts that still want to be left alone."""
        return await self._store.holds(now)

    async def claim_pages(self, now: datetime, limit: int, lease: timedelta) -> Sequence[PageClaim]:
        """Claim up to ``limit`` due pages of our shards, each until ``now + lease``."""
        mine = self.crawled
        return await self._store.claim_pages(mine, now, limit, lease) if mine else []

    async def release_page(self, claim: PageClaim, *, not_before: datetime | None = None) -> None:
        """Give a claim back unvisited: it is due again at once, or at ``not_before``."""
        await self._store.release_page(claim, not_before)

    # ------------------------------------------------------------ the gate

    def admit(self, host: str, port: int) -> None:
        """Let an address of our own be asked: other workers that have its shard mean their own by the same name."""
        self._own.add(f"{host}:{port}")

    def around(self, fetcher: Fetcher) -> Fetcher:
        """Return a Fetcher that makes no request at a host where another worker may be."""
        return _Gated(fetcher, self)

    async def fetch(self, fetcher: Fetcher, url: str, headers: Mapping[str, str]) -> Page:
        """Make a request when its host is ours to ask.

        Raises FetchError: ``stopped`` when we lost the host while we waited, ``host-taken`` when another worker is
        there for long.
        """
        if host_of(url) in self._own:
            return await fetcher.fetch(url, headers)
        shard = shard_at(url)
        self._open[shard] += 1
        try:
            await self._admit(shard)
            return await fetcher.fetch(url, headers)
        finally:
            self._open[shard] -= 1
            if shard in self._lent:
                self._lent[shard] = self._clock.now()

    async def _admit(self, shard: int) -> None:
        ends = self._clock.now() + PATIENCE
        while not self._closing:
            now = self._clock.now()
            if self._is_ours(shard):
                return
            if shard in self._crawled:
                raise FetchError("stopped", "another worker may be at this host by now")
            if await self._borrow(shard, now):
                return
            if now >= ends:
                raise FetchError("host-taken", "another worker is at this host", retry_after=LATER)
            await self._clock.wait_until(now + _AGAIN)
        raise FetchError("stopped", "the worker is stopping")

    def _is_ours(self, shard: int) -> bool:
        return (shard in self._crawled or shard in self._lent) and self._leases.holds(name_of(shard))

    async def _borrow(self, shard: int, now: datetime) -> bool:
        async with self._entering[shard]:
            if self._is_ours(shard):
                return True
            try:
                if not await self._enter(shard):
                    return False
            except StoreError as error:
                raise FetchError("stopped", f"the store fails: {error}") from error
            self._lent[shard] = now
            return True


class _Gated:
    """A Fetcher that asks for leave first."""

    def __init__(self, fetcher: Fetcher, shards: Shards) -> None:
        self._fetcher = fetcher
        self._shards = shards
        self.spider: type[SourceSpider] = fetcher.spider

    async def fetch(self, url: str, headers: Mapping[str, str]) -> Page:
        """Return the answer; raises FetchError with the reason."""
        return await self._shards.fetch(self._fetcher, url, headers)


def name_of(shard: int) -> str:
    """Return the name of a shard's lease."""
    return f"{SHARD}{shard}"


def _pause(host: str, until: datetime) -> HostHold:
    return HostHold(host=host, until=until, reason="its pace")
