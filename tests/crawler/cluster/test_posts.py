from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

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

    async def end(self, patience: timedelta) -> None:
        self.done.append("end" if patience else "end at once")


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
    await one.leave(timedelta(seconds=3))
    await two.look()
    assert (first.done, second.done) == (["begin", "end"], ["begin"])


async def test_another_takes_it_up_when_one_hangs_and_that_one_lays_it_down(store: FakeLeases) -> None:
    (one, first), (two, second) = post(store), post(store, "two")
    await one.look()
    store.clock.advance(LENGTH)
    await two.look()
    await one.look()
    assert (first.done, second.done) == (["begin", "end at once"], ["begin"])


async def test_who_cannot_begin_gives_it_back(store: FakeLeases) -> None:
    (one, first), (two, second) = post(store), post(store, "two")
    first.fails = True
    await one.look()
    await two.look()
    assert (first.done, second.done) == (["end at once"], ["begin"])


async def test_who_has_left_takes_nothing_up_again(store: FakeLeases) -> None:
    one, duty = post(store)
    await one.leave(timedelta(seconds=3))
    await one.look()
    assert duty.done == []


class SlowDuty(FakeDuty):
    """Takes longer to begin than a lease lasts."""

    clock = FakeClock()

    async def begin(self) -> None:
        await super().begin()
        self.clock.advance(LENGTH)


async def test_a_duty_that_was_lost_while_it_began_is_laid_down(store: FakeLeases) -> None:
    duty = SlowDuty()
    duty.clock = store.clock
    await Post("lead", duty, leases(store)).look()
    assert duty.done == ["begin", "end at once"]


async def test_a_store_that_is_away_changes_nothing(store: FakeLeases) -> None:
    one, duty = post(store)
    store.is_away = True
    await one.look()
    store.is_away = False
    await one.look()
    assert duty.done == ["begin"]


async def test_two_looks_at_once_begin_once(store: FakeLeases) -> None:
    one, duty = post(store)
    await asyncio.gather(one.look(), one.look())
    assert duty.done == ["begin"]
