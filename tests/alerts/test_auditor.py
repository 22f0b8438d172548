from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.auditor import extras
from alerts.courier import Courier
from alerts.errors import DeliveryError, Later, MessageGone, RouteRefused, Unclear
from alerts.outbox import AUDIT_FAILED, AUDIT_GIVEN_UP, Delivery, Receipt
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


async def until_done(outbox: MemoryOutbox, notifier: Any, clock: FakeClock | None = None) -> FakeClock:
    clock = clock or FakeClock(eager=True)
    log = logging.getLogger("test")
    courier = Courier(outbox, notifier, clock, log=log, chance=lambda: 0.0, pace=AT_ONCE)
    for _ in range(400):
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


class Unanswered(Lagging):
    """Every try is taken without an answer, and the history shows a message only ``behind`` after it was posted."""

    def __init__(self, clock: FakeClock, behind: timedelta) -> None:
        super().__init__()
        self._clock = clock
        self._behind = behind
        self._at: dict[Receipt, datetime] = {}

    async def send(self, one: Delivery, face: Face) -> Receipt:
        del one, face
        new = receipt(len(self._at) + 1)
        self._at[new] = self._clock.now()
        self.there.append(new)
        raise Unclear("timeout")

    def _seen(self) -> list[Receipt]:
        return [one for one in self.there if self._clock.now() - self._at[one] >= self._behind]

    async def find(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Receipt]:
        del channel, since, thread
        return {key: self._seen()[0] for key in keys if self._seen()}

    async def copies(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Sequence[Receipt]] | None:
        self.audits.append((channel, thread))
        assert since < NOON
        return {key: tuple(self._seen()) for key in keys}


@pytest.mark.parametrize("behind", [5, 75, 90, 200, 400])
async def test_where_only_an_older_copy_was_found_the_audit_comes_again_until_none_can_be_left(behind: int) -> None:
    clock = FakeClock(eager=True)
    outbox, channel = MemoryOutbox(delivery()), Unanswered(clock, behind * SECOND)
    await until_done(outbox, channel, clock)
    (row,) = outbox.rows.values()
    assert channel.there == [row.receipt]
    assert len(channel.audits) <= 11


class Refusing(Lagging):
    """What stands there twice may not be deleted."""

    async def delete(self, one: Receipt) -> None:
        raise RouteRefused("missing_scope", f"{one.message}: needed chat:write")


async def test_an_audit_that_is_refused_for_a_day_is_given_up_and_says_why(caplog: pytest.LogCaptureFixture) -> None:
    outbox, channel = MemoryOutbox(delivery()), Refusing()
    clock = await until_done(outbox, channel)
    (row,) = outbox.rows.values()
    assert set(outbox.audits_of[row.key][:-1]) == {AUDIT_FAILED}
    assert outbox.audits_of[row.key][-1] == AUDIT_GIVEN_UP
    assert outbox.audited[-1][1] == "missing_scope: 1.000001: needed chat:write"
    assert 24 * 3600 * SECOND <= clock.now() - NOON < 25 * 3600 * SECOND
    assert len(channel.audits) < 100
    assert [record.levelname for record in caplog.records if record.message == "audit-given-up"] == ["ERROR"]


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
