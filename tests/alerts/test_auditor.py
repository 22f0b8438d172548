from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from alerts.auditor import extras
from alerts.courier import Courier
from alerts.errors import DeliveryError, Later, MessageGone, Unclear
from alerts.outbox import Delivery, Receipt
from alerts.pacer import Pace
from tests.fakes import NOON, FakeClock
from tests.fakes_outbox import MemoryOutbox, alert, delivery

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from alerts.face import Face

SECOND = timedelta(seconds=1)
AT_ONCE = Pace(channel=timedelta(), overall=timedelta())


def receipt(number: int) -> Receipt:
    return Receipt(channel="C0NEWS0001", message=f"{number}.000001")


class Lagging:
    """A channel whose history lags: the first looks find nothing, and what was sent then stands there twice."""

    rungs = 1

    def __init__(self, *problems: DeliveryError) -> None:
        self.there: list[Receipt] = []
        self.problems = list(problems)
        self.audits: list[tuple[str, str | None]] = []

    async def send(self, one: Delivery, face: Face) -> Receipt:
        del one, face
        self.there.append(receipt(len(self.there) + 1))
        if len(self.there) == 1:
            raise Unclear("timeout")
        return self.there[-1]

    async def edit(self, one: Delivery, face: Face) -> None:
        raise AssertionError(f"nothing was to be edited: {one.key}, {face}")

    async def find(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Receipt]:
        del channel, keys, since, thread
        return {}

    async def copies(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Sequence[Receipt]] | None:
        self.audits.append((channel, thread))
        assert since < NOON
        return {key: tuple(self.there) for key in keys}

    async def delete(self, one: Receipt) -> None:
        if self.problems:
            raise self.problems.pop(0)
        self.there.remove(one)

    async def close(self) -> None:
        pass


async def until_done(outbox: MemoryOutbox, notifier: Any) -> FakeClock:
    clock = FakeClock(eager=True)
    log = logging.getLogger("test")
    courier = Courier(outbox, notifier, clock, log=log, chance=lambda: 0.0, pace=AT_ONCE)
    for _ in range(200):
        await courier.step()
        due = await outbox.next_due()
        if due is None:
            return clock
        await clock.wait_until(due)
    raise AssertionError(outbox.states())


async def test_what_was_sent_again_in_vain_is_taken_away() -> None:
    outbox, channel = MemoryOutbox(delivery()), Lagging()
    clock = await until_done(outbox, channel)
    (row,) = outbox.rows.values()
    assert channel.there == [row.receipt]
    assert outbox.audited == [(row.key, "1 further copies taken away")]
    assert channel.audits == [("#news", None)]
    assert clock.now() == NOON + (2 + 10 + 60) * SECOND


async def test_an_audit_that_fails_is_made_again_and_what_is_gone_is_gone() -> None:
    outbox = MemoryOutbox(delivery())
    channel = Lagging(Later("ratelimited", after=30 * SECOND), MessageGone("message_not_found"))
    await until_done(outbox, channel)
    assert len(channel.audits) == 2
    assert [detail.split()[0] for _, detail in outbox.audited] == ["ratelimited", "1"]


async def test_what_went_out_once_is_not_audited() -> None:
    outbox, channel = MemoryOutbox(delivery()), Lagging()
    channel.there.append(receipt(0))  # so that the first attempt is answered
    await until_done(outbox, channel)
    assert channel.audits == []


@given(numbers=st.lists(st.integers(1, 9), unique=True), known=st.none() | st.integers(1, 9))
def test_one_copy_is_always_left(numbers: list[int], known: int | None) -> None:
    found = [receipt(number) for number in numbers]
    one = delivery(of=alert(), receipt=receipt(known) if known else None)
    left = set(found) - set(extras(one, found))
    assert len(left) == min(len(found), 1)
    if known in numbers:
        assert left == {receipt(known or 0)}
