from __future__ import annotations

from datetime import UTC, timedelta

from hypothesis import given
from hypothesis import strategies as st

from crawler.clock import SystemClock, ahead_of_machine
from tests.fakes import NOON, FakeClock, Machine

HOUR = timedelta(hours=1)


def test_the_time_is_aware_and_in_utc() -> None:
    assert SystemClock().now().tzinfo is UTC


async def test_a_moment_that_has_passed_is_not_waited_for() -> None:
    clock = SystemClock()
    await clock.wait_until(clock.now() - timedelta(days=1))


async def test_waiting_ends_when_the_moment_has_come() -> None:
    clock = SystemClock()
    moment = clock.now() + timedelta(milliseconds=20)
    await clock.wait_until(moment)
    assert clock.now() >= moment


async def test_a_clock_that_is_set_back_goes_on_at_half_speed_until_the_machine_has_caught_up() -> None:
    machine = Machine()
    clock = machine.clock()
    machine.wrong = -HOUR
    assert clock.now() == NOON
    assert clock.ahead == HOUR
    await machine.sleep(3_600)
    assert clock.now() == NOON + HOUR / 2
    assert clock.ahead == HOUR / 2
    await machine.sleep(3_600)
    assert clock.now() == machine.shows() == NOON + HOUR
    assert clock.ahead == timedelta(0)
    await machine.sleep(60)
    assert clock.now() == machine.shows()


async def test_a_clock_that_is_set_ahead_is_followed_at_once() -> None:
    machine = Machine()
    clock = machine.clock()
    machine.wrong = HOUR
    assert clock.now() == NOON + HOUR
    assert clock.ahead == timedelta(0)


async def test_who_waits_while_the_clock_is_set_back_waits_twice_as_long_at_most() -> None:
    machine = Machine()
    clock = machine.clock()
    machine.wrong = -HOUR
    await clock.wait_until(NOON + timedelta(minutes=5))
    assert timedelta(seconds=590) < machine.true - NOON < timedelta(seconds=610)


@given(st.lists(st.tuples(st.floats(0, 5_000), st.integers(-90_000, 90_000)), max_size=20))
def test_it_never_goes_back_and_never_behind_the_machine(steps: list[tuple[float, int]]) -> None:
    machine = Machine()
    clock = machine.clock()
    before = clock.now()
    for passes, set_by in steps:
        machine.true += timedelta(seconds=passes)
        machine.wrong += timedelta(seconds=set_by)
        now = clock.now()
        assert now >= max(before, machine.shows())
        before = now


def test_after_a_restart_it_goes_on_from_where_the_store_is() -> None:
    machine = Machine()
    clock = machine.clock()
    clock.resume(NOON + HOUR)
    assert clock.now() == NOON + HOUR
    clock.resume(NOON)
    assert clock.now() == NOON + HOUR
    clock.resume(NOON + timedelta(days=400))  # nobody can wait for that to be caught up
    assert clock.now() == NOON + HOUR


def test_a_clock_that_knows_nothing_of_the_machine_is_not_ahead_of_it() -> None:
    machine = Machine()
    steady = machine.clock()
    machine.wrong = -HOUR
    assert ahead_of_machine(steady) == HOUR
    assert ahead_of_machine(FakeClock()) == timedelta(0)
