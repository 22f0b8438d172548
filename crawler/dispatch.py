"""Wall-clock work: what happens every second, whatever the sources say."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from crawler.clock import machine_time

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

_LOOK = 1.0  # seconds between looks whether the machine's clock was set back
_SET_BACK = timedelta(seconds=1)  # by so much at least


class Dispatcher:
    """The embedded dispatcher: APScheduler in this process and loop, jobs in memory.

    When to visit which source is data in the store, not a job here, so nothing is lost when the process
    ends. A beat that comes late is made up for once, and a job never overlaps itself. APScheduler goes by the
    machine's clock: when that is set back by an hour it would do nothing for an hour, so all beats begin anew then.
    """

    def __init__(self, machine: Callable[[], datetime] = machine_time) -> None:
        """``machine`` tells the time by which APScheduler goes."""
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=defaults)
        self._machine = machine
        self._seen = machine()
        self._timer: asyncio.TimerHandle | None = None

    def every(self, seconds: float, job: Callable[[], Awaitable[object]], *, name: str) -> None:
        """Run ``job`` each ``seconds`` from now on, in the running loop."""

        async def beat() -> None:
            with suppress(asyncio.CancelledError):  # by stop; APScheduler would log a traceback
                await job()

        self._scheduler.add_job(beat, "interval", seconds=seconds, id=name, replace_existing=True)

    def drop(self, name: str) -> None:
        """Run a job no more; what is running goes on."""
        if self._scheduler.get_job(name):
            self._scheduler.remove_job(name)

    def start(self) -> None:
        """Begin; must be called inside the loop."""
        self._scheduler.start()
        self._look_again()

    def look(self) -> bool:
        """Let all jobs run now, and go on from here, if the machine's clock was set back; say whether it was."""
        now = self._machine()
        was_set_back = now < self._seen - _SET_BACK
        self._seen = now
        if was_set_back:
            for job in self._scheduler.get_jobs():
                job.modify(next_run_time=now)
        return was_set_back

    def stop(self) -> None:
        """Fire nothing more, and cancel what is running."""
        if self._timer:
            self._timer.cancel()
        if self._scheduler.running:
            self._scheduler.pause()
            self._scheduler.remove_all_jobs()
            self._scheduler.shutdown(wait=False)

    def _look_again(self) -> None:
        self.look()
        self._timer = asyncio.get_running_loop().call_later(_LOOK, self._look_again)
