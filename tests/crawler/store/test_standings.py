"""How a source does is written with its visit and comes back with the next claim."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from alerts.errors import StoreError
from crawler.visits.poll import Answer, Tally, Validators
from crawler.visits.rhythm import Rhythm
from crawler.visits.standing import Event, HostHold, Next, Standing, Wishes
from tests.crawler.store.makers import HOUR, LEASE, MINUTE, Newsroom, entry, poll, source
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from crawler.store import Store
    from crawler.visits.poll import Poll

DAY = timedelta(days=1)
FULL = Standing(
    failures=3,
    points=5,
    failing_since=NOON - HOUR,
    reported=NOON - MINUTE,
    gone=1,
    moved_to="https://new.example/",
    heading="https://newer.example/",
    headed=2,
    last_full=NOON - HOUR,
    doubts=1,
    untrusted=NOON - DAY,
    rhythm=Rhythm(found=3.5, watched=7.25, hours=(1.5, *[0.0] * 23), at=NOON, last_new=NOON, learnt=9, gap=HOUR),
    wishes=Wishes(ttl=HOUR, skip_hours=frozenset({1, 2}), skip_days=frozenset({6})),
    entries=20,
    gaps=4,
    silent=NOON - HOUR,
    hub="https://hub.example/",
    topic="https://bbc.example/feed",
)


def decided(standing: Standing = Standing(), **changes: Any) -> Next:  # noqa: B008 -- a frozen value
    facts: dict[str, Any] = {"at": NOON + HOUR, "why": "auto 1h", "standing": standing}
    return Next(**(facts | changes))


@pytest.mark.parametrize("standing", [Standing(), FULL], ids=["nothing", "everything"])
async def test_all_of_it_comes_back(newsroom: Newsroom, standing: Standing) -> None:
    await newsroom.add(source(), visited=False)
    await newsroom.visit("bbc", answer=Answer.FAILED, reading=None, plan=decided(standing))
    claim = await newsroom.claim("bbc")
    assert (claim.standing, claim.url) == (standing, standing.moved_to)
    assert claim.unconditional


async def test_the_next_visit_is_decided_by_what_this_one_changed(newsroom: Newsroom) -> None:
    await newsroom.add(source())
    await newsroom.visit("bbc", entry("old"))
    asked: list[Tally] = []

    def schedule(of: Poll, tally: Tally) -> Next:
        asked.append(tally)
        return decided(at=of.at + tally.new * MINUTE, why=f"{tally.new} new")

    await newsroom.visit("bbc", entry("old"), entry("a", "Talks end"), entry("b", "More talks"), schedule=schedule)
    assert [(tally.new, tally.seen) for tally in asked] == [(2, 1)]
    (status,) = await newsroom.store.sources()
    assert (status.next_due, status.next_why) == (NOON + 2 * MINUTE, "2 new")


async def test_an_outdated_visit_is_refused_before_anything_is_asked(newsroom: Newsroom) -> None:
    await newsroom.add(source(), visited=False)
    outdated = await newsroom.claim("bbc")
    await newsroom.claim("bbc")

    def schedule(_poll: Poll, _tally: Tally) -> Next:
        raise AssertionError("nobody may ask")

    with pytest.raises(StoreError, match="nothing was written"):
        await newsroom.ingest.commit(poll(outdated, newsroom.sources["bbc"], schedule=schedule))


async def test_validators_of_another_address_are_forgotten(newsroom: Newsroom) -> None:
    await newsroom.add(source())
    await newsroom.visit("bbc", plan=decided(Standing(moved_to="https://new.example/"), forget=True))
    assert (await newsroom.claim("bbc")).validators == Validators()


async def test_what_was_decided_is_noted_in_the_poll_log(newsroom: Newsroom) -> None:
    await newsroom.add(source())
    await newsroom.visit("bbc", plan=decided(events=(Event(name="gap", text="this visit shared no item"),)))
    dossier = await newsroom.store.dossier("bbc", NOON)
    assert dossier is not None
    assert dossier.visits[0].notes == ("this visit shared no item",)


async def test_the_whole_document_is_asked_for_a_day_after_it_was_given(store: Store, newsroom: Newsroom) -> None:
    await newsroom.add(source(every=HOUR))
    for hours, unconditional in ((23, False), (24, True)):
        (claim,) = await store.claim(NOON + hours * HOUR, 10, LEASE)
        assert claim.unconditional is unconditional
        await store.release(claim)


async def test_a_document_is_read_once_a_week_though_it_stays_the_same(
    store: Store, newsroom: Newsroom, clock: FakeClock
) -> None:
    await newsroom.add(source(every=HOUR))
    read = []
    for day in range(70):
        clock.advance(DAY)
        (claim,) = await store.claim(clock.now(), 10, LEASE)
        if claim.anew:
            read.append(day)
        await newsroom.ingest.commit(poll(claim, source(every=HOUR), at=clock.now()))  # the whole document
    assert [later - one for one, later in pairwise(read)] == [7] * 9


# ---------------------------------------------------------------- gone


async def test_a_source_that_is_given_up_is_visited_no_more(store: Store, newsroom: Newsroom) -> None:
    await newsroom.add(source(), source("nhk"))
    await newsroom.visit("bbc", plan=decided(Standing(failures=3, gone=3, given_up=True)))
    assert [one.source for one in await store.claim(NOON + 9 * DAY, 10, LEASE)] == ["nhk"]
    status = next(one for one in await store.sources() if one.id == "bbc")
    assert (status.condition, status.next_due) == ("gone", None)


@pytest.mark.parametrize("changes", [{"name": "Better"}, {"url": "https://bbc.example/new"}, {"every": HOUR}, {}])
async def test_it_comes_back_when_its_entry_changes(store: Store, newsroom: Newsroom, changes: dict[str, Any]) -> None:
    await newsroom.add(source())
    await newsroom.visit("bbc", plan=decided(Standing(failures=3, gone=3, given_up=True)))
    await store.sync_sources([source(**changes)], NOON + DAY)
    claimed = [one.source for one in await store.claim(NOON + DAY, 10, LEASE)]
    assert claimed == (["bbc"] if changes else [])


async def test_a_new_address_forgets_how_the_old_one_did(store: Store, newsroom: Newsroom) -> None:
    await newsroom.add(source())
    await newsroom.visit("bbc", plan=decided(FULL))
    await store.sync_sources([source(url="https://bbc.example/new")], NOON + MINUTE)
    (claim,) = await store.claim(NOON + MINUTE, 10, LEASE)
    assert (claim.standing, claim.url, claim.first) == (Standing(), None, True)


async def test_another_cron_string_holds_at_once(store: Store, newsroom: Newsroom) -> None:
    await newsroom.add(source(cron="0 7 * * *"), visited=False)
    await newsroom.visit("bbc", next_at=NOON + 19 * HOUR)
    await store.sync_sources([source(cron="0 * * * *")], NOON + MINUTE)
    (status,) = await store.sources()
    assert (status.next_due, status.next_why) == (NOON + HOUR, "new interval")


# ---------------------------------------------------------------- hosts


async def test_a_hold_is_kept_until_it_ends_and_never_shortened(store: Store, newsroom: Newsroom) -> None:
    await newsroom.add(source())
    for hours in (3, 1, 2):
        hold = HostHold(host="bbc.example", until=NOON + hours * HOUR, reason=f"{hours} h")
        await newsroom.visit("bbc", plan=decided(hold=hold))
    kept = HostHold(host="bbc.example", until=NOON + 3 * HOUR, reason="3 h")
    assert await store.host_holds(NOON + 2 * HOUR) == [kept]
    assert await store.host_holds(NOON + 3 * HOUR) == []
