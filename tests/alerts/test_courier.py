from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.card import MAY_REPEAT, Card
from alerts.courier import Courier
from alerts.errors import (
    CardRefused,
    ChannelRefused,
    DeliveryError,
    Later,
    MessageGone,
    RouteRefused,
    StoreError,
    Unclear,
)
from alerts.outbox import Delivery, Receipt, Settlement, State
from alerts.outcomes import Missing, after_attempt, after_look
from alerts.pacer import Pace, backoff
from tests.fakes import NOON, FakeClock, story
from tests.fakes_outbox import MemoryOutbox, alert, delivery, until

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from alerts.face import Face

LOG = logging.getLogger("test")
AT_ONCE = Pace(channel=timedelta(), overall=timedelta())
RECEIPT = Receipt(channel="C0NEWS0001", message="1.000001")
SECOND = timedelta(seconds=1)

Answer = Exception | None


class Recorder:
    """A notifier that answers as told, then accepts; ``keep`` says whether a failed message stood there anyway."""

    rungs = 2

    def __init__(self, *answers: Answer, finds: Iterable[Answer | Missing] = (), keep: bool = False) -> None:
        self.answers, self.finds, self.keep = list(answers), list(finds), keep
        self.sent: list[tuple[datetime, str, Card]] = []
        self.looks: list[tuple[str, frozenset[str], datetime]] = []
        self.there: list[str] = []
        self.now: Callable[[], datetime] = lambda: NOON
        self.during: Callable[[], object] = lambda: None

    async def edit(self, one: Delivery, face: Face) -> None:
        raise AssertionError(f"nothing was to be edited: {one.key}, {face}")

    async def send(self, one: Delivery, card: Face) -> Receipt:
        assert isinstance(card, Card)
        self.sent.append((self.now(), one.key, card))
        self.during()
        await asyncio.sleep(0)
        answer = self.answers.pop(0) if self.answers else None
        if answer is None or self.keep:
            self.there.append(one.key)
        if answer is not None:
            raise answer
        return Receipt(channel="C0NEWS0001", message=one.key)

    async def copies(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Sequence[Receipt]] | None:
        del channel, keys, since, thread
        return None

    async def delete(self, receipt: Receipt) -> None:
        raise AssertionError(f"nothing was to be deleted: {receipt}")

    async def find(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Receipt] | None:
        assert thread is None
        self.looks.append((channel, frozenset(keys), since))
        self.during()
        await asyncio.sleep(0)
        answer = self.finds.pop(0) if self.finds else None
        if isinstance(answer, Exception):
            raise answer
        if answer is Missing.CANNOT_LOOK:
            return None
        return {key: Receipt(channel="C0NEWS0001", message=key) for key in keys if key in self.there}

    async def close(self) -> None:
        pass


class Bench:
    """A courier with its outbox, notifier and clock."""

    def __init__(self, outbox: MemoryOutbox, notifier: Recorder, pace: Pace = AT_ONCE, *, eager: bool = True) -> None:
        self.outbox, self.notifier = outbox, notifier
        self.clock = FakeClock(eager=eager)
        notifier.now = self.clock.now
        self.courier = Courier(outbox, notifier, self.clock, log=LOG, chance=lambda: 0.0, pace=pace)

    async def until_done(self, rounds: int = 200) -> None:
        for _ in range(rounds):
            await self.courier.step()
            due = await self.outbox.next_due()
            if due is None:
                return
            await self.clock.wait_until(due)
        raise AssertionError(f"not done: {self.outbox.states()}")

    def sent(self) -> list[str]:
        return [key for _, key, _ in self.notifier.sent]


def rows(count: int, channel: str = "#news", prefix: str = "K") -> list[Delivery]:
    return [delivery(f"{prefix}{n:02d}", alert(channel=channel)) for n in range(count)]


# --- the decisions, as tables


def attempted(outcome: Receipt | DeliveryError, **changes: Any) -> Settlement:
    one = delivery(**dict[str, Any]({"attempts": 1, "tried": NOON}, **changes))
    return after_attempt(one, outcome, NOON, pace=Pace(), rungs=2, chance=0.5)


