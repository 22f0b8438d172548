from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.errors import StoreError
from crawler.visits.poll import Answer, Tally, Validators
from tests.crawler.store.makers import HOUR, LEASE, MINUTE, Newsroom, WordJudge, entry, poll, source
from tests.fakes import NOON

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawler.store import SourceStatus, Store
    from crawler.store.plan import Memory, Plan
    from crawler.visits.poll import Claim
    from spiders.source import Source
    from tests.fakes import FakeClock


async def status(store: Store, name: str = "bbc") -> SourceStatus:
    return next(one for one in await store.sources() if one.id == name)


async def only_claim(store: Store, at_minutes: float = 0) -> Claim:
    (claim,) = await store.claim(NOON + at_minutes * MINUTE, 10, LEASE)
    return claim


async def test_a_new_source_is_due_at_once_and_starts_with_a_first_visit(store: Store) -> None:
    await store.sync_sources([source()], NOON)
    claim = await only_claim(store)
    assert (claim.source, claim.due, claim.first, claim.failures) == ("bbc", NOON, True, 0)
    assert claim.validators == Validators()


async def test_what_is_claimed_is_not_claimed_again_until_its_lease_ends(store: Store) -> None:
    await store.sync_sources([source()], NOON)
    first = await only_claim(store)
    assert await store.claim(NOON + LEASE - timedelta(milliseconds=1), 10, LEASE) == []
    (second,) = await store.claim(NOON + LEASE, 10, LEASE)
    assert second.token > first.token


async def test_a_released_claim_is_due_at_once(store: Store) -> None:
    await store.sync_sources([source()], NOON)
    await store.release(await only_claim(store))
    assert (await only_claim(store)).due == NOON


async def test_a_late_release_does_not_take_the_lease_from_its_new_holder(store: Store) -> None:
    await store.sync_sources([source()], NOON)
    outdated = await only_claim(store)
    await only_claim(store, at_minutes=2)
    await store.release(outdated)
    assert await store.claim(NOON + 3 * MINUTE, 10, LEASE) == []


async def test_the_longest_overdue_come_first_and_no_more_than_asked_for(store: Store, newsroom: Newsroom) -> None:
    await newsroom.add(*(source(name) for name in "abc"), visited=False)
    for name, minutes in (("a", 3), ("b", 1), ("c", 2)):
        await newsroom.visit(name, next_at=NOON + minutes * MINUTE)
    assert [one.source for one in await store.claim(NOON + 5 * MINUTE, 2, LEASE)] == ["b", "c"]
    assert [one.source for one in await store.claim(NOON + 5 * MINUTE, 2, LEASE)] == ["a"]


async def test_nothing_is_claimed_before_it_is_due(store: Store, newsroom: Newsroom) -> None:
    await newsroom.add(source(every=MINUTE))
    assert await store.claim(NOON + MINUTE - timedelta(milliseconds=1), 10, LEASE) == []
    assert (await only_claim(store, at_minutes=1)).due == NOON + MINUTE


@pytest.mark.parametrize(("number", "last"), [(200, timedelta(0)), (201, timedelta(seconds=60))])
async def test_a_crowd_of_new_sources_is_spread_over_a_minute(store: Store, number: int, last: timedelta) -> None:
    await store.sync_sources([source(f"s{n:03}") for n in range(number)], NOON)
    due = [one.next_due - NOON for one in await store.sources() if one.next_due]
    assert due == sorted(due)
    assert last - timedelta(seconds=1) <= due[-1] <= last


async def test_what_a_visit_brought_is_there_at_the_next_one(newsroom: Newsroom) -> None:
    await newsroom.add(source(), visited=False)
    validators = Validators(etag='"é\t1"', last_modified="yesterday", body_hash=bytes(range(16)))
    await newsroom.visit("bbc", validators=validators, failures=0)
    claim = await newsroom.claim("bbc")
    assert (claim.validators, claim.first) == (validators, False)


