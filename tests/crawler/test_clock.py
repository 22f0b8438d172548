from __future__ import annotations

from datetime import UTC, timedelta

from crawler.clock import SystemClock


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
