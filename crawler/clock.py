"""The only module that may ask the time or wait for it."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_LONGEST_SLEEP = 60.0  # seconds, after which we look again because clocks are set
_SHORTEST_SLEEP = 0.001
_CATCHING_UP = 0.5  # our speed while the machine's clock is behind
_NONE = timedelta(0)
_RESUMED = timedelta(days=1)  # by which a clock may have been set back before a start; what is more was no clock


class Clock(Protocol):
    """Tells the time and waits for it; a test's clock does both without waiting."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""

    async def wait_until(self, moment: datetime) -> None:
        """Return once ``now() >= moment``; at once when it has passed."""


@runtime_checkable
class Steady(Protocol):
    """A clock that knows when the machine's was set back."""

    @property
    def ahead(self) -> timedelta:
        """By how much it is ahead of the machine's, which was set back; zero when it is not."""

    def resume(self, moment: datetime) -> None:
        """Go on from a moment at which somebody went by this clock before a restart."""


def machine_time() -> datetime:
    """Return the time that the machine's clock shows, in UTC; it may be set back at any moment."""
    return datetime.now(UTC)


class SystemClock:
    """The machine's clock, but it never goes back.

    When the machine's is set back, this one goes on from where it was at half its speed, until the other has caught
    up. What is planned was planned by it: else every source would be left alone for as long as the clock was set back.
    """

    def __init__(
        self,
        machine: Callable[[], datetime] = machine_time,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """``monotonic`` tells seconds, from anywhere on; ``sleep`` waits for so many of them."""
        self._machine = machine
        self._monotonic = monotonic
        self._sleep = sleep
        self._lock = Lock()  # the store asks in a thread of its own
        self._shown = machine()
        self._shown_at = monotonic()

    def now(self) -> datetime:
        """Return the time in UTC, never an earlier one than before."""
        with self._lock:
            return self._look()[0]

    @property
    def ahead(self) -> timedelta:
        """By how much this clock is ahead of the machine's, which was set back."""
        with self._lock:
            shown, machine = self._look()
            return shown - machine

    def resume(self, moment: datetime) -> None:
        """Go on from a moment at which somebody went by this clock before a restart, if that is a day ago at most."""
        with self._lock:
            shown, machine = self._look()
            if shown < moment <= machine + _RESUMED:
                self._shown = moment

    async def wait_until(self, moment: datetime) -> None:
        """Sleep until ``moment``, looking again after each sleep because clocks are set."""
        while (left := (moment - self.now()).total_seconds()) > 0:
            await self._sleep(min(max(left, _SHORTEST_SLEEP), _LONGEST_SLEEP))

    def _look(self) -> tuple[datetime, datetime]:
        """Return the time as this clock has it and as the machine's has it."""
        machine, at = self._machine(), self._monotonic()
        passed = timedelta(seconds=max(at - self._shown_at, 0.0) * _CATCHING_UP)
        self._shown, self._shown_at = max(machine, self._shown + passed), at
        return self._shown, machine


def ahead_of_machine(clock: Clock) -> timedelta:
    """Return by how much a clock is ahead of the machine's, which was set back; zero for one that does not know."""
    return clock.ahead if isinstance(clock, Steady) else _NONE
