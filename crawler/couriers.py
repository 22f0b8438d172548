"""A courier for each way out, so that none waits for another that hangs."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

from alerts.courier import Courier
from alerts.face import face_for
from crawler.store.deliveries import Lane

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterable
    from datetime import timedelta

    from alerts.face import LayOut
    from alerts.notify import Notifier
    from alerts.pacer import Pace
    from crawler.clock import Clock
    from crawler.store.outbox import StoredOutbox


class Couriers:
    """The main notifier's courier, which also refuses what nobody is there for, and one for each named notifier."""

    def __init__(
        self,
        outbox: StoredOutbox,
        notifier: Notifier,
        clock: Clock,
        names: Iterable[str],
        *,
        pace: Pace,
        log: logging.Logger,
        lay_out: LayOut = face_for,
    ) -> None:
        others = tuple(sorted(names))
        lanes = (Lane(but=others), *(Lane(only=name) for name in others))

        def made() -> list[Courier]:
            return [
                Courier(outbox.of(lane), notifier, clock, log=log, chance=random.random, pace=pace, lay_out=lay_out)
                for lane in lanes
            ]

        self._made = made
        self._couriers = made()
        self._failed = 0  # of those before

    @property
    def failures(self) -> int:
        """Bugs and store errors survived."""
        return self._failed + sum(courier.failures for courier in self._couriers)

    def wake(self) -> None:
        """Say that there may be something new in the outbox."""
        for courier in self._couriers:
            courier.wake()

    async def run(self) -> None:
        """Deliver until stopped; when one courier breaks, so do all, and it is raised. It may be run again then."""
        if any(courier.stopped for courier in self._couriers):
            self._failed, self._couriers = self.failures, self._made()
        async with asyncio.TaskGroup() as group:
            for courier in self._couriers:
                group.create_task(courier.run(), name="courier")

    async def drain(self, patience: timedelta) -> None:
        """Deliver until nothing more comes due within ``patience``; raises what the store raises."""
        await asyncio.gather(*(courier.drain(patience) for courier in self._couriers))

    async def stop(self, grace: timedelta) -> None:
        """Finish the calls under way and stop; what takes longer is cut off, and looked for at the next start."""
        await asyncio.gather(*(courier.stop(grace) for courier in self._couriers))
