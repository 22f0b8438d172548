from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.errors import FetchError, StoreError
from crawler.cluster.leases import LENGTH
from crawler.cluster.shards import IDLE, PATIENCE, Shards, name_of
from crawler.shards import shard_of
from crawler.visits.standing import HostHold
from spiders.base import Page
from spiders.feed import FeedSpider
from tests.crawler.cluster.teams import FakeLeases, leases
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from crawler.visits.page import PageClaim
    from crawler.visits.poll import Claim
    from spiders.base import SourceSpider

HOST = "wire.example"
URL = f"https://{HOST}/feed"
SHARD = shard_of(HOST)
MINUTE = timedelta(minutes=1)


@dataclass
class FakeWork:
    """What the store tells of shards."""

    busy: set[int] = field(default_factory=set)
    held: list[HostHold] = field(default_factory=list)
    kept: list[HostHold] = field(default_factory=list)
    entered: list[int] = field(default_factory=list)
    asked: list[frozenset[int]] = field(default_factory=list)
    is_away: bool = False

    async def enter(self, shard: int, now: datetime) -> Sequence[HostHold]:
        del now
        if self.is_away:
            raise StoreError("the server is away")
        self.entered.append(shard)
        return self.held

    async def busy_shards(self, shards: Collection[int], now: datetime) -> Sequence[int]:
        del now
        return sorted(self.busy & set(shards))

    async def hold(self, holds: Collection[HostHold]) -> None:
        self.kept.extend(holds)

    async def holds(self, now: datetime) -> Sequence[HostHold]:
        del now
        return self.held

    async def claim(self, shards: Collection[int], now: datetime, limit: int, lease: timedelta) -> Sequence[Claim]:
        del now, limit, lease
        self.asked.append(frozenset(shards))
        return []

    async def release(self, claim: Claim, not_before: datetime | None) -> None:
        raise NotImplementedError

    async def claim_pages(
        self, shards: Collection[int], now: datetime, limit: int, lease: timedelta
    ) -> Sequence[PageClaim]:
        del now, limit, lease
        self.asked.append(frozenset(shards))
        return []

    async def release_page(self, claim: PageClaim, not_before: datetime | None) -> None:
        raise NotImplementedError


@dataclass
class FakeHosts:
    """The pace of hosts."""

    ahead: dict[str, datetime] = field(default_factory=dict)
    left_alone: dict[str, datetime] = field(default_factory=dict)

    def hold(self, name: str, until: datetime) -> bool:
        self.left_alone[name] = until
        return True

    def paces(self) -> Mapping[str, datetime]:
        return self.ahead


class FakeFetcher:
    spider: type[SourceSpider] = FeedSpider

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers = asyncio.Event()
        self.answers.set()

    async def fetch(self, url: str, headers: Mapping[str, str]) -> Page:
        del headers
        self.asked.append(url)
        await self.answers.wait()
        return Page(url=url, status=200, headers={}, body=b"")


class Crew:
    """One worker's shards and what they stand on."""

    def __init__(self, store: FakeLeases, me: str = "one") -> None:
        self.leases = leases(store, me)
        self.work, self.hosts, self.fetcher = FakeWork(), FakeHosts(), FakeFetcher()
        self.shards = Shards(self.leases, self.work, self.hosts, store.clock)
        self.gate = self.shards.around(self.fetcher)

    async def serve(self, shard: int = SHARD) -> asyncio.Task[None]:
        task = asyncio.create_task(self.shards.serve(shard))
        for _ in range(5):
            await asyncio.sleep(0)
        return task


@pytest.fixture
def store() -> FakeLeases:
    return FakeLeases(FakeClock())


@pytest.fixture
def crew(store: FakeLeases) -> Crew:
    return Crew(store)


async def test_a_shard_is_crawled_until_nothing_in_it_is_due(crew: Crew) -> None:
    crew.work.busy = {SHARD}
    serving = await crew.serve()
    assert crew.shards.crawled == {SHARD}
    await crew.shards.look()
    await asyncio.sleep(0)
    assert not serving.done()
    crew.work.busy = set()
    await crew.shards.look()
    await serving
    assert crew.shards.crawled == frozenset()
    assert not crew.leases.held


async def test_claims_are_made_in_ones_own_shards_only(crew: Crew) -> None:
    assert await crew.shards.claim(NOON, 10, MINUTE) == []
    serving = await crew.serve()
    await crew.shards.claim(NOON, 10, MINUTE)
    await crew.shards.claim_pages(NOON, 10, MINUTE)
    assert crew.work.asked == [{SHARD}, {SHARD}]
    await crew.shards.close()
    await serving


async def test_two_workers_do_not_crawl_one_shard(store: FakeLeases) -> None:
    one, two = Crew(store), Crew(store, "two")
    serving = await one.serve()
    await (await two.serve())
    assert one.shards.crawled == {SHARD}
    assert not two.shards.crawled
    await one.shards.close()
    await serving


async def test_it_is_told_that_there_is_more_to_claim(crew: Crew) -> None:
    told: list[frozenset[int]] = []

    async def arrived() -> None:
        told.append(crew.shards.crawled)

    crew.shards.arrived = arrived
    serving = await crew.serve()
    assert told == [{SHARD}]
    await crew.shards.close()
    await serving


async def test_hosts_that_want_to_be_left_alone_are_known_on_entering(crew: Crew) -> None:
    crew.work.held = [HostHold(host=HOST, until=NOON + MINUTE, reason="http-429")]
    serving = await crew.serve()
    assert crew.hosts.left_alone == {HOST: NOON + MINUTE}
    await crew.shards.close()
    await serving


