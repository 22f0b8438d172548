from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from alerts.errors import StoreError
from alerts.outbox import Receipt, Settlement, State
from alerts.policy import Reason
from crawler.store.plan import Draft, Plan, Shift
from crawler.store.schema import delivery_log, page
from crawler.visits.page import PageClaim, PageState, PageVisit
from spiders.source import Fulltext
from tests.crawler.store.makers import HOUR, MINUTE, Newsroom, entry, source
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Row

    from crawler.store import Store
    from crawler.store.plan import Memory

LEASE = 15 * MINUTE


def failed(claim: PageClaim, **changes: Any) -> PageVisit:
    values: dict[str, Any] = {"at": NOON, "state": PageState.FAILED, "reason": "http-404", "detail": "Not Found"}
    return PageVisit(claim=claim, **values | changes)


async def want(newsroom: Newsroom, *names: str) -> None:
    """Take stories in whose pages are wanted, a minute apart."""
    if "bbc" not in newsroom.sources:
        await newsroom.add(source(fulltext=Fulltext.AUTO))
    for name in names:
        newsroom.clock.advance(MINUTE)
        await newsroom.visit("bbc", entry(name, title=f"talks {name}"))


async def claims(newsroom: Newsroom, limit: int = 100) -> Sequence[PageClaim]:
    return await newsroom.store.claim_pages(newsroom.clock.now(), limit, LEASE)


async def rows(store: Store) -> Sequence[Row[Any]]:
    query = select(page).order_by(page.c.story_id)
    return await store._reader.run(lambda connection: connection.execute(query).all())


async def draft(store: Store, story: int) -> Draft | None:
    found: list[Draft | None] = []

    def look(memory: Memory) -> Plan:
        found.append(memory.draft(story))
        return Plan()

    await store.apply(look)
    return found[0]


# ---------------------------------------------------------------- claims


async def test_the_longest_overdue_page_comes_first(newsroom: Newsroom) -> None:
    await want(newsroom, "a", "b", "c")
    found = await claims(newsroom, 2)
    assert [claim.url for claim in found] == ["https://bbc.example/a", "https://bbc.example/b"]
    assert [claim.source for claim in found] == ["bbc", "bbc"]
    assert [claim.due for claim in found] == [NOON + MINUTE, NOON + 2 * MINUTE]
    assert [claim.url for claim in await claims(newsroom)] == ["https://bbc.example/c"]


async def test_a_leased_page_is_nobody_else_s_until_the_lease_ends(newsroom: Newsroom) -> None:
    await want(newsroom, "a")
    (first,) = await claims(newsroom)
    newsroom.clock.advance(LEASE - timedelta(seconds=1))
    assert await claims(newsroom) == []
    newsroom.clock.advance(timedelta(seconds=1))
    (second,) = await claims(newsroom)
    assert second.token > first.token
    with pytest.raises(StoreError, match=r"https://bbc.example/a came back after its lease"):
        await newsroom.store.commit_page(failed(first))
    await newsroom.store.release_page(first)
    assert await claims(newsroom) == []  # who lost the lease cannot give it away
    await newsroom.store.commit_page(failed(second))


async def test_what_is_given_back_is_due_at_once_or_when_it_is_said(newsroom: Newsroom) -> None:
    await want(newsroom, "a")
    (claim,) = await claims(newsroom)
    await newsroom.store.release_page(claim)
    (claim,) = await claims(newsroom)
    assert claim.attempts == 0
    await newsroom.store.release_page(claim, not_before=newsroom.clock.now() + MINUTE)
    assert await claims(newsroom) == []
    newsroom.clock.advance(MINUTE)
    assert len(await claims(newsroom)) == 1


async def test_a_visit_is_settled_once(newsroom: Newsroom) -> None:
    await want(newsroom, "a")
    (claim,) = await claims(newsroom)
    await newsroom.store.commit_page(failed(claim))
    with pytest.raises(StoreError):
        await newsroom.store.commit_page(failed(claim))
    (row,) = await rows(newsroom.store)
    assert (row.state, row.reason, row.detail, row.at, row.attempts, row.next_due) == (
        "failed",
        "http-404",
        "Not Found",
        NOON,
        1,
        None,
    )


async def test_a_restart_takes_every_lease_back_and_refuses_who_still_held_one(
    open_store: Callable[[], Store], judge: Any, clock: FakeClock
) -> None:
    newsroom = Newsroom(open_store(), judge, clock)
    await want(newsroom, "a")
    (before,) = await claims(newsroom)
    await newsroom.store.close()
    newsroom.store = open_store()
    (after,) = await claims(newsroom)
    assert (after.story, after.attempts) == (before.story, 0)
    with pytest.raises(StoreError):
        await newsroom.store.commit_page(failed(before))
    await newsroom.store.close()


