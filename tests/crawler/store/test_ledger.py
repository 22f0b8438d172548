from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.errors import FetchError
from crawler.visits.poll import Answer
from crawler.visits.rhythm import Rhythm
from crawler.visits.standing import HostHold, Next, Standing
from spiders.source import Fulltext
from tests.crawler.paging import visit_page
from tests.crawler.store.makers import HOUR, MINUTE, Newsroom, entry, source
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from crawler.store import Account, Store

DAY = timedelta(days=1)


async def account(store: Store, clock: FakeClock, name: str = "bbc") -> Account:
    return next(one for one in await store.accounts(clock.now()) if one.id == name)


async def test_a_source_that_was_never_visited_has_an_empty_account(
    store: Store, newsroom: Newsroom, clock: FakeClock
) -> None:
    await newsroom.add(source(tier=2, country="gb", type="press"), visited=False)
    one = await account(store, clock)
    assert (one.condition, one.last_at, one.stories, one.rate, one.new_a_day, one.latency) == (
        "new",
        None,
        0,
        None,
        None,
        None,
    )
    assert (one.tier, one.country, one.type, one.next_due) == (2, "gb", "press", NOON)


async def test_lateness_is_that_of_stories_found_after_the_first_visit(
    store: Store, newsroom: Newsroom, clock: FakeClock
) -> None:
    await newsroom.add(source(), visited=False)
    await newsroom.visit("bbc", entry("backlog", "Old", published=NOON - 9 * DAY))
    for minutes in (*range(1, 20), 600):
        clock.advance(HOUR)
        published = clock.now() - minutes * MINUTE
        await newsroom.visit("bbc", entry(f"a{minutes}", f"Story {minutes}", published=published))
    clock.advance(MINUTE)
    await newsroom.visit("bbc", entry("undated", "Undated", published=None))
    late = (await account(store, clock)).latency
    assert late is not None
    assert (late.p50, late.p95, late.stories) == (11 * MINUTE, 600 * MINUTE, 20)


async def test_a_story_dated_after_it_was_seen_was_not_late(store: Store, newsroom: Newsroom, clock: FakeClock) -> None:
    await newsroom.add(source())
    clock.advance(HOUR)
    await newsroom.visit("bbc", entry(published=clock.now() + 30 * MINUTE))
    late = (await account(store, clock)).latency
    assert late is not None
    assert late.p50 == timedelta(0)


async def test_new_a_day_is_said_once_a_day_was_watched(store: Store, newsroom: Newsroom, clock: FakeClock) -> None:
    await newsroom.add(source())
    clock.advance(23 * HOUR)
    await newsroom.visit("bbc", *[entry(str(n), f"Story {n}") for n in range(6)])
    assert (await account(store, clock)).new_a_day is None
    clock.advance(HOUR)
    assert (await account(store, clock)).new_a_day == 6
    clock.advance(DAY)
    assert (await account(store, clock)).new_a_day == 3
    clock.advance(9 * DAY)
    assert (await account(store, clock)).new_a_day == 0


@pytest.mark.parametrize(
    ("standing", "condition"),
    [
        (Standing(), "ok"),
        (Standing(silent=NOON), "silent"),
        (Standing(failures=1), "failing"),
        (Standing(failures=1, silent=NOON), "failing"),
        (Standing(failures=1, gone=1), "gone"),
    ],
)
async def test_the_condition_is_the_worst_that_is_true(
    store: Store, newsroom: Newsroom, clock: FakeClock, standing: Standing, condition: str
) -> None:
    await newsroom.add(source())
    await newsroom.visit("bbc", plan=Next(at=NOON, why="w", standing=standing))
    assert (await account(store, clock)).condition == condition
    assert (await store.sources())[0].condition == condition


async def test_a_dossier_holds_the_last_visits_the_rhythm_and_the_holds(
    store: Store, newsroom: Newsroom, clock: FakeClock
) -> None:
    await newsroom.add(source(), source("nhk"))
    for number in range(22):
        clock.advance(MINUTE)
        await newsroom.visit("bbc", entry(str(number), f"Story {number}"))
    hold = HostHold(host="bbc.example", until=clock.now() + HOUR, reason="429")
    rhythm = Rhythm(hours=(12.0, *[0.0] * 23), learnt=12)
    failed = {"answer": Answer.FAILED, "reason": "http-429", "detail": "429 Too Many Requests", "status": 429}
    await newsroom.visit(
        "bbc", **failed, reading=None, plan=Next(at=NOON, why="w", standing=Standing(rhythm=rhythm), hold=hold)
    )
    dossier = await store.dossier("bbc", clock.now())
    assert dossier is not None
    assert (dossier.account.id, len(dossier.visits)) == ("bbc", 20)
    newest, before, *_ = dossier.visits
    assert (newest.answer, newest.reason, newest.status, newest.new) == ("failed", "http-429", 429, 0)
    assert (before.answer, before.new, before.size, before.elapsed) == ("read", 1, 2048, timedelta(milliseconds=120))
    assert dossier.profile[:3] == (12.0, 6.0, 0.0)
    assert dossier.holds == {"bbc.example": (clock.now() + HOUR, "429")}
    assert await store.dossier("nobody", clock.now()) is None


async def test_the_dossier_counts_a_sources_own_pages_and_names_the_last_that_failed(
    store: Store, newsroom: Newsroom, clock: FakeClock
) -> None:
    await newsroom.add(source(fulltext=Fulltext.ALWAYS), source("nhk", fulltext=Fulltext.ALWAYS))
    await newsroom.visit("bbc", *(entry(name, f"Story {name}") for name in "abc"))
    await newsroom.visit("nhk", entry("d", "Story d", url="https://nhk.example/d"))
    await visit_page(newsroom, "https://bbc.example/a", "a longer text")
    await visit_page(newsroom, "https://bbc.example/b", FetchError("robots", "Disallow: /b"))
    clock.advance(MINUTE)
    await visit_page(newsroom, "https://nhk.example/d", FetchError("http-403", ""))
    bbc, nhk = await store.dossier("bbc", clock.now()), await store.dossier("nhk", clock.now())
    assert bbc is not None
    assert nhk is not None
    assert (bbc.pages.due, bbc.pages.read, bbc.pages.failed) == (1, 1, 1)
    assert bbc.failed_page is not None
    assert (bbc.failed_page.url, bbc.failed_page.reason) == ("https://bbc.example/b", "robots")
    assert (nhk.pages.reasons, nhk.pages.read) == ({"http-403": 1}, 0)
