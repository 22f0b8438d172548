"""The courier: empties the outbox, one message at a time, and never repeats what it can find."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import timedelta
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Protocol, TypeVar

from alerts.auditor import Auditor
from alerts.card import MAY_REPEAT
from alerts.editor import Editor
from alerts.errors import ChannelRefused, DeliveryError, Later, Overtaken, RouteRefused, StoreError, Unclear
from alerts.face import LayOut, face_for, face_of
from alerts.outbox import Receipt, Settlement, State, way_of
from alerts.outcomes import Missing, after_attempt, after_look
from alerts.pacer import Pace, Pacer, backoff

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
    from datetime import datetime

    from alerts.notify import Notifier
    from alerts.outbox import Delivery, Outbox

_T = TypeVar("_T")
_PLACE = attrgetter("place")
_LOOK_BACK = timedelta(seconds=60)  # before the first try: clocks differ
_STORE_RETRY = timedelta(seconds=15)  # the longest wait before the store is tried again
_IDLE = timedelta(seconds=1)  # between rounds that could do nothing although something is due


class Clock(Protocol):
    """Tells the time and waits for it."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""

    async def wait_until(self, moment: datetime) -> None:
        """Return once ``now() >= moment``."""


class Courier:
    """Takes deliveries from the outbox to the notifier and settles each with what came of it.

    A delivery is committed as ``sending`` before the wire. After an unclear answer it is looked for, and sent again
    only when it was not found; where nobody can look it is sent again with a notice. One call at a time, so that no
    call can be under way when another one is told to wait.
    """

    def __init__(
        self,
        outbox: Outbox,
        notifier: Notifier,
        clock: Clock,
        *,
        log: logging.Logger,
        chance: Callable[[], float],
        pace: Pace | None = None,
        lay_out: LayOut = face_for,
    ) -> None:
        self._outbox = outbox
        self._notifier = notifier
        self._clock = clock
        self._log = log
        self._chance = chance
        self._pace = pace or Pace()
        self._pacer = Pacer(self._pace.channel, self._pace.overall, burst=self._pace.burst)
        self._lay_out = lay_out
        self._editor = Editor(
            outbox, notifier, clock, log=log, chance=chance, pace=self._pace, guard=self._guarded, lay_out=lay_out
        )
        self._auditor = Auditor(outbox, notifier, clock, log=log, pace=self._pace, guard=self._guarded)
        self._resume: datetime | None = None  # when the pace lets something through that is due already
        self._refused: dict[str | None, str] = {}  # channels (None: the route) that refuse, by error code
        self._blind: dict[tuple[str, str], int] = {}  # looks that failed in a row, by channel and thread
        self._unsettled: dict[str, Settlement] = {}  # decided, but the store could not take it yet
        self._awake = asyncio.Event()
        self._stopping = False
        self._running: asyncio.Task[object] | None = None
        self._ended = asyncio.Event()
        self._unsure = False  # whether something is on the wire that nobody waits for
        self.failures = 0  # bugs and store errors survived; each is in the log with its traceback

    @property
    def stopped(self) -> bool:
        """Whether it was asked to stop."""
        return self._stopping

    def wake(self) -> None:
        """Say that there may be something new in the outbox."""
        self._awake.set()

    async def run(self) -> None:
        """Deliver until stopped; what a crash left under way is looked up first."""
        await self._work(self._rounds())

    async def drain(self, patience: timedelta) -> None:
        """Deliver until nothing more comes due within ``patience`` from now; for runs that end by themselves.

        Raises what the store raises.
        """
        await self._work(self._rounds_until(self._clock.now() + patience))

    async def stop(self, grace: timedelta) -> None:
        """Finish the call under way and stop; after ``grace`` cut it off, and the next start looks for it."""
        self._stopping = True
        self._awake.set()
        if self._running is None:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), grace.total_seconds())
        if not self._ended.is_set():
            self._running.cancel()
            await self._ended.wait()

    async def step(self) -> int:
        """Do one round over what is due, and return how many deliveries it moved.

        A round looks or sends, never both: what a look puts on hold must not be sent from the same batch.
        """
        self._awake.clear()
        await self._settle_late()
        if self._unsure:
            await self._look_for_what_is_under_way()
        batch = await self._outbox.due(self._clock.now(), self._pace.batch)
        self._resume = None
        if unclear := [one for one in batch if one.state is State.UNCLEAR]:
            return await self._look_for(unclear)
        moved = await self._send_all(batch)
        moved += await self._editor.round()
        moved += await self._auditor.round()
        self._resume = _earlier(self._resume, self._editor.opens)
        return moved

    async def _look_for_what_is_under_way(self) -> None:
        """Take up what a crash left on the wire, or a store that took a change and did not live to say so."""
        left = await self._outbox.recover(self._clock.now())
        self._unsure = False
        if left:
            self._log.warning("left-under-way", extra={"count": left})

    async def _work(self, rounds: Coroutine[None, None, None]) -> None:
        self._running = asyncio.current_task()
        self._ended.clear()
        self._unsure = True
        try:
            await rounds
        finally:
            rounds.close()
            self._running = None
            self._ended.set()

    async def _rounds_until(self, end: datetime) -> None:
        while not self._stopping:
            moment = await self._next_round(await self.step())
            if moment is None or moment > end:
                return
            await self._wait(moment)

    async def _rounds(self) -> None:
        failed_in_a_row = 0
        while not self._stopping:
            try:
                await self._wait(await self._next_round(await self.step()))
                failed_in_a_row = 0
            except Exception as error:  # noqa: BLE001  the edge: whatever the store or a bug throws, delivery goes on
                self.failures += 1
                self._unsure = True
                failed_in_a_row += 1
                facts = {"in_a_row": failed_in_a_row, "detail": str(error)}
                trace = None if isinstance(error, StoreError) else error  # the sentence of a StoreError says it all
                self._log.error("delivery-round-broke", extra=facts, exc_info=trace)
                wait = min(backoff(failed_in_a_row, self._pace, self._chance()), _STORE_RETRY)
                await self._wait(self._clock.now() + wait)

    async def _send_all(self, pending: Sequence[Delivery]) -> int:
        moved, resting = 0, set[str | None]()
        for delivery in pending:
            channel = delivery.channel
            if self._stopping:
                break
            opens = self._pacer.opens(channel)
            if resting & {channel, way_of(channel)}:
                continue
            if opens > self._clock.now():
                self._resume = _earlier(self._resume, opens)
                continue
            outcome = await self._attempt(delivery)
            moved += outcome is not None
            if isinstance(outcome, (Later, ChannelRefused, RouteRefused)):  # the next ones would fare no better
                resting.add(_held_with(channel, outcome))
        return moved

    async def _attempt(self, due: Delivery) -> Receipt | DeliveryError | None:
        now = self._clock.now()
        delivery = await self._outbox.begin(due.key, now, attempts=due.attempts)
        if delivery is None:
            return None
        self._pacer.take(delivery.channel, now)
        face = self._lay_out(delivery, notice=MAY_REPEAT if delivery.resent and not delivery.looks else None)
        outcome = await self._guarded(self._notifier.send(delivery, face))
        settlement = after_attempt(
            delivery,
            outcome,
            self._clock.now(),
            pace=self._pace,
            rungs=self._notifier.rungs,
            chance=self._chance(),
            face=face_of(face),
        )
        await self._settle(delivery.key, settlement)
        self._report(delivery, settlement)
        await self._hold(delivery.channel, outcome, settlement.not_before)
        return outcome

    async def _guarded(self, call: Awaitable[_T]) -> _T | DeliveryError:
        try:
            return await call
        except DeliveryError as error:
            return error
        except Exception as error:  # noqa: BLE001  the edge: after a bug nobody knows what was sent
            self.failures += 1
            self._log.exception("delivery-broke")
            return Unclear("bug", repr(error))

    async def _look_for(self, unclear: Iterable[Delivery]) -> int:
        """Look once in each channel, and once in each thread, for all its unclear deliveries."""
        moved, resting = 0, set[str | None]()
        for (channel, thread), group in groupby(sorted(unclear, key=_PLACE), key=_PLACE):
            if self._stopping:
                break
            if way_of(channel) in resting:
                continue
            lost = list(group)
            found = await self._find(channel, lost, thread)
            failed = self._failed_looks((channel, thread), found)
            for delivery in lost:
                one = found.get(delivery.key, Missing.NOT_FOUND) if isinstance(found, dict) else found
                settlement = after_look(
                    delivery, one, self._clock.now(), pace=self._pace, chance=self._chance(), failed=failed
                )
                await self._settle(delivery.key, settlement)
                self._report(delivery, settlement)
                moved += 1
            if isinstance(found, (ChannelRefused, RouteRefused)):
                await self._hold(channel, found, settlement.not_before)
            if isinstance(found, (Later, RouteRefused)):
                resting.add(way_of(channel))
        return moved

    def _failed_looks(self, place: tuple[str, str], found: object) -> int:
        """Return how many looks at a place have failed in a row, with the last one."""
        before = self._blind.pop(place, 0)
        if not isinstance(found, DeliveryError):
            return 0
        self._blind[place] = before + 1
        return before + 1

    async def _find(
        self, channel: str, lost: Sequence[Delivery], thread: str
    ) -> dict[str, Receipt] | Missing | DeliveryError:
        since = min(delivery.tried or delivery.queued for delivery in lost) - _LOOK_BACK
        keys = [delivery.key for delivery in lost]
        found = await self._guarded(self._notifier.find(channel, keys, since, thread or None))
        if isinstance(found, DeliveryError):
            return found
        return Missing.CANNOT_LOOK if found is None else dict(found)

    async def _settle(self, key: str, settlement: Settlement) -> None:
        self._unsettled[key] = settlement
        try:
            await self._outbox.settle(key, settlement, self._clock.now())
        except Overtaken as error:  # another has gone on with it, and knows more by now
            self._log.warning("overtaken", extra={"key": key, "state": settlement.state, "detail": str(error)})
        del self._unsettled[key]

    async def _settle_late(self) -> None:
        """Try again what the store could not take; one that it never takes must not keep the others waiting."""
        for key, settlement in list(self._unsettled.items()):
            try:
                await self._settle(key, settlement)
            except StoreError as error:
                self._log.warning("not-settled", extra={"key": key, "state": settlement.state, "detail": str(error)})

    async def _hold(self, channel: str, outcome: object, until: datetime | None) -> None:
        """Keep back what would fare no better; a refusal is told loudly once, and so is its end."""
        if isinstance(outcome, Receipt):
            for who in (channel, way_of(channel)):
                if self._refused.pop(who, None):
                    self._log.warning("taken-again", extra={"channel": who or "all"})
            return
        if not isinstance(outcome, (Later, ChannelRefused, RouteRefused)):
            return
        who = _held_with(channel, outcome)
        await self._outbox.hold(who, until, str(outcome), refused=not isinstance(outcome, Later))
        if not isinstance(outcome, Later) and self._refused.get(who) != outcome.code:
            self._refused[who] = outcome.code
            self._log.error("refused", extra={"channel": who or "all", "until": until, "detail": str(outcome)})

    def _report(self, delivery: Delivery, settlement: Settlement) -> None:
        level = {State.SENT: logging.INFO, State.DEAD: logging.ERROR}.get(settlement.state, logging.WARNING)
        facts = {
            "key": delivery.key,
            "channel": delivery.channel,
            "reason": settlement.reason,
            "attempts": delivery.attempts,
        }
        detail = {"detail": settlement.detail} if settlement.detail else {}
        self._log.log(level, f"delivery-{settlement.state}", extra=facts | detail)

    async def _next_round(self, moved: int) -> datetime | None:
        """Return when something can be done again: now if woken, else when the pace lets it or when it is due."""
        now, moment = self._clock.now(), self._resume
        if self._awake.is_set():
            return now
        if moment is None:
            moment = await self._outbox.next_due()
            if moment is not None and moment <= now and not moved:
                moment = now + _IDLE  # on a held channel, or of another's making: no reason to spin
        if self._unsettled:
            again = now + self._pace.last_retry
            moment = min(moment or again, again)
        return moment

    async def _wait(self, moment: datetime | None) -> None:
        """Wait for ``moment`` (None: for ever) or to be woken."""
        if self._awake.is_set():
            return
        waits: list[asyncio.Future[object]] = [asyncio.ensure_future(self._awake.wait())]
        if moment is not None:
            waits.append(asyncio.ensure_future(self._clock.wait_until(moment)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(filter(None, (one, other)), default=None)


def _held_with(channel: str, outcome: DeliveryError) -> str | None:
    """Return which channel is held after an outcome; None for all of the main notifier's."""
    return channel if isinstance(outcome, ChannelRefused) else way_of(channel)
