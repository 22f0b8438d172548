"""Two couriers on one outbox, their calls interleaved in any way: what one has claimed, the other leaves alone."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from alerts.bulletin import Bulletin, Topic
from alerts.courier import Courier
from alerts.errors import Later, Unclear
from alerts.outbox import Receipt, State
from alerts.pacer import Pace
from crawler.store import calming, deliveries, schema
from crawler.store.calm_plan import NewBulletin
from crawler.store.deliveries import EVERY, Lane
from crawler.store.outbox import StoredOutbox
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from alerts.face import Face
    from alerts.outbox import Delivery

T = TypeVar("T")
KEYS = ("A", "B", "C")
CHANNELS = {"A": "#news", "B": "#news", "C": "hook"}
AT_ONCE = Pace(channel=timedelta(), overall=timedelta())
LOG = logging.getLogger("test")
SPINS = 6  # turns of the loop, after which everybody waits for an answer or is done
LANES = (Lane(but=("hook",)), Lane(only="hook"))


class Database:
    """The real statements on a database in memory; without threads, so that a run can be repeated."""

    def __init__(self) -> None:
        self.engine = create_engine("sqlite://", poolclass=StaticPool)
        schema.metadata.create_all(self.engine)

    async def transact(self, work: Callable[[Connection], T]) -> T:
        with self.engine.begin() as connection:
            return work(connection)

    def outbox(self, lane: Lane = EVERY) -> StoredOutbox:
        return StoredOutbox(self.transact, self.transact, lane)

    async def rows(self) -> Sequence[Delivery]:
        return await self.transact(lambda connection: deliveries.read(connection, deliveries.chosen()))


@dataclass(slots=True)
class Call:
    """A call under way, which the test ends as it likes."""

    what: str
    key: str
    answer: asyncio.Future[str]


class Channel:
    """What stands in the channels; each call waits until somebody says how it ends."""

    rungs = 1

    def __init__(self) -> None:
        self.there: list[tuple[str, Receipt]] = []
        self.under_way: list[Call] = []
        self.eager = False  # answer at once, and well

    def standing(self) -> Counter[str]:
        return Counter(key for key, _ in self.there)

    async def _wait(self, what: str, key: str) -> str:
        if self.eager:
            return "well"
        call = Call(what, key, asyncio.get_running_loop().create_future())
        self.under_way.append(call)
        return await call.answer

    def end(self, call: Call, how: str) -> None:
        """Let a call end: well, unanswered though it was taken, unanswered and never taken, or told to come later."""
        self.under_way.remove(call)
        if call.answer.cancelled():  # its caller died; what it sent may arrive all the same
            if call.what == "send" and how in {"well", "unanswered"}:
                self._post(call.key)
            return
        call.answer.set_result(how)

    def _post(self, key: str) -> Receipt:
        receipt = Receipt(channel="C0NEWS0001", message=f"{len(self.there) + 1:06d}")
        self.there.append((key, receipt))
        return receipt

    async def send(self, one: Delivery, face: Face) -> Receipt:
        del face
        how = await self._wait("send", one.key)
        if how == "later":
            raise Later("ratelimited")
        receipt = self._post(one.key) if how in {"well", "unanswered"} else None
        if how != "well" or receipt is None:
            raise Unclear("timeout")
        return receipt

    async def edit(self, one: Delivery, face: Face) -> None:
        raise AssertionError(f"nothing was to be edited: {one.key}, {face}")

    async def find(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Receipt]:
        del since, thread
        if await self._wait("find", channel) == "later":
            raise Later("ratelimited")
        return {key: receipt for key, receipt in reversed(self.there) if key in keys}

    async def copies(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Sequence[Receipt]]:
        del since, thread
        await self._wait("copies", channel)
        return {key: [receipt for at, receipt in self.there if at == key] for key in keys}

    async def delete(self, one: Receipt) -> None:
        await self._wait("delete", one.message)
        self.there = [(key, receipt) for key, receipt in self.there if receipt != one]

    async def close(self) -> None:
        pass


class Office:
    """Two couriers, a clock, and a hand that decides which call ends next and how."""

    def __init__(self, lanes: Sequence[Lane]) -> None:
        self.database = Database()
        self.channel = Channel()
        self.clock = FakeClock(eager=False)
        self.lanes = lanes
        self.couriers = [self.courier(lane) for lane in lanes]
        self.steps: list[asyncio.Task[int] | None] = [None] * len(lanes)

    def courier(self, lane: Lane) -> Courier:
        outbox = self.database.outbox(lane)
        return Courier(outbox, self.channel, self.clock, log=LOG, chance=lambda: 0.0, pace=AT_ONCE)

    async def queue(self) -> None:
        for key in KEYS:
            content = Bulletin(channel=CHANNELS[key], topic=Topic.SUMMARY, title=f"Summary {key}")
            new = NewBulletin(key=key, content=content, at=NOON)
            await self.database.transact(lambda connection, new=new: calming.publish(connection, new))  # type: ignore[misc]

    async def spin(self) -> None:
        """Let everybody go on who is not waiting for an answer."""
        for number, courier in enumerate(self.couriers):
            step = self.steps[number]
            if step is None or step.done():
                if step is not None and not step.cancelled():
                    step.result()
                self.steps[number] = asyncio.create_task(courier.step())
        for _ in range(SPINS):
            await asyncio.sleep(0)

    async def crash(self, number: int) -> None:
        """Let one courier die, whatever it was doing, and another begin in its place."""
        if (step := self.steps[number]) is not None:
            step.cancel()
            await asyncio.gather(step, return_exceptions=True)
        self.steps[number] = None
        self.couriers[number] = self.courier(self.lanes[number])
        await self.database.outbox(self.lanes[number]).recover(self.clock.now())

    async def finish(self) -> None:
        """Let every call end well from now on, until nothing is left to do; then each message stands there once."""
        self.channel.eager = True
        for call in list(self.channel.under_way):
            self.channel.end(call, "well")
        for _ in range(200):
            await self.spin()
            due = await self.database.outbox().next_due()
            if due is None:
                break
            self.clock.advance(max(due - self.clock.now(), timedelta(0)))
        await asyncio.gather(*(step for step in self.steps if step))
        assert self.channel.standing() == dict.fromkeys(KEYS, 1)
        assert {row.state for row in await self.database.rows()} == {State.SENT}
        self.database.engine.dispose()


async def play(data: st.DataObject, lanes: Sequence[Lane], *, crashes: bool) -> None:
    """Let couriers work while calls end in a drawn order; without crashes nothing may ever stand twice."""
    office = Office(lanes)
    await office.queue()
    hows = ("well", "unanswered", "never", "later")
    for _ in range(data.draw(st.integers(5, 30), label="moves")):
        await office.spin()
        moves: list[Any] = [*office.channel.under_way, timedelta(seconds=1), timedelta(seconds=15)]
        moves += [*range(len(lanes))] if crashes else []
        move = data.draw(st.sampled_from(moves), label="move")
        if isinstance(move, Call):
            office.channel.end(move, data.draw(st.sampled_from(hows), label="how"))
        elif isinstance(move, timedelta):
            office.clock.advance(move)
        else:
            await office.crash(move)
        sending = Counter(call.key for call in office.channel.under_way if call.what == "send")
        assert crashes or max(sending.values(), default=0) <= 1, "two couriers put the same message on the wire"
        assert crashes or max(office.channel.standing().values(), default=0) <= 1
    await office.finish()


async def office_of_two() -> Office:
    office = Office((EVERY, EVERY))
    await office.queue()
    await office.spin()
    return office


async def end(office: Office, *calls: tuple[str, str]) -> None:
    """Let the oldest calls about these keys or channels end so, one after the other."""
    for about, how in calls:
        call = next(call for call in office.channel.under_way if call.key == about)
        office.channel.end(call, how)
        await office.spin()


async def test_what_another_has_tried_since_it_was_read_is_not_begun_from_what_was_read() -> None:
    office = await office_of_two()
    assert [call.key for call in office.channel.under_way] == ["A", "B"]
    await end(office, ("A", "well"), ("C", "later"), ("B", "well"))  # the second reads of C as it was before
    assert [call.key for call in office.channel.under_way] == []
    await office.finish()


async def test_a_look_that_comes_back_late_takes_nothing_off_the_wire() -> None:
    office = await office_of_two()
    await end(office, ("A", "never"), ("B", "well"), ("C", "well"))
    for wait in AT_ONCE.looks:
        office.clock.advance(wait)
        await office.spin()
        assert [call.key for call in office.channel.under_way] == ["#news", "#news"]  # both look for A
        await end(office, ("#news", "well"))
        if wait != AT_ONCE.looks[-1]:
            await end(office, ("#news", "well"))
    await office.spin()
    assert [call.key for call in office.channel.under_way] == ["#news", "A"]  # one sends again, one looks still
    await end(office, ("#news", "well"))
    await office.spin()
    assert [call.key for call in office.channel.under_way] == ["A"]
    await office.finish()


@settings(max_examples=20)
@given(data=st.data(), same_lane=st.booleans())
def test_two_couriers_never_send_the_same_message(data: st.DataObject, same_lane: bool) -> None:
    asyncio.run(play(data, (EVERY, EVERY) if same_lane else LANES, crashes=False))


@settings(max_examples=20)
@given(data=st.data(), same_lane=st.booleans())
def test_when_couriers_die_beside_others_what_was_doubled_is_taken_away(data: st.DataObject, same_lane: bool) -> None:
    asyncio.run(play(data, (EVERY, EVERY) if same_lane else LANES, crashes=True))
