from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.errors import StoreError
from crawler.shards import SHARDS, shard_at, shard_of
from crawler.store import Store
from crawler.store.shared import KEPT, Member
from crawler.visits.standing import HostHold, Next, Standing
from tests.crawler.engines import postgresql_only, sqlite_only
from tests.crawler.store.makers import LEASE, MINUTE, Newsroom, poll, source
from tests.fakes import NOON

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

NAMES = ("bbc", "nhk", "dw", "afp")
OF = {name: shard_at(f"https://{name}.example/feed") for name in NAMES}


async def known(store: Store, *names: str) -> None:
    await store.sync_sources([source(name) for name in names], NOON)


def test_a_host_has_one_shard_whatever_else_is_in_an_address() -> None:
    assert shard_at("https://user:word@News.example:8443/a?b") == shard_of("news.example:8443")
    assert all(0 <= shard_of(f"host{number}.example") < SHARDS for number in range(1_000))
    assert len({shard_of(f"host{number}.example") for number in range(4_000)}) == SHARDS


async def test_shards_wait_in_which_something_is_due(store: Store) -> None:
    await known(store, *NAMES)
    assert await store.shared.waiting_shards(NOON) == sorted(set(OF.values()))
    assert await store.shared.waiting_shards(NOON - MINUTE) == []


async def test_a_shard_that_somebody_has_does_not_wait(store: Store) -> None:
    await known(store, "bbc", "nhk")
    await store.shared.take(f"shard:{OF['bbc']}", "one", 5 * MINUTE, NOON)
    assert await store.shared.waiting_shards(NOON) == [OF["nhk"]]


async def test_a_shard_waits_again_when_whoever_had_claims_in_it_has_it_no_more(store: Store) -> None:
    await known(store, "bbc")
    await store.shared.claim({OF["bbc"]}, NOON, 10, LEASE)
    assert await store.shared.waiting_shards(NOON) == [OF["bbc"]]


async def test_a_shard_is_busy_until_its_visits_are_settled(store: Store, newsroom: Newsroom) -> None:
    await newsroom.add(source("bbc"), visited=False)
    shared, shard = store.shared, OF["bbc"]
    assert await shared.busy_shards({shard, OF["nhk"]}, NOON) == [shard]
    (claim,) = await shared.claim({shard}, NOON, 10, LEASE)
    assert await shared.busy_shards({shard}, NOON) == [shard]
    await shared.release(claim, NOON + MINUTE)
    assert await shared.busy_shards({shard}, NOON) == []
    assert await shared.busy_shards((), NOON) == []


async def test_claims_are_made_in_some_shards_only(store: Store) -> None:
    await known(store, *NAMES)
    claims = await store.shared.claim({OF["nhk"], OF["dw"]}, NOON, 10, LEASE)
    assert {one.source for one in claims} == {"nhk", "dw"}


async def test_who_enters_a_shard_takes_back_what_was_claimed_there(store: Store) -> None:
    await known(store, "bbc", "nhk")
    shared = store.shared
    old, other = sorted(await shared.claim(set(OF.values()), NOON, 10, LEASE), key=lambda one: one.source)
    await shared.enter(OF["bbc"], NOON)
    (new,) = await shared.claim({OF["bbc"]}, NOON, 10, LEASE)
    assert (new.source, other.source) == ("bbc", "nhk")
    assert new.token > old.token
    assert await shared.claim({OF["nhk"]}, NOON, 10, LEASE) == []


async def test_a_late_commit_of_whoever_lost_the_shard_is_refused(store: Store, newsroom: Newsroom) -> None:
    await newsroom.add(source("bbc"), visited=False)
    (old,) = await store.shared.claim({OF["bbc"]}, NOON, 10, LEASE)
    await store.shared.enter(OF["bbc"], NOON)
    with pytest.raises(StoreError, match="passed to another"):
        await store.commit(poll(old, source("bbc")))
    assert await store.outcomes(NOON - MINUTE) == []


async def test_hosts_are_left_alone_by_whoever_enters(store: Store) -> None:
    shared = store.shared
    await shared.hold([HostHold(host="bbc.example", until=NOON + MINUTE, reason="its pace")])
    await shared.hold([HostHold(host="bbc.example", until=NOON + MINUTE / 2, reason="shorter")])
    holds = await shared.enter(OF["bbc"], NOON)
    assert [(one.host, one.until, one.reason) for one in holds] == [("bbc.example", NOON + MINUTE, "its pace")]
    assert await shared.holds(NOON + MINUTE) == []


async def test_a_source_that_moves_changes_its_shard(store: Store) -> None:
    await known(store, "bbc")
    await store.sync_sources([source("bbc", url="https://nhk.example/feed")], NOON)
    assert await store.shared.waiting_shards(NOON) == [OF["nhk"]]


async def test_a_source_is_in_the_shard_of_the_address_at_which_it_is_visited(store: Store, newsroom: Newsroom) -> None:
    await newsroom.add(source("bbc"))
    moved = Standing(moved_to="https://nhk.example/feed")
    await newsroom.visit("bbc", plan=Next(at=NOON, why="moved", standing=moved))
    assert await store.shared.waiting_shards(NOON) == [OF["nhk"]]
    await store.sync_sources([source("bbc", name="The BBC")], NOON)
    assert await store.shared.waiting_shards(NOON) == [OF["nhk"]], "what the configuration says of it is no move"
    await newsroom.visit("bbc", plan=Next(at=NOON, why="moved back"))
    assert await store.shared.waiting_shards(NOON) == [OF["bbc"]]


def member(number: int = 1, **changes: Any) -> Member:
    moment = NOON + number * MINUTE
    values: dict[str, Any] = {"place": f"news{number}:17", "roles": ("crawl", "deliver"), "release": "1.0"}
    return Member(id=f"{number:026}", started=moment, beat=moment, **(values | changes))


async def test_workers_say_who_they_are_and_what_they_did(store: Store) -> None:
    shared = store.shared
    await shared.join(member(1))
    await shared.join(member(2))
    later = member(1, visits=7, stories=3, messages=1, ended=NOON + 9 * MINUTE)
    await shared.beat(later)
    assert await shared.members() == [member(2), later]


async def test_workers_of_long_ago_are_forgotten(store: Store) -> None:
    for number in range(KEPT + 5):
        await store.shared.join(member(number))
    assert len(await store.shared.members()) <= KEPT + 1
    assert (await store.shared.members())[0] == member(KEPT + 4)


@sqlite_only
def test_a_file_is_not_shared(store_url: str) -> None:
    with pytest.raises(StoreError, match="PostgreSQL"):
        Store.share(store_url, lambda _: None)


@postgresql_only
async def test_workers_share_what_one_who_works_alone_keeps_for_himself(
    open_store: Callable[[], Store], store_url: str
) -> None:
    alone = open_store()
    with pytest.raises(StoreError, match="works alone"):
        Store.share(store_url, lambda _: None)
    await alone.close()
    one, two = Store.share(store_url, lambda _: None), Store.share(store_url, lambda _: None)
    await known(one, "bbc")
    assert await two.shared.waiting_shards(NOON + timedelta(hours=1)) == [OF["bbc"]]
    with pytest.raises(StoreError, match="in use by another"):
        open_store()
    await one.close()
    await two.close()
