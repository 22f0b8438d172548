"""Forgets what nothing is compared with any more."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from alerts.cluster.copies import UPDATE_WINDOW
from alerts.cluster.events import LIFE
from alerts.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crawler.clock import Clock

log = logging.getLogger(__name__)

KEPT = UPDATE_WINDOW  # for so long a story is looked for among those that others may be copies of
EVERY = timedelta(hours=1)
AFRESH = timedelta(days=1)  # stories that were edited since they were forgotten are found then
FEW = 200  # stories at a time, so that no visit waits long for the store


class Bands(Protocol):
    """What is kept to find copies and events by."""

    async def forget_bands(self, before: datetime, limit: int, after: int) -> Sequence[int]:
        """Forget what up to ``limit`` stories seen before a moment, their ids above ``after``, are found by.

        Returns their ids in order. Raises StoreError.
        """

    async def forget_events(self, before: datetime, limit: int) -> int:
        """Forget by which words up to ``limit`` events were found that ended before a moment, and say how many.

        Raises StoreError.
        """


class Housekeeping:
    """Keeps the store from growing by what is only of use for a time."""

    def __init__(self, store: Bands, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._last: datetime | None = None
        self._began: datetime | None = None
        self._after = 0  # the story up to which all is forgotten

    async def tick(self) -> None:
        """Tidy up, unless it was done within the hour; to be called every minute."""
        now = self._clock.now()
        if self._last is None or now - self._last >= EVERY:
            self._last = now
            await self.tidy()

    async def tidy(self) -> int:
        """Forget all that is old enough, a few stories at a time, and say of how many stories and events."""
        now = self._clock.now()
        if self._began is None or now - self._began >= AFRESH:
            self._began, self._after = now, 0
        forgotten = ended = 0
        try:
            while some := await self._store.forget_bands(now - KEPT, FEW, self._after):
                forgotten += len(some)
                self._after = some[-1]
            while (some_events := await self._store.forget_events(now - LIFE, FEW)) > 0:
                ended += some_events
        except StoreError as error:
            log.warning("housekeeping-refused", extra={"detail": str(error), "next": "tried again in an hour"})
        if forgotten:
            log.info("bands-forgotten", extra={"stories": forgotten, "seen_before": (now - KEPT).isoformat()})
        if ended:
            log.info("events-forgotten", extra={"events": ended, "last_before": (now - LIFE).isoformat()})
        return forgotten + ended
