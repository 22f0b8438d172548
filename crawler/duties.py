"""What Tocsin does for as long as it runs, in three parts: one process does all, or several share them out."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import timedelta

    from alerts.notify.fallback import Fallback
    from crawler.couriers import Couriers
    from crawler.desk.reception import Reception
    from crawler.dispatch import Dispatcher
    from crawler.health import Health
    from crawler.patrol.backfill import Backfill
    from crawler.patrol.pages import PagePatrol
    from crawler.patrol.sources import Patrol
    from crawler.patrol.websub import WebSub
    from crawler.store import Store
    from crawler.store.beside import Neighbours
    from crawler.tuning.trials import TrialReports
    from crawler.upkeep.housekeeping import Housekeeping
    from crawler.upkeep.timekeeping import Timekeeping
    from crawler.upkeep.upkeep import Upkeep

log = logging.getLogger(__name__)

TICK = 1.0  # seconds between looks at what is due
FEW_SECONDS = 5.0  # between looks at what hubs are to be asked
MINUTE = 60.0  # seconds between looks at what only time brings about


class Crawling:
    """Visits what is due."""

    def __init__(self, dispatcher: Dispatcher, patrol: Patrol, pages: PagePatrol, upkeep: Upkeep) -> None:
        self._dispatcher = dispatcher
        self._patrol = patrol
        self._pages = pages
        self._upkeep = upkeep

    async def begin(self) -> None:
        """Look each second from now on."""
        collecting = self._upkeep.collecting
        self._dispatcher.every(TICK, collecting(partial(self._patrol.tick, gently=True)), name="patrol")
        self._dispatcher.every(TICK, collecting(self._pages.tick), name="pages")

    async def arrived(self) -> None:
        """Look at once: there is more to claim than a moment ago."""
        await asyncio.gather(self._patrol.tick(gently=True), self._pages.tick())

    async def end(self, patience: timedelta) -> None:
        """Claim no more, let visits under way end within ``patience``, and give the other claims back."""
        await asyncio.gather(self._patrol.drain(patience), self._pages.drain(patience))


class Delivering:
    """Sends messages, and hears Slack's buttons."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        couriers: Couriers,
        neighbours: Neighbours,
        receive: Callable[[], Reception | None],
    ) -> None:
        """``receive`` makes what hears buttons, where there is one."""
        self._dispatcher = dispatcher
        self._couriers = couriers
        self._neighbours = neighbours
        self._receive = receive
        self._reception: Reception | None = None
        self._working: asyncio.Task[None] | None = None
        self.broke = asyncio.Event()  # a courier ended by a bug

    async def begin(self) -> None:
        """Deliver from now on; what a crash left under way is looked up first."""
        await self._neighbours.look()  # what they write from here on, the courier has not seen
        self._working = asyncio.create_task(self._couriers.run(), name="courier")
        self._working.add_done_callback(self._ended)
        self._dispatcher.every(TICK, self._neighbours.look, name="neighbours")
        self._reception = self._receive()
        if self._reception:
            self._reception.start()

    async def end(self, patience: timedelta) -> None:
        """Finish the calls under way, as far as ``patience`` reaches, and stop."""
        self._dispatcher.drop("neighbours")
        hearing = [self._reception.stop(patience)] if self._reception else []
        await asyncio.gather(self._couriers.stop(patience), *hearing)

    def raise_what_broke(self) -> None:
        """Raise what a courier ended by, if one did: let it be seen."""
        if self.broke.is_set() and self._working:
            self._working.result()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception():
            self.broke.set()


class Leading:
    """Does what goes by the clock, and what one process does for all."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        store: Store,
        *,
        prepare: Callable[[], Awaitable[None]],
        backfill: Backfill,
        watch: Callable[[], Awaitable[None]],
        release: Callable[[], Awaitable[None]],
        health: Health,
        timekeeping: Timekeeping,
        trials: TrialReports,
        housekeeping: Housekeeping,
        fallback: Fallback | None,
        websub: WebSub | None,
        upkeep: Upkeep,
        is_ours: Callable[[], bool],
    ) -> None:
        """``prepare`` lets the store agree with the configuration; ``watch`` and ``release`` are the ingest's.

        ``is_ours`` tells whether it is this process that leads still.
        """
        self._is_ours = is_ours
        self._dispatcher = dispatcher
        self._store = store
        self._prepare = prepare
        self._websub = websub
        self._upkeep = upkeep
        self._timekeeping = timekeeping
        self._jobs: dict[str, tuple[float, Callable[[], Awaitable[object]]]] = {
            "backfill": (MINUTE, upkeep.collecting(backfill.tick)),
            "watch": (MINUTE, watch),
            "release": (FEW_SECONDS, release),
            "health": (MINUTE, health.watch),
            "clock": (MINUTE, timekeeping.look),
            "trials": (MINUTE, trials.tick),
            "housekeeping": (MINUTE, housekeeping.tick),
        }
        if fallback:
            self._jobs["fallback"] = MINUTE, fallback.tick
        if websub:
            self._jobs["websub"] = FEW_SECONDS, websub.tick

    async def begin(self) -> None:
        """Let the store agree with the configuration, and look at everything from time to time. Raises StoreError."""
        await self._prepare()
        self._timekeeping.forget()
        if self._websub:
            await self._websub.start()
        elif ended := await self._store.drop_subscription(None):
            log.info("websub-off", extra={"subscriptions": ended, "next": "their leases run out by themselves"})
        for name, (seconds, job) in self._jobs.items():
            self._dispatcher.every(seconds, self._ours(job), name=name)
        await self._upkeep.lead(self._dispatcher, self._ours)

    async def end(self, patience: timedelta) -> None:
        """Look at nothing more; nothing here takes ``patience``."""
        del patience
        for name in self._jobs:
            self._dispatcher.drop(name)
        await self._upkeep.resign(self._dispatcher)
        if self._websub:
            await self._websub.stop()

    def _ours(self, job: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[object]]:
        """Return a job that is not done once another process leads: one that was stopped for a while may be late."""

        async def if_ours() -> object:
            return await job() if self._is_ours() else None

        return if_ours