@pytest.mark.parametrize(
    ("outcome", "state", "reason", "wait"),
    [
        (RECEIPT, State.SENT, "accepted", None),
        (Later("ratelimited", after=30 * SECOND), State.PENDING, "try-later", 30 * SECOND),
        (Later("not-connected"), State.PENDING, "try-later", 0.75 * SECOND),
        (Unclear("timeout"), State.UNCLEAR, "unclear", 2 * SECOND),
        (CardRefused("invalid_blocks"), State.PENDING, "made-plainer", 0 * SECOND),
        (ChannelRefused("is_archived"), State.PENDING, "channel-refused", 120 * SECOND),
        (RouteRefused("invalid_auth"), State.PENDING, "route-refused", 300 * SECOND),
        (DeliveryError("something else"), State.UNCLEAR, "unclear", 2 * SECOND),
    ],
)
def test_what_an_attempt_leads_to(
    outcome: Receipt | DeliveryError, state: State, reason: str, wait: timedelta | None
) -> None:
    settlement = attempted(outcome)
    assert (settlement.state, settlement.reason) == (state, reason)
    assert settlement.not_before == (None if wait is None else NOON + wait)
    assert settlement.receipt == (outcome if isinstance(outcome, Receipt) else None)
    assert settlement.detail == ("" if isinstance(outcome, Receipt) else str(outcome))


def test_a_refused_card_goes_down_one_rung_and_dies_on_the_last() -> None:
    assert attempted(CardRefused("invalid_blocks"), rung=0).rung == 1
    last = attempted(CardRefused("no_text"), rung=1)
    assert (last.state, last.reason, last.not_before) == (State.DEAD, "card-refused", None)


def test_a_wait_that_was_asked_for_is_never_cut_short() -> None:
    settlement = attempted(Later("ratelimited", after=SECOND), attempts=9)
    assert settlement.not_before == NOON + 0.75 * 256 * SECOND


@pytest.mark.parametrize("outcome", [RECEIPT, Later("x"), CardRefused("x"), ChannelRefused("x"), RouteRefused("x")])
def test_that_a_message_was_sent_again_is_not_forgotten(outcome: Receipt | DeliveryError) -> None:
    assert attempted(outcome, resent=True).resent


def test_after_another_unclear_answer_looking_starts_anew() -> None:
    assert attempted(Unclear("timeout"), looks=2, resent=True).looks == 0


@pytest.mark.parametrize(
    ("looks", "found", "state", "reason", "wait"),
    [
        (0, RECEIPT, State.SENT, "found", None),
        (0, Missing.NOT_FOUND, State.UNCLEAR, "not-found-yet", 10 * SECOND),
        (1, Missing.NOT_FOUND, State.PENDING, "not-found-twice", 0 * SECOND),
        (0, Missing.CANNOT_LOOK, State.PENDING, "cannot-look", 0 * SECOND),
        (0, CardRefused("invalid_arguments"), State.PENDING, "cannot-look", 0 * SECOND),
        (1, Unclear("timeout"), State.UNCLEAR, "look-failed", 10 * SECOND),
        (1, Later("ratelimited", after=60 * SECOND), State.UNCLEAR, "look-failed", 60 * SECOND),
        (1, Later("not-connected"), State.UNCLEAR, "look-failed", 10 * SECOND),
        (1, ChannelRefused("channel_not_found"), State.UNCLEAR, "look-failed", 900 * SECOND),
        (1, RouteRefused("token_revoked"), State.UNCLEAR, "look-failed", 300 * SECOND),
    ],
)
def test_what_a_look_leads_to(
    looks: int, found: Receipt | Missing | DeliveryError, state: State, reason: str, wait: timedelta | None
) -> None:
    one = delivery(state=State.UNCLEAR, attempts=1, looks=looks, tried=NOON)
    settlement = after_look(one, found, NOON, pace=Pace(), chance=0.5)
    assert (settlement.state, settlement.reason) == (state, reason)
    assert settlement.not_before == (None if wait is None else NOON + wait)
    assert settlement.resent == (state is State.PENDING)
    if state is State.UNCLEAR:
        assert settlement.looks == looks + (found is Missing.NOT_FOUND)


@pytest.mark.parametrize(
    ("minutes", "found", "reason"),
    [
        (9, Later("ratelimited", after=60 * SECOND), "look-failed"),
        (10, Later("ratelimited", after=60 * SECOND), "cannot-look"),
        (10, Later("not-connected"), "look-failed"),  # once there is a network, there is a look
    ],
)
def test_where_we_may_look_too_seldom_it_is_sent_again_in_the_end(minutes: int, found: Later, reason: str) -> None:
    one = delivery(state=State.UNCLEAR, attempts=1, tried=NOON - minutes * 60 * SECOND)
    assert after_look(one, found, NOON, pace=Pace(), chance=0.0).reason == reason


