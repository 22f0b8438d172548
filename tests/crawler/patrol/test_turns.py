import asyncio
from datetime import timedelta

import pytest

from alerts.errors import FetchError
from crawler.config.model import FetchConfig, HostLimits
from crawler.patrol.turns import Turns
from tests.fakes import NOON, FakeClock

SECOND = timedelta(seconds=1)


def limits(concurrency: int = 64, places: int = 1, delay: timedelta = SECOND) -> FetchConfig:
    return FetchConfig(user_agent="T", concurrency=concurrency, per_host=HostLimits(concurrency=places, delay=delay))


async def test_a_turn_at_the_same_host_waits_for_the_pace_only() -> None:
    clock = FakeClock()
    turns = Turns(limits(), clock)
    async with turns.turn("a.example"), turns.turn("a.example"):
        assert clock.now() == NOON + SECOND


async def test_two_that_redirect_to_each_other_do_not_wait_for_ever() -> None:
    clock = FakeClock()
    turns = Turns(limits(concurrency=2), clock)
    both = asyncio.Barrier(2)

    async def visit(first: str, second: str) -> None:
        async with turns.turn(first):
            await both.wait()
            async with turns.turn(second):
                pass

    async with asyncio.timeout(5):
        await asyncio.gather(visit("a.example", "b.example"), visit("b.example", "a.example"))


async def test_the_only_place_of_all_is_given_up_for_a_turn_elsewhere() -> None:
    turns = Turns(limits(concurrency=1), FakeClock())
    inside = asyncio.Event()

    async def other() -> None:
        async with turns.turn("b.example"):
            inside.set()

    async with asyncio.timeout(5), turns.turn("a.example"):
        waiting = asyncio.create_task(other())
        await asyncio.sleep(0)
        async with turns.turn("b.example"):
            pass
        await waiting
    assert inside.is_set()
    async with asyncio.timeout(5), turns.turn("a.example"):  # nothing was given back twice
        assert turns.host("a.example").places.locked()


async def test_a_place_that_was_given_up_is_waited_for_again() -> None:
    clock = FakeClock()
    turns = Turns(limits(delay=timedelta(0)), clock)
    async with turns.turn("a.example"):
        async with turns.turn("b.example"):
            assert not turns.host("a.example").places.locked()
        async with turns.turn("a.example"):
            assert turns.host("a.example").places.locked()
    assert not turns.host("a.example").places.locked()


async def test_who_gives_up_waiting_leaves_no_place_taken() -> None:
    turns = Turns(limits(), FakeClock(eager=False))
    async with turns.turn("a.example"):
        waiting = asyncio.create_task(turns.turn("a.example").__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait({waiting})
    assert not turns.host("a.example").places.locked()
    assert turns.host("a.example").visitors == 0


async def test_a_host_that_wants_to_be_left_alone_is_and_says_for_how_long() -> None:
    clock = FakeClock()
    turns = Turns(limits(), clock)
    assert turns.hold("a.example", NOON + 60 * SECOND)
    assert not turns.hold("a.example", NOON + 30 * SECOND)
    with pytest.raises(FetchError) as caught:
        async with turns.turn("a.example"):
            raise AssertionError("nobody may come in")
    assert (caught.value.reason, caught.value.retry_after) == ("host-held", 60 * SECOND)
    assert not turns.host("a.example").places.locked()
    clock.advance(60 * SECOND)
    async with turns.turn("a.example"):
        pass


async def test_a_crawl_delay_lengthens_the_pace_and_never_shortens_it() -> None:
    clock = FakeClock()
    turns = Turns(limits(delay=5 * SECOND), clock)
    for asked, delay in ((10 * SECOND, 10 * SECOND), (SECOND, 5 * SECOND)):
        turns.slow("a.example", asked)
        assert turns.host("a.example").delay == delay
    turns.slow("a.example", 10 * SECOND)
    turns.configure(limits(delay=SECOND))
    assert turns.host("a.example").delay == 10 * SECOND
    async with turns.turn("a.example"):
        pass
    async with turns.turn("a.example"):
        assert clock.now() == NOON + 10 * SECOND


async def test_hosts_with_nothing_to_remember_are_forgotten_once_there_are_many() -> None:
    clock = FakeClock()
    turns = Turns(limits(), clock)
    for number in range(1_001):
        turns.host(f"h{number}.example")
    turns.slow("slow.example", 10 * SECOND)
    turns.hold("held.example", NOON + 60 * SECOND)
    turns.tidy()
    assert set(turns._hosts) == {"slow.example", "held.example"}


async def test_it_is_known_which_hosts_must_rest() -> None:
    clock = FakeClock(eager=False)
    turns = Turns(limits(delay=timedelta(0)), clock)
    async with turns.turn("quick.example"):
        pass
    assert turns.paces() == {}
    turns.slow("slow.example", 5 * SECOND)
    async with turns.turn("slow.example"):
        pass
    assert turns.paces() == {"slow.example": NOON + 5 * SECOND}
    clock.advance(5 * SECOND)
    assert turns.paces() == {}
