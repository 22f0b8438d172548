from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.bulletin import Bulletin, Topic
from alerts.errors import StoreError
from alerts.health import Condition
from alerts.outbox import Edited, Receipt, Settlement, State
from crawler.store.shared import fence
from crawler.upkeep.notices import Notices
from tests.crawler.store.makers import HOUR, MINUTE, Newsroom, entry, source
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from crawler.store import Store
    from crawler.store.outbox import StoredOutbox

LENGTH = timedelta(minutes=5)
DUTY = "duty"
CARD = Bulletin(channel="#ops", topic=Topic.SUMMARY, title="The week")
RECEIPT = Receipt(channel="C0NEWS", message="1762084800.000100")


async def having(store: Store, holder: str) -> Store:
    """Return the store as it is to whoever takes the duty up now."""
    token = await store.shared.take(DUTY, holder, LENGTH, NOON)
    assert token is not None
    return store.fenced(fence(DUTY, holder, lambda: token, FakeClock()))


async def test_what_two_decide_at_once_is_told_by_the_one_whose_duty_it_is(store: Store) -> None:
    """The first has read that nothing was told, is stopped for a while, and goes on to tell it."""
    late = Notices(await having(store, "one"), FakeClock(), lambda: None)
    assert await late.told("week") is None
    await store.shared.give([DUTY], "one")
    now = Notices(await having(store, "two"), FakeClock(), lambda: None)
    assert await now.tell("week", Condition.CHANGED, CARD, anew=True)
    assert await late.tell("week", Condition.CHANGED, CARD, anew=True) is None
    assert len(await store.deliveries()) == 1


async def test_who_has_a_duty_no_more_removes_and_stores_nothing(store: Store, newsroom: Newsroom) -> None:
    await newsroom.add(source())
    led = await having(store, "one")
    await led.sync_sources([source(), source("nhk")], NOON)
    await store.shared.give([DUTY], "one")
    with pytest.raises(StoreError, match="another worker does this by now"):
        await led.sync_sources([], NOON)
    assert [one.next_due is None for one in await store.sources()] == [False, False]


async def lost(store: Store) -> StoredOutbox:
    """Return the outbox of whoever delivered until now."""
    token = await store.shared.take(DUTY, "one", LENGTH, NOON)
    await store.shared.give([DUTY], "one")
    return store.outbox.fenced(fence(DUTY, "one", lambda: token, FakeClock()))


async def test_who_delivers_no_more_begins_recovers_and_holds_nothing(newsroom: Newsroom) -> None:
    store = newsroom.store
    await newsroom.add(source())
    await newsroom.visit("bbc", entry())
    outbox = await lost(store)
    (due,) = await store.outbox.due(NOON, 10)
    assert not await outbox.begin(due.key, NOON)
    await outbox.hold("#news", NOON + HOUR, "refused")
    assert await store.outbox.begin(due.key, NOON)
    assert await outbox.recover(NOON) == 0
    (row,) = await store.deliveries()
    assert row.delivery.state is State.SENDING


async def test_what_it_finds_out_late_of_edits_and_audits_is_not_believed(newsroom: Newsroom) -> None:
    store = newsroom.store
    await newsroom.add(source(), source("nhk"))
    await newsroom.visit("bbc", entry())
    (due,) = await store.outbox.due(NOON, 10)
    await store.outbox.begin(due.key, NOON)
    sent = Settlement(state=State.SENT, reason="accepted", receipt=RECEIPT, audit=NOON + MINUTE)
    await store.outbox.settle(due.key, sent, NOON)
    await newsroom.visit("nhk", entry("nhk-1", url="https://nhk.example/a"))
    (edit,), outbox = await store.outbox.edits(NOON + HOUR, 10), await lost(store)
    await outbox.settle_edit(edit, Edited(reason="refused", not_before=NOON + 9 * HOUR), NOON + HOUR)
    await outbox.settle_audit(due.key, NOON + HOUR)
    assert len(await store.outbox.edits(NOON + HOUR, 10)) == 1
    assert len(await store.outbox.audits(NOON + HOUR, 10)) == 1
    await store.outbox.settle_audit(due.key, NOON + HOUR)
    assert await store.outbox.audits(NOON + HOUR, 10) == []