async def test_a_shard_is_kept_while_a_host_in_it_must_rest(crew: Crew) -> None:
    serving = await crew.serve()
    crew.hosts.ahead = {HOST: NOON + timedelta(seconds=2)}
    await crew.shards.look()
    await asyncio.sleep(0)
    assert not serving.done()
    crew.hosts.ahead = {}
    await crew.shards.look()
    await serving


async def test_pauses_longer_than_a_lease_are_kept_for_whoever_follows(crew: Crew) -> None:
    serving = await crew.serve()
    crew.hosts.ahead = {HOST: NOON + MINUTE, "other.example": NOON + MINUTE}
    await crew.shards.look()
    assert [one.host for one in crew.work.kept] == [HOST]
    await crew.shards.close()
    await serving


async def test_at_the_end_every_pace_is_kept(crew: Crew) -> None:
    serving = await crew.serve()
    crew.hosts.ahead = {HOST: NOON + timedelta(seconds=2)}
    await crew.shards.close()
    await serving
    assert [(one.host, one.until) for one in crew.work.kept] == [(HOST, NOON + timedelta(seconds=2))]
    assert not crew.leases.held


async def test_a_request_in_ones_own_shard_goes_through(crew: Crew) -> None:
    serving = await crew.serve()
    await crew.gate.fetch(URL, {})
    assert crew.fetcher.asked == [URL]
    await crew.shards.close()
    await serving


async def test_no_request_is_made_in_a_shard_that_was_lost(crew: Crew, store: FakeLeases) -> None:
    serving = await crew.serve()
    store.clock.advance(LENGTH)
    with pytest.raises(FetchError) as refused:
        await crew.gate.fetch(URL, {})
    assert refused.value.reason == "stopped"
    assert not crew.fetcher.asked
    await crew.shards.look()
    await serving


async def test_a_host_on_the_way_is_borrowed_and_given_back(crew: Crew, store: FakeLeases) -> None:
    await crew.gate.fetch(URL, {})
    assert crew.leases.holds(name_of(SHARD))
    assert crew.shards.crawled == frozenset()
    await crew.shards.look()
    assert crew.leases.holds(name_of(SHARD))
    store.clock.advance(IDLE + timedelta(seconds=1))
    await crew.shards.look()
    assert not crew.leases.held


async def test_an_address_of_our_own_is_asked_though_another_worker_has_its_shard(store: FakeLeases) -> None:
    one, two = Crew(store), Crew(store, "two")
    serving = await one.serve(shard_of("127.0.0.1:8001"))
    two.shards.admit("127.0.0.1", 8001)
    await two.gate.fetch("http://127.0.0.1:8001/feed.xml", {})
    assert two.fetcher.asked == ["http://127.0.0.1:8001/feed.xml"]
    assert not two.leases.held
    await one.shards.close()
    await serving


async def test_a_borrowed_host_is_not_given_back_during_a_request(crew: Crew, store: FakeLeases) -> None:
    crew.fetcher.answers.clear()
    asking = asyncio.create_task(crew.gate.fetch(URL, {}))
    for _ in range(10):
        await asyncio.sleep(0)
    store.clock.advance(timedelta(seconds=2.5))
    await crew.shards.look()
    assert crew.leases.holds(name_of(SHARD))
    crew.fetcher.answers.set()
    await asking


async def test_a_host_where_another_worker_is_is_waited_for(store: FakeLeases) -> None:
    one, two = Crew(store), Crew(store, "two")
    serving = await one.serve()
    keeping = asyncio.create_task(one.leases.keep())
    await keeping
    asking = asyncio.create_task(two.gate.fetch(URL, {}))
    await asyncio.sleep(0)
    assert not two.fetcher.asked
    await one.shards.close()
    await serving
    await asking
    assert two.fetcher.asked == [URL]


async def test_a_host_where_another_worker_stays_is_asked_later(store: FakeLeases) -> None:
    two = Crew(store, "two")
    store.held[name_of(SHARD)] = ("one", 1, NOON + 2 * PATIENCE)
    with pytest.raises(FetchError) as refused:
        await two.gate.fetch(URL, {})
    assert refused.value.reason == "host-taken"
    assert refused.value.retry_after
    assert not two.fetcher.asked


async def test_what_was_borrowed_can_be_crawled(crew: Crew) -> None:
    await crew.gate.fetch(URL, {})
    serving = await crew.serve()
    assert crew.shards.crawled == {SHARD}
    await crew.shards.close()
    await serving


async def test_a_store_that_is_away_lets_nobody_in(crew: Crew) -> None:
    crew.work.is_away = True
    await (await crew.serve())
    assert crew.shards.crawled == frozenset()
    with pytest.raises(FetchError) as refused:
        await crew.gate.fetch(URL, {})
    assert refused.value.reason == "stopped"


async def test_a_shard_that_is_left_during_a_request_is_given_back_after_it(crew: Crew, store: FakeLeases) -> None:
    serving = await crew.serve()
    crew.fetcher.answers.clear()
    asking = asyncio.create_task(crew.gate.fetch(URL, {}))
    for _ in range(5):
        await asyncio.sleep(0)
    serving.cancel()
    await asyncio.wait({serving})
    assert crew.leases.holds(name_of(SHARD))
    crew.fetcher.answers.set()
    await asking
    store.clock.advance(IDLE + timedelta(seconds=1))
    await crew.shards.look()
    assert not crew.leases.held


async def test_a_shard_that_is_needed_on_the_way_all_the_time_is_crawled_too(crew: Crew) -> None:
    async def arrived() -> None:
        pass

    crew.shards.arrived = arrived
    await crew.gate.fetch(URL, {})
    crew.work.busy = {SHARD}
    await crew.shards.look()
    for _ in range(5):
        await asyncio.sleep(0)
    assert crew.shards.crawled == {SHARD}
    await crew.shards.close()
