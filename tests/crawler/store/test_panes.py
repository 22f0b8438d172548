"""What the console reads, over every engine."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.outbox import Settlement, State
from alerts.search.query import parse
from crawler.store.browse import Browse
from crawler.store.search import Search
from tests.crawler.store.makers import HOUR, MINUTE, Newsroom, WordJudge, entry, source
from tests.fakes import NOON

if TYPE_CHECKING:
    from crawler.store import Store
    from tests.fakes import FakeClock


@pytest.fixture
def told(store: Store, clock: FakeClock) -> Newsroom:
    return Newsroom(store, WordJudge({"Japan": ("#n",)}), clock)


async def test_searches_go_on_below_a_story_and_may_ask_for_a_match(told: Newsroom) -> None:
    await told.add(source())
    await told.visit("bbc", *(entry(name, f"Japan {name}") for name in "abc"), entry("d", "Fiji d"))
    browse = Browse.beside(told.store)
    every = await browse.search(Search(query=parse("source:bbc")))
    assert len(every) == 4
    below = await browse.search(Search(query=parse("source:bbc"), below=every[1].id))
    assert [one.id for one in below] == [one.id for one in every[2:]]
    words = await browse.search(Search(query=parse("japan"), below=every[1].id))
    assert [one.id for one in words] == [one.id for one in every[2:] if "Japan" in one.title]
    matched = await browse.search(Search(query=parse("source:bbc"), matched=True))
    assert {one.title for one in matched} == {one.title for one in every if "Japan" in one.title}
    assert [one.id for one in await browse.some([one.id for one in every])] == [one.id for one in every]
    browse.close()


async def test_deliveries_come_by_state_the_newest_first_a_page_at_a_time(told: Newsroom) -> None:
    await told.add(source())
    for name in "abc":
        told.clock.advance(MINUTE)
        await told.visit("bbc", entry(name, f"Japan {name}"))
    browse, now = Browse.beside(told.store), told.clock.now()
    third, second, first = await browse.deliveries(limit=9)
    assert [one.delivery.alert.story.title for one in (first, second, third)] == ["Japan a", "Japan b", "Japan c"]
    await told.store.outbox.begin(first.delivery.key, now)
    await told.store.outbox.settle(first.delivery.key, Settlement(state=State.SENT, reason="accepted"), now)
    keys = [one.delivery.key for one in await browse.deliveries(states={State.PENDING}, limit=9)]
    assert keys == [third.delivery.key, second.delivery.key]
    assert [one.delivery.key for one in await browse.deliveries(states={State.SENT}, limit=9)] == [first.delivery.key]
    below = await browse.deliveries(below=third.delivery.key, limit=1)
    assert [one.delivery.key for one in below] == [second.delivery.key]
    assert not await browse.deliveries(limit=9, about=False)
    gauge = await browse.gauge(now)
    assert (gauge.outbox[State.PENDING], gauge.outbox[State.DEAD], gauge.sent) == (2, 0, 1)
    assert gauge.oldest_waiting == second.delivery.queued
    assert gauge.sources == {"ok": 1}
    browse.close()


async def test_volumes_count_each_story_once_on_its_day(told: Newsroom, clock: FakeClock) -> None:
    await told.add(source())
    await told.visit("bbc", entry("a", "Japan a"))
    clock.advance(timedelta(days=2))
    await told.visit("bbc", entry("b", "Japan b"), entry("c", "Japan c", published=clock.now()))
    browse = Browse.beside(told.store)
    volumes = await browse.volumes(["japan", "none"], 5, clock.now())
    assert volumes["japan"].total == 3
    assert volumes["none"].days == (0,) * 5
    assert [count for count in volumes["japan"].days if count] == [1, 2]
    clock.advance(timedelta(days=4))
    assert (await browse.volumes(["japan"], 5, clock.now()))["japan"].total == 2
    assert [one.title for one in await browse.matches("japan", None, 2)] == ["Japan c", "Japan b"]
    browse.close()


async def test_sources_say_what_the_last_day_brought_and_how_late(told: Newsroom, clock: FakeClock) -> None:
    await told.add(source(), source("nhk"))
    clock.advance(HOUR)
    late = entry("a", "Japan a", published=clock.now() - 10 * MINUTE)
    await told.visit("bbc", late, entry("b", "Japan b", published=clock.now() - MINUTE))
    browse = Browse.beside(told.store)
    bbc, nhk = await browse.sources(clock.now())
    assert (bbc.fresh, nhk.fresh, nhk.latency) == (2, 0, None)
    assert bbc.latency
    assert (bbc.latency.p95, bbc.latency.stories) == (10 * MINUTE, 2)
    assert (await browse.sources(clock.now() + timedelta(days=2)))[0].fresh == 0
    browse.close()


async def test_an_empty_store_has_a_size_and_no_troubles(store: Store) -> None:
    browse = Browse.beside(store)
    size = await browse.size()
    assert size.used > size.free >= 0
    assert not await browse.troubles()
    assert (await browse.gauge(NOON)).last_alert is None
    browse.close()
