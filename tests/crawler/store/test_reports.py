from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.errors import FetchError
from alerts.outbox import Settlement, State
from alerts.policy import Reason
from crawler.store import Pages
from crawler.visits.poll import Answer
from spiders.source import Fulltext
from tests.crawler.paging import visit_page
from tests.crawler.store.makers import HOUR, MINUTE, Newsroom, entry, source
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from crawler.store import Store

WORDS = "Japan and France open talks on a treaty in Tokyo this morning as planned"


async def test_an_empty_store_has_nothing_to_show(store: Store) -> None:
    overview = await store.overview(NOON)
    assert (overview.sources, overview.stories, overview.stories_24h, overview.verdicts) == ({}, 0, 0, {})
    assert overview.outbox == dict.fromkeys(State, 0)
    assert (overview.oldest_waiting, overview.holds) == (None, ())
    assert (await store.sources(), await store.deliveries(), await store.outcomes(NOON)) == ([], [], [])


async def test_the_overview_counts_what_there_is(store: Store, newsroom: Newsroom, clock: FakeClock) -> None:
    await newsroom.add(source("ok"), source("down"), source("gone"))
    await newsroom.add(source("new"), visited=False)
    await newsroom.visit("ok", entry(title=WORDS))
    clock.advance(25 * HOUR)
    await newsroom.visit("ok", entry(title=WORDS), entry("b", title="RARE"), entry("c", title="Nothing to see"))
    await newsroom.visit("down", answer=Answer.FAILED, reason="timeout", reading=None, failures=1)
    await store.sync_sources([one for one in newsroom.sources.values() if one.id != "gone"], clock.now())
    oldest, *_ = sorted(await store.outbox.due(clock.now(), 10), key=lambda one: one.queued)
    await store.outbox.begin(oldest.key, clock.now())
    overview = await store.overview(clock.now())
    assert overview.sources == {"ok": 1, "failing": 1, "disabled": 1, "new": 1}
    assert (overview.stories, overview.stories_24h) == (3, 2)
    assert overview.verdicts == {Reason.FIRST: 3}
    assert overview.outbox == dict.fromkeys(State, 0) | {State.PENDING: 2, State.SENDING: 1}
    assert overview.oldest_waiting == NOON


async def test_an_ended_hold_is_not_shown(store: Store) -> None:
    await store.outbox.hold("#news", NOON + HOUR, "archived")
    assert len((await store.overview(NOON)).holds) == 1
    assert (await store.overview(NOON + HOUR)).holds == ()


async def test_deliveries_are_listed_newest_first_and_by_state(
    store: Store, newsroom: Newsroom, clock: FakeClock
) -> None:
    await newsroom.add(source())
    for number in range(3):
        clock.advance(MINUTE)
        await newsroom.visit("bbc", entry(str(number), title=f"talks {number}"))
    listed = await store.deliveries()
    assert [one.delivery.alert.story.title for one in listed] == ["talks 2", "talks 1", "talks 0"]
    assert [one.reason for one in await store.deliveries(limit=1)] == ["queued"]
    refused = Settlement(state=State.DEAD, reason="invalid_blocks", detail="json-pointer:/blocks/0")
    await store.outbox.settle(listed[1].delivery.key, refused, clock.now())
    (dead,) = await store.deliveries(State.DEAD)
    assert (dead.delivery.alert.story.title, dead.reason, dead.detail) == ("talks 1", refused.reason, refused.detail)
    assert dead.not_before is None
    assert len(await store.deliveries(State.PENDING)) == 2


async def test_outcomes_say_what_became_of_every_story(store: Store, newsroom: Newsroom, clock: FakeClock) -> None:
    await newsroom.add(source(), source("nhk"))
    await newsroom.visit("bbc", entry(title="Too early talks"))
    clock.advance(HOUR)
    await newsroom.visit("bbc", entry("a2", title=WORDS), entry("b", title="A cat", published=None))
    clock.advance(MINUTE)
    await newsroom.visit("nhk", entry(title=WORDS, url="https://nhk.example/1"))
    await newsroom.visit("bbc", entry("b", title="A cat of RARE grace", published=None))
    first, cat, copy = await store.outcomes(NOON + timedelta(seconds=1))
    assert (first.title, first.outlet.id, first.url, first.copy_of) == (WORDS, "bbc", "https://bbc.example/a2", None)
    assert (first.published, first.seen, first.version) == (NOON - MINUTE, NOON + HOUR, 1)
    (ruling,) = first.rulings
    assert (ruling.reason, ruling.channel, ruling.match.rule, ruling.state) == (
        Reason.FIRST,
        "#news",
        "talks",
        State.PENDING,
    )
    assert (cat.title, cat.version, cat.published) == ("A cat of RARE grace", 2, None)
    assert [(one.version, one.channel, one.reason) for one in cat.rulings] == [
        (2, "#minerals", Reason.EDITED),
        (2, "#news", Reason.EDITED),
    ]
    assert copy.copy_of == first.story
    (ruling,) = copy.rulings
    assert (ruling.reason, ruling.delivery, ruling.state) == (Reason.COPY, None, None)


async def test_a_story_that_no_rule_holds_for_is_an_outcome_too(store: Store, newsroom: Newsroom) -> None:
    await newsroom.add(source())
    await newsroom.visit("bbc", entry(title="A cat"))
    (cat,) = await store.outcomes(NOON)
    assert (cat.title, cat.rulings) == ("A cat", ())


async def test_pages_are_counted_for_a_day_and_the_commonest_failure_comes_first(
    store: Store, newsroom: Newsroom, clock: FakeClock
) -> None:
    await newsroom.add(source(fulltext=Fulltext.ALWAYS))
    assert (await store.overview(clock.now())).pages == Pages(due=0, read=0, failed=0, reasons={})
    await newsroom.visit("bbc", *(entry(name, f"Story {name}") for name in "abcde"))
    for name, reason in (("a", "robots"), ("b", "http-403"), ("c", "http-403")):
        await visit_page(newsroom, f"https://bbc.example/{name}", FetchError(reason, ""))
    await visit_page(newsroom, "https://bbc.example/d", "a longer text")
    pages = (await store.overview(clock.now())).pages
    assert (pages.due, pages.read, pages.failed) == (1, 1, 3)
    assert list(pages.reasons.items()) == [("http-403", 2), ("robots", 1)]
    clock.advance(24 * HOUR)
    assert (await store.overview(clock.now())).pages == Pages(due=1, read=0, failed=0, reasons={})


async def test_a_message_waits_for_its_page_until_that_has_spoken(
    store: Store, newsroom: Newsroom, clock: FakeClock
) -> None:
    await newsroom.add(source(fulltext=Fulltext.ALWAYS))
    await newsroom.visit("bbc", entry("a", title="talks"))
    (waiting,) = await store.deliveries()
    assert waiting.page_until == clock.now() + timedelta(seconds=30)
    await visit_page(newsroom, "https://bbc.example/a", FetchError("http-403", "403 Forbidden"))
    (released,) = await store.deliveries()
    assert released.page_until is None
