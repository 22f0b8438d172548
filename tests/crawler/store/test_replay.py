"""Messages that were refused are tried again when somebody asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.outbox import Receipt, Settlement, State
from alerts.slack.desk import Audit
from tests.crawler.store.makers import HOUR, Newsroom, entry, source
from tests.fakes import NOON

if TYPE_CHECKING:
    from tests.fakes import FakeClock

WHY = Audit(at=NOON, user="ada", channel=None, deed="outbox-replay", on="")


async def told(newsroom: Newsroom, settlement: Settlement) -> str:
    """Let one message be told, and come to that."""
    await newsroom.add(source())
    await newsroom.visit("bbc", entry("a", "talks"))
    (row,) = await newsroom.store.deliveries()
    await newsroom.store.outbox.begin(row.delivery.key, NOON)
    await newsroom.store.outbox.settle(row.delivery.key, settlement, NOON)
    return row.delivery.key


async def test_a_dead_message_is_due_again_with_its_full_card_and_says_who_asked(newsroom: Newsroom) -> None:
    store = newsroom.store
    key = await told(newsroom, Settlement(state=State.DEAD, reason="card-refused", rung=1))
    assert await store.outbox.due(NOON, 9) == []
    (done,) = await store.people.replay(None, WHY)
    assert (done.key, done.state, done.again) == (key, State.DEAD, True)
    (due,) = await store.outbox.due(NOON, 9)
    assert (due.key, due.rung) == (key, 0)
    found = await store.people.message(key)
    assert found is not None
    assert (found.steps[-1].reason, found.steps[-1].detail) == ("replayed", "asked by ada")
    (audit,) = await store.people.audits(9)
    assert (audit.user, audit.deed, audit.on, audit.detail) == ("ada", "outbox-replay", key, "was dead, to #news")


async def test_a_message_that_its_channel_refused_does_not_wait_for_the_next_try(newsroom: Newsroom) -> None:
    store = newsroom.store
    parked = Settlement(state=State.PENDING, reason="channel-refused", not_before=NOON + HOUR)
    key = await told(newsroom, parked)
    await store.outbox.hold("#news", NOON + HOUR, "is_archived", refused=True)
    await store.outbox.hold(None, NOON + HOUR, "token_revoked", refused=True)
    assert await store.outbox.due(NOON, 9) == []
    await store.people.replay([key], WHY)
    assert [one.key for one in await store.outbox.due(NOON, 9)] == [key]


async def test_a_wait_that_the_other_side_asked_for_goes_on(newsroom: Newsroom) -> None:
    store = newsroom.store
    key = await told(newsroom, Settlement(state=State.PENDING, reason="try-later", not_before=NOON + HOUR))
    await store.outbox.hold("#news", NOON + HOUR, "ratelimited")
    await store.people.replay([key], WHY)
    assert await store.outbox.due(NOON, 9) == []
    assert len(await store.outbox.due(NOON + HOUR, 9)) == 1


async def test_what_stands_in_the_channel_is_left_alone(newsroom: Newsroom, clock: FakeClock) -> None:
    store = newsroom.store
    sent = Settlement(state=State.SENT, reason="accepted", receipt=Receipt(channel="C", message="1"))
    key = await told(newsroom, sent)
    (done,) = await store.people.replay([key, "NOBODY"], WHY)
    assert (done.state, done.again) == (State.SENT, False)
    assert await store.people.replay(None, WHY) == []
    assert await store.outbox.due(clock.now() + HOUR, 9) == []
    assert await store.people.audits(9) == []