async def test_tries_are_counted_and_an_edit_counts_them_anew(newsroom: Newsroom) -> None:
    await want(newsroom, "a")
    for attempts in range(2):
        (claim,) = await claims(newsroom)
        assert claim.attempts == attempts
        later = newsroom.clock.now() + MINUTE
        await newsroom.store.commit_page(failed(claim, state=PageState.DUE, reason="timeout", next_at=later))
        newsroom.clock.advance(MINUTE)
    await newsroom.visit("bbc", entry("a", title="The talks"))
    (claim,) = await claims(newsroom)
    assert claim.attempts == 0


async def test_a_page_that_was_given_up_is_wanted_again_when_its_story_is_edited(newsroom: Newsroom) -> None:
    await want(newsroom, "a")
    await newsroom.store.commit_page(failed((await claims(newsroom))[0]))
    assert await claims(newsroom) == []
    await newsroom.visit("bbc", entry("a", title="The talks"))
    (row,) = await rows(newsroom.store)
    assert (row.state, row.reason, row.detail) == ("due", "", "the source's own text has 0 words")
    assert len(await claims(newsroom)) == 1


async def test_a_step_that_breaks_leaves_the_page_as_it_was(newsroom: Newsroom) -> None:
    await want(newsroom, "a")
    (claim,) = await claims(newsroom)

    def breaks(_: Memory) -> Plan:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await newsroom.store.commit_page(failed(claim), breaks)
    (row,) = await rows(newsroom.store)
    assert (row.state, row.attempts) == ("due", 0)
    await newsroom.store.commit_page(failed(claim))


# ---------------------------------------------------------------- drafts and shifts


async def test_a_story_nobody_knows_has_no_draft(newsroom: Newsroom) -> None:
    assert await draft(newsroom.store, 1) is None


async def test_a_draft_has_what_nobody_has_begun_to_send(newsroom: Newsroom) -> None:
    await want(newsroom)
    await newsroom.visit("bbc", entry("a", title="RARE talks"))
    (claim,) = await claims(newsroom)
    found = await draft(newsroom.store, claim.story)
    assert found is not None
    assert (found.story.title, found.state.version) == ("RARE talks", 1)
    told = {waiting.channel: dict(waiting.told) for waiting in found.waiting}
    assert told == {"#news": {"talks": Reason.FIRST, "rare": Reason.FIRST}, "#minerals": {"rare": Reason.FIRST}}
    for key in [waiting.key for waiting in found.waiting if waiting.channel == "#news"]:
        await newsroom.store.outbox.begin(key, newsroom.clock.now())
        again = Settlement(state=State.PENDING, reason="try-later", not_before=newsroom.clock.now() + HOUR)
        await newsroom.store.outbox.settle(key, again, newsroom.clock.now())
    found = await draft(newsroom.store, claim.story)
    assert found is not None
    assert [waiting.channel for waiting in found.waiting] == ["#minerals"]  # the other may have been seen by people


async def test_what_is_withdrawn_is_final_and_its_story_is_in_the_log(newsroom: Newsroom) -> None:
    await want(newsroom, "a")
    (claim,) = await claims(newsroom)
    found = await draft(newsroom.store, claim.story)
    assert found is not None
    (waiting,) = found.waiting
    now = newsroom.clock.now()
    shift = Shift(waiting=waiting, story=claim.story, at=now, release=True, withdrawn={"talks": Reason.UNDONE})
    await newsroom.store.apply(lambda _: Plan(shifts=[shift]))
    (status,) = await newsroom.store.deliveries(State.WITHDRAWN)
    assert (status.reason, status.not_before, status.delivery.alert.matches) == ("undone", None, ())
    query = select(delivery_log.c.state, delivery_log.c.reason)
    log = await newsroom.store._reader.run(lambda connection: connection.execute(query).all())
    assert log == [("withdrawn", "undone")]
    assert await newsroom.store.outbox.next_due() is None
    sent = Settlement(state=State.SENT, reason="accepted", receipt=Receipt(channel="C", message="1"))
    with pytest.raises(StoreError, match="is final"):
        await newsroom.store.outbox.settle(waiting.key, sent, now)
    overview = await newsroom.store.overview(now)
    assert (overview.outbox[State.WITHDRAWN], overview.oldest_waiting) == (1, None)


async def test_a_message_that_only_waited_is_let_go_and_nothing_else_is_changed(newsroom: Newsroom) -> None:
    await want(newsroom, "a")
    before = await newsroom.told()
    (claim,) = await claims(newsroom)
    found = await draft(newsroom.store, claim.story)
    assert found is not None
    (waiting,) = found.waiting
    now = newsroom.clock.now()
    assert await newsroom.store.outbox.due(now, 10) == []
    shift = Shift(waiting=waiting, story=claim.story, at=now, release=True, withdrawn={})
    await newsroom.store.apply(lambda _: Plan(shifts=[shift]))
    assert [one.key for one in await newsroom.store.outbox.due(now, 10)] == [waiting.key]
    assert await newsroom.told() == before
