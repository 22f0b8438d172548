from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import StoreError
from crawler.cluster.leases import LENGTH, MARGIN, Leases
from tests.crawler.cluster.teams import FakeLeases, leases
from tests.fakes import NOON, FakeClock

SECOND = timedelta(seconds=1)


@pytest.fixture
def store() -> FakeLeases:
    return FakeLeases(FakeClock(eager=False))


async def test_what_one_has_no_other_gets(store: FakeLeases) -> None:
    one, two = leases(store), leases(store, "two")
    assert await one.take("lead")
    assert not await two.take("lead")
    assert (one.holds("lead"), two.holds("lead")) == (True, False)


async def test_what_is_given_back_is_free_at_once(store: FakeLeases) -> None:
    one, two = leases(store), leases(store, "two")
    await one.take("lead")
    await one.give(["lead"])
    assert not one.holds("lead")
    assert await two.take("lead")


async def test_what_is_kept_lasts(store: FakeLeases) -> None:
    one, two = leases(store), leases(store, "two")
    await one.take("lead")
    for _ in range(10):
        store.clock.advance(LENGTH / 3)
        await one.keep()
        assert not await two.take("lead")
    assert one.holds("lead")


async def test_it_ends_for_its_holder_before_another_can_have_it(store: FakeLeases) -> None:
    one, two = leases(store), leases(store, "two")
    await one.take("lead")
    store.clock.advance(LENGTH - MARGIN)
    assert not one.holds("lead")
    assert not await two.take("lead")
    store.clock.advance(MARGIN)
    assert await two.take("lead")


async def test_whoever_was_stopped_has_nothing_when_he_goes_on(store: FakeLeases) -> None:
    one, two = leases(store), leases(store, "two")
    await one.take("lead")
    store.clock.advance(LENGTH)
    await two.take("lead")
    assert one.token("lead") is None
    await one.keep()
    assert not one.holds("lead")
    assert two.holds("lead")


async def test_each_holder_has_another_token(store: FakeLeases) -> None:
    one, two = leases(store), leases(store, "two")
    await one.take("lead")
    first = one.token("lead")
    store.clock.advance(LENGTH)
    await two.take("lead")
    assert first is not None
    assert two.token("lead") == first + 1


async def test_a_machine_that_slept_is_seen_by_the_clock_that_people_set(store: FakeLeases) -> None:
    asleep = Leases(store, "one", store.clock, monotonic=lambda: 0.0)  # it stands still while the machine sleeps
    await asleep.take("lead")
    store.clock.advance(LENGTH)
    assert not asleep.holds("lead")


async def test_a_clock_that_was_set_back_does_not_lengthen_it(store: FakeLeases) -> None:
    passed = [0.0]
    one = Leases(store, "one", store.clock, monotonic=lambda: passed[0])
    await one.take("lead")
    passed[0] = LENGTH.total_seconds()  # while the other clock shows what it showed
    assert not one.holds("lead")


async def test_a_store_that_is_away_keeps_nothing(store: FakeLeases) -> None:
    one = leases(store)
    await one.take("lead")
    store.is_away = True
    await one.keep()
    assert one.holds("lead")
    store.clock.advance(LENGTH)
    assert not one.holds("lead")
    with pytest.raises(StoreError):
        await one.take("lead")
    await one.give(["lead"])


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["take", "keep", "give", "wait"]), st.integers(1, 9))))
async def test_never_do_two_have_it(steps: list[tuple[int, str, int]]) -> None:
    store = FakeLeases(FakeClock(eager=False))
    workers = [leases(store, f"worker {number}") for number in range(3)]
    for who, what, seconds in steps:
        if what == "take":
            await workers[who].take("lead")
        elif what == "keep":
            await workers[who].keep()
        elif what == "give":
            await workers[who].give(["lead"])
        else:
            store.clock.advance(seconds * SECOND)
        assert sum(one.holds("lead") for one in workers) <= 1
        assert store.clock.now() >= NOON