async def test_a_failure_is_counted_and_the_first_visit_is_still_to_come(store: Store, newsroom: Newsroom) -> None:
    await newsroom.add(source(), visited=False)
    failed = {"answer": Answer.FAILED, "reason": "timeout", "detail": "30 s", "reading": None, "failures": 2}
    await newsroom.visit("bbc", **failed, validators=Validators(), next_at=NOON + HOUR, next_why="retry 2 in 1h")
    now = await status(store)
    assert (now.condition, now.last_at, now.last_ok, now.last_reason) == ("failing", NOON, None, "timeout")
    assert (now.last_detail, now.failures, now.next_due, now.next_why) == ("30 s", 2, NOON + HOUR, "retry 2 in 1h")
    claim = await newsroom.claim("bbc")
    assert (claim.first, claim.failures) == (True, 2)


async def test_an_unchanged_document_is_an_answer_but_not_a_first_reading(store: Store, newsroom: Newsroom) -> None:
    await newsroom.add(source(), visited=False)
    await newsroom.visit("bbc", answer=Answer.UNCHANGED, reason="304", reading=None)
    assert (await status(store)).last_ok == NOON
    assert (await newsroom.claim("bbc")).first


async def test_a_commit_with_an_outdated_claim_writes_nothing(store: Store, newsroom: Newsroom) -> None:
    await newsroom.add(source(), visited=False)
    outdated = await newsroom.claim("bbc")
    current = await newsroom.claim("bbc")
    with pytest.raises(StoreError, match="'bbc' came back after its lease had passed to another: nothing was written"):
        await newsroom.ingest.commit(poll(outdated, newsroom.sources["bbc"], entry()))
    assert (await store.overview(NOON)).stories == 0
    tally = await newsroom.ingest.commit(poll(current, newsroom.sources["bbc"], entry()))
    assert tally.new == 1


async def test_a_claim_serves_for_one_commit(newsroom: Newsroom) -> None:
    await newsroom.add(source(), visited=False)
    claim = await newsroom.claim("bbc")
    await newsroom.ingest.commit(poll(claim, newsroom.sources["bbc"], entry()))
    with pytest.raises(StoreError, match="nothing was written"):
        await newsroom.ingest.commit(poll(claim, newsroom.sources["bbc"], entry("b")))


async def test_no_validator_is_stored_without_its_stories(store: Store, newsroom: Newsroom) -> None:
    await newsroom.add(source(), visited=False)

    def bug(_: Memory) -> Plan:
        raise ZeroDivisionError

    claim = await newsroom.claim("bbc")
    with pytest.raises(ZeroDivisionError):
        await store.commit(poll(claim, newsroom.sources["bbc"], entry()), bug)
    await store.release(claim)
    again = await newsroom.claim("bbc")
    assert (again.validators, again.first) == (Validators(), True)


async def test_a_start_takes_back_every_lease_and_refuses_its_late_commit(
    open_store: Callable[[], Store], clock: FakeClock
) -> None:
    store = open_store()
    await store.sync_sources([source()], NOON)
    orphan = await only_claim(store)
    await store.close()
    store = open_store()
    newsroom = Newsroom(store, WordJudge({}), clock)
    with pytest.raises(StoreError, match="nothing was written"):
        await newsroom.ingest.commit(poll(orphan, source(), entry()))
    assert (await only_claim(store)).source == "bbc"
    await store.close()


async def test_a_source_that_left_the_configuration_rests_and_keeps_its_history(
    store: Store, newsroom: Newsroom
) -> None:
    await newsroom.add(source(), source("nhk"))
    await newsroom.visit("bbc", entry())
    await store.sync_sources([source("nhk")], NOON)
    assert [one.source for one in await store.claim(NOON + HOUR, 10, LEASE)] == ["nhk"]
    gone = await status(store)
    assert (gone.condition, gone.stories) == ("disabled", 1)
    await store.sync_sources([source()], NOON)
    back = await status(store)
    assert (back.condition, back.stories, back.next_why) == ("new", 1, "added again")


