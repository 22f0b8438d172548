"""Stand-ins that obey the protocols of the program: a clock that never waits, and small makers of values."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from alerts.story import Outlet, Story
from crawler.clock import SystemClock

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


class FakeClock:
    """A clock that moves only when told to, or, with ``eager``, whenever somebody waits for it."""

    def __init__(self, start: datetime = NOON, *, eager: bool = True) -> None:
        self._now = start
        self._eager = eager
        self._waiting: list[tuple[datetime, int, asyncio.Event]] = []
        self._order = itertools.count()

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        self._now += by
        while self._waiting and self._waiting[0][0] <= self._now:
            heapq.heappop(self._waiting)[2].set()

    async def wait_until(self, moment: datetime) -> None:
        if moment <= self._now:
            return
        if self._eager:
            self.advance(moment - self._now)
            await asyncio.sleep(0)
            return
        event = asyncio.Event()
        heapq.heappush(self._waiting, (moment, next(self._order), event))
        await event.wait()


def outlet(**changes: Any) -> Outlet:
    values: dict[str, Any] = {"id": "reuters", "name": "Reuters", "host": "reuters.example", "tier": 1}
    return Outlet(**(values | changes))


def story(title: str = "Japan and France open talks", text: str = "", **changes: Any) -> Story:
    values: dict[str, Any] = {
        "id": 1,
        "outlet": outlet(),
        "url": "https://reuters.example/world/japan-france",
        "title": title,
        "text": text,
        "language": "en",
        "published": NOON - timedelta(minutes=5),
        "seen": NOON,
    }
    return Story(**(values | changes))


class AheadClock:
    """The machine's clock, set ahead by as much as a test likes, so that days pass between two steps."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return self._clock.now() + self.ahead

    async def wait_until(self, moment: datetime) -> None:
        await self._clock.wait_until(moment - self.ahead)


class LeapingClock(AheadClock):
    """The machine's clock, which leaps ahead whenever somebody waits: days pass in a moment, and answers take time."""

    async def wait_until(self, moment: datetime) -> None:
        self.ahead += max(moment - self.now(), timedelta(0))
        await asyncio.sleep(0)


class Machine:
    """A machine whose time leaps ahead whenever somebody sleeps, and whose clock can be set wrong."""

    def __init__(self, start: datetime = NOON) -> None:
        self.true = start
        self.wrong = timedelta(0)

    def shows(self) -> datetime:
        """Return the time as the machine's clock has it."""
        return self.true + self.wrong

    def monotonic(self) -> float:
        """Return seconds that nobody sets."""
        return self.true.timestamp()

    async def sleep(self, seconds: float) -> None:
        """Leap over some seconds."""
        self.leap(self.true + timedelta(seconds=seconds))
        await asyncio.sleep(0)

    def leap(self, moment: datetime) -> None:
        """Let it be a moment, by the true time; never an earlier one."""
        self.true = max(self.true, moment)

    def clock(self) -> SystemClock:
        """Return the clock that a program on this machine goes by."""
        return SystemClock(self.shows, self.monotonic, self.sleep)
