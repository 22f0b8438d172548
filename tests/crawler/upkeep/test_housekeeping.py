from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from alerts.cluster.events import LIFE
from alerts.errors import StoreError
from crawler.app import App
from crawler.cli.daemon import notifier
from crawler.clock import SystemClock
from crawler.ids import earliest
from crawler.store import Store
from crawler.store.kinship import band
from crawler.upkeep.housekeeping import AFRESH, EVERY, FEW, KEPT, Housekeeping
from tests.crawler.config.makers import loaded
from tests.crawler.intake.test_kinship import FOLLOW_UP, FRAMED, OTHER, WIRE, rows
from tests.crawler.store.makers import MINUTE, Newsroom, WordJudge, entry, source
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime, timedelta
    from pathlib import Path


class Shelf:
    """Bands of stories by id, and what was asked for."""

    def __init__(self, stories: Iterable[int] = (), ended: int = 0) -> None:
        self.stories = set(stories)
        self.ended = ended  # events that are over
        self.ended_by: list[datetime] = []
        self.asked: list[tuple[datetime, int, int]] = []
        self.error: StoreError | None = None

    async def forget_bands(self, before: datetime, limit: int, after: int) -> Sequence[int]:
        self.asked.append((before, limit, after))
        if self.error:
            raise self.error
        found = sorted(one for one in self.stories if after < one < earliest(before))[:limit]
        self.stories -= set(found)
        return found

    async def forget_events(self, before: datetime, limit: int) -> int:
        self.ended_by.append(before)
        found = min(self.ended, limit)
        self.ended -= found
        return found


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    caplog.set_level("INFO", "crawler.upkeep.housekeeping")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "crawler.upkeep.housekeeping"]


def seen(number: int, ago: timedelta) -> int:
    return earliest(NOON - ago) + number


async def test_what_is_old_enough_goes_a_few_stories_at_a_time_and_the_rest_stays(clock: FakeClock) -> None:
    old = {seen(n, KEPT + 2 * EVERY) for n in range(2 * FEW + 1)}
    young = {seen(n, KEPT - 2 * EVERY) for n in range(3)}
    shelf = Shelf(old | young)
    assert await Housekeeping(shelf, clock).tidy() == len(old)
    assert shelf.stories == young
    assert [limit for _, limit, _ in shelf.asked] == [FEW] * 4


async def test_events_that_are_over_go_as_well(clock: FakeClock, said: Callable[[], list[str]]) -> None:
    shelf = Shelf(ended=FEW + 3)
    assert await Housekeeping(shelf, clock).tidy() == FEW + 3
    assert (shelf.ended, said()) == (0, ["events-forgotten"])
    assert set(shelf.ended_by) == {NOON - LIFE}


async def test_it_is_done_once_an_hour(clock: FakeClock) -> None:
    shelf = Shelf()
    housekeeping = Housekeeping(shelf, clock)
    for _ in range(180):
        await housekeeping.tick()
        clock.advance(MINUTE)
    assert [before for before, *_ in shelf.asked] == [NOON - KEPT + hours * EVERY for hours in range(3)]


async def test_it_is_logged_only_when_something_was_done(clock: FakeClock, said: Callable[[], list[str]]) -> None:
    shelf = Shelf([seen(1, 2 * KEPT)])
    housekeeping = Housekeeping(shelf, clock)
    await housekeeping.tidy()
    await housekeeping.tidy()
    assert said() == ["bands-forgotten"]


async def test_what_was_forgotten_is_not_read_again_before_a_day_has_passed(clock: FakeClock) -> None:
    first = seen(5, 2 * KEPT)
    shelf = Shelf([first])
    housekeeping = Housekeeping(shelf, clock)
    await housekeeping.tidy()
    shelf.stories.add(edited := seen(1, 2 * KEPT))
    clock.advance(EVERY)
    assert await housekeeping.tidy() == 0
    assert shelf.asked[-1][2] == first
    clock.advance(AFRESH)
    assert await housekeeping.tidy() == 1
    assert edited not in shelf.stories


async def test_a_store_that_refuses_is_asked_again_an_hour_later(
    clock: FakeClock, said: Callable[[], list[str]]
) -> None:
    shelf = Shelf([seen(1, 2 * KEPT)])
    shelf.error = StoreError("the disk is full")
    housekeeping = Housekeeping(shelf, clock)
    await housekeeping.tick()
    assert said() == ["housekeeping-refused"]
    shelf.error = None
    clock.advance(EVERY)
    await housekeeping.tick()
    assert said() == ["housekeeping-refused", "bands-forgotten"]


async def test_stories_of_two_weeks_ago_are_found_as_copies_no_more(
    store: Store, newsroom: Newsroom, clock: FakeClock
) -> None:
    async def bands() -> int:
        return len(await rows(store, band))

    housekeeping = Housekeeping(store, clock)
    await newsroom.add(source(), source("nhk"))
    await newsroom.visit("bbc", entry("a", title="Ministers open talks", text=WIRE, published=None))
    clock.advance(KEPT - 2 * EVERY)
    await newsroom.visit("nhk", entry("b", title="Bank keeps its rate", text=f"{OTHER} {FOLLOW_UP}", published=None))
    assert (await housekeeping.tidy(), await bands()) == (0, 128)
    clock.advance(4 * EVERY)
    assert (await housekeeping.tidy(), await bands()) == (2, 64)  # with its event
    await newsroom.visit("nhk", entry("c", title="Soldiers may train abroad", text=FRAMED, published=None))
    assert [one.copy_of for one in await store.outcomes(NOON)] == [None, None, None]


async def test_the_program_does_it_every_minute_that_it_is_due_and_once_does_it_too(
    tmp_path: Path, said: Callable[[], list[str]]
) -> None:
    changes = {"sources": ["http://127.0.0.1:9/feed"], "fetch": {"allow_private": ["127.0.0.0/8"]}}
    config = loaded(tmp_path, changes)
    old = FakeClock(SystemClock().now() - 2 * KEPT)
    newsroom = Newsroom(Store.open(config.store, clock=old), WordJudge({}), old)
    await newsroom.add(source())
    await newsroom.visit("bbc", entry("a", title="Ministers open talks", text=WIRE, published=None))
    await newsroom.store.close()
    async with notifier(config) as teller, App(config, teller, SystemClock(), console=False) as app:
        await app.once()
        assert said() == ["bands-forgotten", "events-forgotten"]
        stop = asyncio.Event()
        stop.set()
        await app.run(stop)
        assert app.dispatcher._scheduler.get_job("housekeeping") is not None
