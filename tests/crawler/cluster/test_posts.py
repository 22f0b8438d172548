from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from alerts.errors import StoreError
from crawler.cluster.leases import LENGTH
from crawler.cluster.posts import Post
from tests.crawler.cluster.teams import FakeLeases, leases
from tests.fakes import FakeClock


@dataclass
class FakeDuty:
    done: list[str] = field(default_factory=list)
    fails: bool = False

    async def begin(self) -> None:
        if self.fails:
            raise StoreError("the store fails")
        self.done.append("begin")

    async def end(self) -> None:
        self.done.append("end")


@pytest.fixture
def store() -> FakeLeases:
    return FakeLeases(FakeClock(eager=False))


def post(store: FakeLeases, me: str = "one") -> tuple[Post, FakeDuty]:
    duty = FakeDuty()
    return Post("lead", duty, leases(store, me)), duty


async def test_one_of_two_takes_it_up(store: FakeLeases) -> None:
    (one, first), (two, second) = post(store), post(store, "two")
    for _ in range(3):
        await one.look()
        await two.look()
    assert (first.done, second.done) == (["begin"], [])


async def test_another_takes_it_up_when_one_leaves(store: FakeLeases) -> None:
    (one, first), (two, second) = post(store), post(store, "two")
    await one.look()
    await one.leave()
    await two.look()
    assert (first.done, second.done) == (["begin", "end"], ["begin"])


async def test_another_takes_it_up_when_one_hangs_and_that_one_lays_it_down(store: FakeLeases) -> None:
    (one, first), (two, second) = post(store), post(store, "two")
    await one.look()
    store.clock.advance(LENGTH)
    await two.look()
    await one.look()
    assert (first.done, second.done) == (["begin", "end"], ["begin"])


async def test_who_cannot_begin_gives_it_back(store: FakeLeases) -> None:
    (one, first), (two, second) = post(store), post(store, "two")
    first.fails = True
    await one.look()
    await two.look()
    assert (first.done, second.done) == ([], ["begin"])


async def test_a_store_that_is_away_changes_nothing(store: FakeLeases) -> None:
    one, duty = post(store)
    store.is_away = True
    await one.look()
    store.is_away = False
    await one.look()
    assert duty.done == ["begin"]