async def test_a_source_that_is_added_again_starts_over_with_its_backlog(store: Store, newsroom: Newsroom) -> None:
    await newsroom.add(source())
    await newsroom.visit("bbc", entry("a"), failures=3, next_at=NOON + HOUR)
    under_way = await newsroom.claim("bbc")
    await store.sync_sources([], NOON)
    await store.sync_sources([source()], NOON + MINUTE)
    with pytest.raises(StoreError, match="nothing was written"):
        await newsroom.ingest.commit(poll(under_way, source(), entry("b")))
    claim = await only_claim(store, at_minutes=1)
    assert (claim.first, claim.validators, claim.failures, claim.due) == (True, Validators(), 0, NOON + MINUTE)
    await store.release(claim)
    known, old = entry("a"), entry("old", title="old talks", published=NOON - 30 * HOUR)
    assert await newsroom.visit("bbc", known, old, entry("c", title="new talks")) == Tally(new=2, seen=1, alerts=1)
    assert [title for _, title, _ in await newsroom.told()] == [entry("a").title, "new talks"]


async def test_what_was_edited_while_a_source_was_gone_is_told_only_if_it_is_young_enough(
    store: Store, newsroom: Newsroom
) -> None:
    await newsroom.add(source())
    old, young = NOON - 30 * HOUR, NOON - HOUR
    await newsroom.visit("bbc", *(entry(str(at), title="fish", published=at) for at in (old, young)))
    await store.sync_sources([], NOON)
    await store.sync_sources([source()], NOON)
    await newsroom.visit("bbc", *(entry(str(at), title="fish talks", published=at) for at in (old, young)))
    assert sorted(reason for _, _, reason in await newsroom.reasons()) == ["backlog", "edited"]


async def test_a_new_address_starts_over_and_refuses_a_visit_to_the_old_one(store: Store, newsroom: Newsroom) -> None:
    await newsroom.add(source())
    await newsroom.visit("bbc", failures=3, next_at=NOON + HOUR)
    under_way = await newsroom.claim("bbc")
    moved = source(url="https://bbc.example/new")
    await store.sync_sources([moved], NOON + MINUTE)
    with pytest.raises(StoreError, match="nothing was written"):
        await newsroom.ingest.commit(poll(under_way, source(), entry()))
    claim = await only_claim(store, at_minutes=1)
    assert (claim.first, claim.validators, claim.failures, claim.due) == (True, Validators(), 0, NOON + MINUTE)
    assert (await status(store)).url == moved.url


@pytest.mark.parametrize(
    ("before", "after", "failures", "due"),
    [
        (source(every=HOUR), source(every=MINUTE), 0, MINUTE),
        (source(every=HOUR), source(every=None), 0, 15 * MINUTE),
        (source(every=MINUTE), source(every=HOUR), 0, MINUTE),  # the visit that was promised still comes
        (source(every=HOUR), source(every=MINUTE), 2, HOUR),  # a back-off stands
        (source(every=HOUR), source(every=HOUR, name="Better", tier=1, country="gb"), 0, HOUR),
    ],
)
async def test_a_shorter_interval_holds_at_once(
    newsroom: Newsroom, before: Source, after: Source, failures: int, due: timedelta
) -> None:
    await newsroom.add(before, visited=False)
    await newsroom.visit("bbc", failures=failures)
    await newsroom.store.sync_sources([after], NOON)
    now = await status(newsroom.store)
    assert (now.next_due, now.name) == (NOON + due, after.name)
    assert not (await newsroom.claim("bbc")).first


async def test_the_configuration_may_be_synced_again_while_visits_are_under_way(
    store: Store, newsroom: Newsroom
) -> None:
    await newsroom.add(source(), visited=False)
    claim = await newsroom.claim("bbc")
    await store.sync_sources([replace(source(), tier=1)], NOON)
    assert await store.claim(NOON, 10, LEASE) == []
    assert (await newsroom.ingest.commit(poll(claim, source(), entry()))).new == 1


async def test_sources_that_were_not_let_in_are_due_once_the_configuration_may_let_them_in(
    newsroom: Newsroom, store: Store, clock: FakeClock
) -> None:
    await newsroom.add(source(), source("nhk"))
    for name, reason in (("bbc", "blocked-address"), ("nhk", "503")):
        failed = {"answer": Answer.FAILED, "reason": reason, "reading": None, "failures": 1, "next_at": NOON + HOUR}
        await newsroom.visit(name, **failed)
    assert await store.unblock(clock.now()) == 1
    assert [one.source for one in await store.claim(clock.now(), 10, LEASE)] == ["bbc"]