def test_who_was_searched_before_and_then_lost_in_a_crash_is_searched_as_thoroughly() -> None:
    one = delivery(state=State.UNCLEAR, attempts=2, looks=2, resent=True, tried=NOON)
    settlement = after_look(one, Missing.NOT_FOUND, NOON, pace=Pace(), chance=0.5)
    assert (settlement.state, settlement.looks) == (State.UNCLEAR, 1)


def test_a_message_that_gets_lost_again_and_again_is_resent_ever_more_slowly() -> None:
    one = delivery(state=State.UNCLEAR, attempts=5, looks=1, tried=NOON)
    settlement = after_look(one, Missing.NOT_FOUND, NOON, pace=Pace(), chance=0.0)
    assert settlement.not_before == NOON + 4 * SECOND


@given(attempts=st.integers(0, 10_000), chance=st.floats(0, 1, exclude_max=True))
def test_backing_off_grows_to_five_minutes_and_no_further(attempts: int, chance: float) -> None:
    wait = backoff(attempts, Pace(), chance)
    assert wait <= timedelta(minutes=5)
    assert wait >= min(0.5 * SECOND * 2 ** min(max(attempts - 1, 0), 20), timedelta(seconds=150)) * (attempts > 0)


# --- the loop


async def test_what_is_due_is_sent_in_order_and_settled() -> None:
    bench = Bench(MemoryOutbox(*rows(3)), Recorder())
    assert await bench.courier.step() == 3
    assert bench.sent() == ["K00", "K01", "K02"]
    assert bench.outbox.states() == [State.SENT] * 3
    assert bench.outbox.log[0][1].receipt == Receipt(channel="C0NEWS0001", message="K00")
    assert await bench.courier.step() == 0


async def test_a_message_is_marked_as_under_way_before_the_wire() -> None:
    outbox, notifier = MemoryOutbox(*rows(1)), Recorder()
    during: list[Delivery] = []
    notifier.during = lambda: during.append(outbox.rows["K00"])
    await Bench(outbox, notifier).courier.step()
    assert [(one.state, one.attempts, one.tried) for one in during] == [(State.SENDING, 1, NOON)]


async def test_messages_are_paced_a_second_apart_after_a_burst_of_two() -> None:
    bench = Bench(MemoryOutbox(*rows(5)), Recorder(), Pace())
    task = asyncio.create_task(bench.courier.run())
    await until(lambda: len(bench.notifier.sent) == 5)
    await bench.courier.stop(SECOND)
    await task
    waits = [(at - NOON).total_seconds() for at, _, _ in bench.notifier.sent]
    assert waits == [0, 0, 1, 2, 3]


async def test_a_crowded_channel_does_not_keep_others_waiting() -> None:
    duty = delivery("D00", alert(channel="#duty"), queued=NOON + timedelta(microseconds=1))
    bench = Bench(MemoryOutbox(*rows(30), duty), Recorder(), Pace(batch=3))
    bench.clock.advance(SECOND)
    task = asyncio.create_task(bench.courier.run())
    await until(lambda: "D00" in bench.sent())
    await bench.courier.stop(SECOND)
    await task
    assert bench.sent() == ["K00", "K01", "D00"]  # two at once, and the next as soon as the pace for all allows
    assert bench.notifier.sent[-1][0] == NOON + 1.25 * SECOND


async def test_an_unclear_message_that_stands_there_is_not_sent_again() -> None:
    bench = Bench(MemoryOutbox(*rows(1)), Recorder(Unclear("timeout"), keep=True))
    await bench.until_done()
    assert bench.sent() == ["K00"]
    assert bench.outbox.reasons("K00") == ["unclear", "found"]
    assert bench.clock.now() == NOON + 2 * SECOND


async def test_an_unclear_message_not_found_twice_is_sent_again_without_a_notice() -> None:
    bench = Bench(MemoryOutbox(*rows(1)), Recorder(Unclear("timeout")))
    await bench.until_done()
    assert bench.sent() == ["K00", "K00"]
    assert bench.outbox.reasons("K00") == ["unclear", "not-found-yet", "not-found-twice", "accepted"]
    assert bench.outbox.rows["K00"].resent
    assert bench.notifier.sent[1][2].notice is None
    assert bench.clock.now() == NOON + (2 + 10 + 60) * SECOND, "it was looked for once more, a minute later"


