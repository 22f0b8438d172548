from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from alerts.outbox import AUDIT_FAILED, AUDIT_GIVEN_UP, Receipt, Settlement, State
from crawler.store.health import StoredHealth
from tests.crawler.store.makers import HOUR, MINUTE, Newsroom, entry, source
from tests.fakes import NOON

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.health import Doubles
    from alerts.outbox import Suspect
    from crawler.store import Store

RECEIPT = Receipt(channel="C0NEWS", message="1762084800.000100")


async def sent_again(newsroom: Newsroom, how: str) -> str:
    """Let a message be sent again after an unclear answer, and return its key."""
    await newsroom.add(source())
    await newsroom.visit("bbc", entry())
    outbox = newsroom.store.outbox
    (due,) = await outbox.due(NOON, 10)
    await outbox.begin(due.key, NOON)
    settled = Settlement(state=State.SENT, reason=how, receipt=RECEIPT, resent=True, audit=NOON + 2 * MINUTE)
    await outbox.settle(due.key, settled, NOON + MINUTE)
    return due.key


async def suspects(store: Store) -> Sequence[Suspect]:
    return await store.outbox.audits(NOON + 9 * HOUR, 10)


@pytest.mark.parametrize("how", ["accepted", "found"])
async def test_an_audit_knows_since_when_a_message_stands_and_how_that_is_known(newsroom: Newsroom, how: str) -> None:
    key = await sent_again(newsroom, how)
    assert await newsroom.store.outbox.audits(NOON + MINUTE, 10) == []
    (one,) = await suspects(newsroom.store)
    assert (one.delivery.key, one.settled, one.found, one.failing) == (key, NOON + MINUTE, how == "found", None)


async def test_an_audit_that_fails_knows_since_when(newsroom: Newsroom) -> None:
    key = await sent_again(newsroom, "accepted")
    for hours in 1, 2, 3:
        later = NOON + (hours + 1) * HOUR
        await newsroom.store.outbox.settle_audit(
            key, NOON + hours * HOUR, reason=AUDIT_FAILED, detail="ratelimited", not_before=later
        )
    (one,) = await suspects(newsroom.store)
    assert one.failing == NOON + HOUR


async def test_one_that_was_given_up_comes_no_more_and_is_counted_for_a_week(newsroom: Newsroom) -> None:
    key = await sent_again(newsroom, "accepted")
    at = NOON + 25 * HOUR
    await newsroom.store.outbox.settle_audit(key, at, reason=AUDIT_GIVEN_UP, detail="missing_scope")
    assert await suspects(newsroom.store) == []

    async def doubles(days: int) -> Doubles:
        now = NOON + days * 24 * HOUR
        return await newsroom.store._reader.run(lambda connection: StoredHealth(connection).doubles(now))

    told = await doubles(2)
    assert (told.number, told.key, told.channel, told.detail, told.at) == (1, key, "#news", "missing_scope", at)
    assert (await doubles(9)).number == 0
