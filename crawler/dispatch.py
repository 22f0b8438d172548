"""Wall-clock work: what happens every second, whatever the sources say."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC
from typing import TYPE_CHECKING

from apscheduler.schedulers.asyncio import AsyncIOScheduler

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class Dispatcher:
    """The embedded dispatcher: APScheduler in this process and loop, jobs in memory.

    When to visit which source is data in the store, not a job here, so nothing is lost when the process
    ends. A beat that comes late is made up for once, and a job never overlaps itself.
    """

    def __init__(self) -> None:
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=defaults)

    def every(self, seconds: float, job: Callable[[], Awaitable[object]], *, name: str) -> None:
        """Run ``job`` each ``seconds`` from now on, in the running loop."""

        async def beat() -> None:
            with suppress(asyncio.CancelledError):  # by stop; APScheduler would log a traceback
                await job()

        self._scheduler.add_job(beat, "interval", seconds=seconds, id=name, replace_existing=True)

    def start(self) -> None:
        """Begin; must be called inside the loop."""
        self._scheduler.start()

    def stop(self) -> None:
        """Fire nothing more, and cancel what is running."""
        if self._scheduler.running:
            self._scheduler.pause()
            self._scheduler.remove_all_jobs()
            self._scheduler.shutdown(wait=False)