async def test_looks_that_cannot_be_made_become_ever_rarer_until_one_can() -> None:
    away = [Later("not-connected")] * 11
    bench = Bench(MemoryOutbox(*rows(1)), Recorder(Unclear("timeout"), finds=[*away, None, Later("not-connected")]))
    looked: list[datetime] = []
    bench.notifier.during = lambda: looked.append(bench.clock.now())
    await bench.until_done()
    waits = [(after - before) / SECOND for before, after in pairwise(looked)]
    assert waits[:13] == [2, 10, 10, 10, 10, 10, 16, 32, 64, 128, 150, 150, 10]
    assert waits[13] == 10, "one look that could be made, and the next that cannot is the first again"


async def test_where_nobody_can_look_it_is_sent_again_with_a_notice() -> None:
    bench = Bench(MemoryOutbox(*rows(1)), Recorder(Unclear("timeout"), finds=[Missing.CANNOT_LOOK]))
    await bench.until_done()
    assert [card.notice for _, _, card in bench.notifier.sent] == [None, MAY_REPEAT]


async def test_one_look_a_channel_answers_for_all_from_a_minute_before_the_first_try() -> None:
    lost = [
        delivery("K00", state=State.SENDING, tried=NOON - 30 * SECOND),
        delivery("K01", state=State.SENDING, tried=NOON - 90 * SECOND),
        delivery("D00", alert(channel="#duty"), state=State.SENDING),
    ]
    bench = Bench(MemoryOutbox(*lost), Recorder())
    bench.notifier.there = ["K00", "K01", "D00"]
    assert await bench.outbox.recover(NOON) == 3
    await bench.until_done()
    assert bench.notifier.looks == [
        ("#duty", frozenset({"D00"}), NOON - 60 * SECOND),
        ("#news", frozenset({"K00", "K01"}), NOON - 150 * SECOND),
    ]
    assert bench.sent() == []


async def test_at_the_start_what_a_crash_left_is_looked_for_before_anything_is_sent() -> None:
    bench = Bench(MemoryOutbox(delivery("K00", state=State.SENDING, tried=NOON), *rows(1, prefix="N")), Recorder())
    bench.notifier.there = ["K00"]
    task = asyncio.create_task(bench.courier.run())
    await until(lambda: bench.outbox.states() == [State.SENT, State.SENT])
    await bench.courier.stop(SECOND)
    await task
    assert bench.sent() == ["N00"]
    assert [key for key, _ in bench.outbox.log] == ["K00", "N00"]


async def test_a_wait_that_was_asked_for_stops_all_channels() -> None:
    outbox = MemoryOutbox(*rows(2), *rows(1, "#duty", "D"))
    bench = Bench(outbox, Recorder(Later("ratelimited", after=30 * SECOND)))
    await bench.until_done()
    assert bench.sent() == ["K00", "K00", "K01", "D00"]
    assert [(at - NOON).total_seconds() for at, _, _ in bench.notifier.sent] == [0, 30, 30, 30]


def told(caplog: pytest.LogCaptureFixture, event: str) -> list[dict[str, Any]]:
    return [vars(record) for record in caplog.records if record.getMessage() == event]


async def test_a_channel_that_refuses_is_tried_ever_more_seldom_and_others_go_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    outbox = MemoryOutbox(*rows(2), *rows(2, "#duty", "D"))
    bench = Bench(outbox, Recorder(ChannelRefused("is_archived")))
    await bench.courier.step()
    assert bench.sent() == ["K00", "D00", "D01"]
    assert outbox.holds["#news"] == (NOON + timedelta(minutes=2), "is_archived")
    assert outbox.states() == [State.PENDING, State.PENDING, State.SENT, State.SENT]
    bench.notifier.answers = [ChannelRefused("is_archived")] * 6
    await bench.until_done()
    assert set(outbox.states()) == {State.SENT}
    tries = [(at - NOON) / timedelta(minutes=1) for at, key, _ in bench.notifier.sent if key == "K00"]
    assert tries == [0, 2, 6, 14, 29, 44, 59, 74]
    (refused,) = told(caplog, "refused")
    assert (refused["channel"], refused["until"]) == ("#news", NOON + timedelta(minutes=2))
    assert refused["detail"] == "is_archived"
    assert [again["channel"] for again in told(caplog, "taken-again")] == ["#news"]


