"""The only module that may ask the time or wait for it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time and waits for it; a test's clock does both without waiting."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""

    async def wait_until(self, moment: datetime) -> None:
        """Return once ``now() >= moment``; at once when it has passed."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the machine's time in UTC."""
        return datetime.now(UTC)

    async def wait_until(self, moment: datetime) -> None:
        """Sleep until ``moment``, looking again after each sleep because clocks are set."""
        while (left := (moment - self.now()).total_seconds()) > 0:
            await asyncio.sleep(min(left, 60.0))