async def test_a_route_that_refuses_stops_everything_until_a_probe_passes(caplog: pytest.LogCaptureFixture) -> None:
    outbox = MemoryOutbox(*rows(2), *rows(2, "#duty", "D"))
    bench = Bench(outbox, Recorder(RouteRefused("token_revoked"), RouteRefused("token_revoked")))
    await bench.until_done()
    assert bench.sent() == ["K00", "K00", "K00", "K01", "D00", "D01"]
    assert bench.clock.now() == NOON + timedelta(minutes=10)
    assert [refused["channel"] for refused in told(caplog, "refused")] == ["all"]


async def test_a_card_nobody_takes_dies_loudly_and_alone(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(
        MemoryOutbox(*rows(2)), Recorder(CardRefused("invalid_blocks", "/blocks/0"), None, CardRefused("no_text"))
    )
    await bench.until_done()
    assert bench.outbox.states() == [State.DEAD, State.SENT]
    assert bench.outbox.reasons("K00") == ["made-plainer", "card-refused"]
    (dead,) = told(caplog, "delivery-dead")
    assert (dead["key"], dead["reason"], dead["attempts"], dead["detail"]) == ("K00", "card-refused", 2, "no_text")


async def test_a_look_that_is_refused_holds_what_it_must() -> None:
    outbox = MemoryOutbox(*rows(1), *rows(1, "#duty", "D"))
    bench = Bench(outbox, Recorder(Unclear("x"), Unclear("x"), finds=[ChannelRefused("channel_not_found")], keep=True))
    await bench.until_done()
    assert outbox.holds.keys() == {"#duty"}
    assert bench.sent() == ["K00", "D00"]
    assert set(outbox.states()) == {State.SENT}


async def test_a_look_that_must_wait_ends_the_round() -> None:
    outbox = MemoryOutbox(*rows(1), *rows(1, "#duty", "D"))
    answers = Unclear("x"), Unclear("x")
    bench = Bench(outbox, Recorder(*answers, finds=[Later("ratelimited", after=60 * SECOND)], keep=True))
    await bench.courier.step()
    bench.clock.advance(2 * SECOND)
    assert await bench.courier.step() == 1
    assert [channel for channel, _, _ in bench.notifier.looks] == ["#duty"]
    await bench.until_done()
    assert bench.sent() == ["K00", "D00"]


async def test_a_bug_in_the_notifier_is_logged_counted_and_never_loses_or_spins(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bench = Bench(MemoryOutbox(*rows(2)), Recorder(*[ZeroDivisionError("bug")] * 3, finds=[ZeroDivisionError("bug")]))
    await bench.until_done()
    assert set(bench.outbox.states()) == {State.SENT}
    assert bench.courier.failures == 4
    assert "ZeroDivisionError: bug" in caplog.text
    assert bench.clock.now() >= NOON + 20 * SECOND


class Failing(MemoryOutbox):
    """An outbox whose next calls of a method fail."""

    def __init__(self, *deliveries: Delivery, method: str, times: int) -> None:
        super().__init__(*deliveries)
        self.method, self.times = method, times

    def _fail(self, method: str) -> None:
        if method == self.method and self.times:
            self.times -= 1
            raise StoreError("the disk is full")

    async def due(self, now: datetime, limit: int) -> Sequence[Delivery]:
        self._fail("due")
        return await super().due(now, limit)

    async def settle(self, key: str, settlement: Settlement, now: datetime) -> None:
        self._fail("settle")
        await super().settle(key, settlement, now)


async def run_until_sent(bench: Bench) -> None:
    task = asyncio.create_task(bench.courier.run())
    await until(lambda: bench.outbox.states() == [State.SENT, State.SENT])
    await bench.courier.stop(SECOND)
    await task


async def test_what_changes_while_another_message_is_on_its_way_is_told_as_it_reads_by_then() -> None:
    first, second = rows(2)
    bench = Bench(MemoryOutbox(first, second), Recorder())
    corrected = replace(second, content=replace(second.alert, story=story(title="The source answers again")))

    def change() -> None:
        if len(bench.notifier.sent) == 1:
            bench.outbox.rows[second.key] = corrected

    bench.notifier.during = change
    await bench.until_done()
    assert [card.headline for _, _, card in bench.notifier.sent][1] == "The source answers again"


async def test_a_reply_that_is_looked_for_in_a_thread_that_is_gone_stands_by_itself() -> None:
    one = replace(delivery("K1"), state=State.UNCLEAR, attempts=1, tried=NOON, looks=1)
    settled = after_look(one, MessageGone("thread_not_found"), NOON + SECOND, pace=AT_ONCE, chance=0.5)
    assert (settled.state, settled.reason, settled.apart) == (State.PENDING, "thread-gone", True)
    assert settled.not_before == NOON + SECOND


class Forgetful(MemoryOutbox):
    """Takes the first begin, and loses its connection before it can say so."""

    failed = False

    async def begin(self, key: str, now: datetime, *, attempts: int | None = None) -> Delivery | None:
        begun = await super().begin(key, now, attempts=attempts)
        if not self.failed:
            self.failed = True
            raise StoreError("the connection was lost")
        return begun


async def test_what_was_begun_when_the_store_was_lost_is_told_all_the_same() -> None:
    bench = Bench(Forgetful(*rows(2)), Recorder())
    await run_until_sent(bench)
    assert sorted(bench.sent()) == ["K00", "K01"]


async def test_a_store_that_cannot_be_read_is_asked_ever_more_slowly() -> None:
    bench = Bench(Failing(*rows(2), method="due", times=3), Recorder())
    await run_until_sent(bench)
    assert bench.courier.failures == 3
    assert bench.clock.now() == NOON + (0.5 + 1 + 2) * SECOND


@pytest.mark.parametrize("times", [1, 2, 3, 4])
async def test_what_a_store_cannot_settle_is_settled_later_and_never_sent_again(times: int) -> None:
    bench = Bench(Failing(*rows(2), method="settle", times=times), Recorder())
    await run_until_sent(bench)
    assert bench.sent() == ["K00", "K01"]
    assert bench.courier.failures > 0


async def test_a_delivery_that_another_took_is_left_alone() -> None:
    outbox = MemoryOutbox(*rows(2))
    notifier = Recorder()
    notifier.during = lambda: outbox.rows.update(K01=replace(outbox.rows["K01"], state=State.SENT))
    assert await Bench(outbox, notifier).courier.step() == 1
    assert [key for _, key, _ in notifier.sent] == ["K00"]


async def test_something_due_that_cannot_be_moved_is_not_asked_for_without_rest() -> None:
    class Stuck(MemoryOutbox):
        asked = 0

        async def due(self, now: datetime, limit: int) -> Sequence[Delivery]:
            self.asked += 1
            await super().due(now, limit)
            return []

    outbox = Stuck(*rows(1))
    bench = Bench(outbox, Recorder())
    task = asyncio.create_task(bench.courier.run())
    await until(lambda: outbox.asked > 5)
    await bench.courier.stop(SECOND)
    await task
    assert bench.clock.now() >= NOON + (outbox.asked - 2) * SECOND


async def test_a_sleeping_courier_is_woken_by_something_new() -> None:
    bench = Bench(MemoryOutbox(), Recorder(), eager=False)
    task = asyncio.create_task(bench.courier.run())
    await asyncio.sleep(0)
    bench.outbox.add(*rows(1))
    bench.courier.wake()
    await until(lambda: bench.outbox.states() == [State.SENT])
    await bench.courier.stop(SECOND)
    await task


async def test_stopping_finishes_the_message_under_way_and_leaves_the_rest() -> None:
    bench = Bench(MemoryOutbox(*rows(3)), Recorder())
    stopping: list[asyncio.Task[None]] = []
    bench.notifier.during = lambda: stopping.append(asyncio.create_task(bench.courier.stop(SECOND)))
    await bench.courier.run()
    await asyncio.gather(*stopping)
    assert bench.outbox.states() == [State.SENT, State.PENDING, State.PENDING]


async def test_a_call_that_hangs_is_cut_off_and_its_message_is_found_at_the_next_start() -> None:
    class Hanging(Recorder):
        async def send(self, one: Delivery, card: Face) -> Receipt:
            await super().send(one, card)
            await asyncio.Event().wait()
            raise AssertionError

    outbox, hanging = MemoryOutbox(*rows(1)), Hanging()
    bench = Bench(outbox, hanging)
    task = asyncio.create_task(bench.courier.run())
    await until(lambda: bool(hanging.sent))
    await bench.courier.stop(timedelta())
    await asyncio.wait({task})
    assert task.cancelled()
    assert outbox.states() == [State.SENDING]
    later = Recorder()
    later.there = hanging.there
    again = Bench(outbox, later)
    await outbox.recover(NOON)
    await again.until_done()
    assert outbox.states() == [State.SENT]
    assert later.sent == []


async def test_stopping_while_looking_leaves_the_other_channels_for_the_next_start() -> None:
    lost = [delivery(f"K{n}", alert(channel=f"#c{n}"), state=State.UNCLEAR, tried=NOON) for n in range(3)]
    bench = Bench(MemoryOutbox(*lost), Recorder(finds=[Unclear("x")]))
    stopping: list[asyncio.Task[None]] = []
    bench.notifier.during = lambda: stopping.append(asyncio.create_task(bench.courier.stop(SECOND)))
    await bench.courier.run()
    await asyncio.gather(*stopping)
    assert len(bench.notifier.looks) == 1


async def test_draining_delivers_what_comes_due_in_time_and_leaves_the_rest() -> None:
    bench = Bench(MemoryOutbox(*rows(5)), Recorder(Later("ratelimited", after=3 * SECOND)), Pace())
    await bench.courier.drain(5 * SECOND)
    assert bench.sent() == ["K00", "K00", "K01", "K02", "K03"]
    assert bench.outbox.states().count(State.PENDING) == 1
    assert bench.clock.now() <= NOON + 5 * SECOND


async def test_draining_looks_for_what_a_crash_left_and_ends_when_all_is_done() -> None:
    bench = Bench(MemoryOutbox(delivery("K00", state=State.SENDING, tried=NOON), *rows(1, prefix="N")), Recorder())
    bench.notifier.there = ["K00"]
    await bench.courier.drain(timedelta(hours=1))
    assert bench.sent() == ["N00"]
    assert set(bench.outbox.states()) == {State.SENT}
    assert bench.clock.now() == NOON


async def test_draining_hands_on_what_the_store_raises() -> None:
    bench = Bench(Failing(*rows(1), method="due", times=1), Recorder())
    with pytest.raises(StoreError):
        await bench.courier.drain(SECOND)


async def test_draining_can_be_stopped() -> None:
    bench = Bench(MemoryOutbox(*rows(3)), Recorder())
    stopping: list[asyncio.Task[None]] = []
    bench.notifier.during = lambda: stopping.append(asyncio.create_task(bench.courier.stop(SECOND)))
    await bench.courier.drain(SECOND)
    await asyncio.gather(*stopping)
    assert bench.sent() == ["K00"]


async def test_stopping_before_the_start_is_no_trouble() -> None:
    bench = Bench(MemoryOutbox(*rows(1)), Recorder())
    await bench.courier.stop(SECOND)
    await bench.courier.run()
    assert bench.sent() == []


FATES = st.sampled_from(["ok", "lost", "kept", "later", "card", "channel", "route", "bug"])


class Fickle(Recorder):
    """A notifier with a fate for each call; ``kept`` is accepted although it fails."""

    def __init__(self, fates: list[str]) -> None:
        super().__init__()
        self.fates = fates

    async def send(self, one: Delivery, card: Face) -> Receipt:
        fate = self.fates.pop() if self.fates else "ok"
        errors: dict[str, Exception] = {
            "lost": Unclear("x"),
            "kept": Unclear("x"),
            "later": Later("x", after=SECOND),
            "channel": ChannelRefused("x"),
            "route": RouteRefused("x"),
            "bug": KeyError("x"),
        }
        self.keep = fate == "kept"
        self.answers = [CardRefused("x") if fate == "card" and not one.rung else errors.get(fate)]
        return await super().send(one, card)


@given(fates=st.lists(FATES, max_size=25), crashes=st.lists(st.integers(1, 40), max_size=3))
async def test_whatever_happens_every_message_stands_there_exactly_once(fates: list[str], crashes: list[int]) -> None:
    outbox, notifier = MemoryOutbox(*rows(4), *rows(3, "#duty", "D")), Fickle(fates)
    clock_at = NOON
    for patience in (*crashes, None):
        bench = Bench(outbox, notifier)
        await bench.clock.wait_until(clock_at)
        task = asyncio.create_task(bench.courier.run())
        if patience is None:
            await until(lambda: set(outbox.states()) == {State.SENT})
        for _ in range(patience or 0):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
        clock_at = bench.clock.now()
    assert sorted(notifier.there) == sorted(outbox.rows)
