"""Tells who delivers as soon as what was taken in brings something to deliver."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from alerts.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from crawler.couriers import Couriers
    from crawler.intake.ingest import Ingestor
    from crawler.store.gaps import GapClaim
    from crawler.visits.backfill import Gap
    from crawler.visits.page import PageVisit
    from crawler.visits.poll import Poll, Tally

log = logging.getLogger(__name__)


class Announcing:
    """An Ingest that wakes the courier as soon as there is something to deliver."""

    def __init__(self, ingest: Ingestor, courier: Couriers) -> None:
        self._ingest = ingest
        self._courier = courier
        self.stories = 0  # new ones, ever

    async def commit(self, poll: Poll) -> Tally:
        """Commit, then tell the courier."""
        tally = await self._ingest.commit(poll)
        self._tell(tally)
        return tally

    async def commit_page(self, visit: PageVisit) -> Tally:
        """Commit, then tell the courier."""
        tally = await self._ingest.commit_page(visit)
        self._tell(tally)
        return tally

    async def commit_missed(self, claim: GapClaim, poll: Poll, after: Callable[[Tally], Gap]) -> tuple[Tally, Gap]:
        """Commit, then tell the courier."""
        tally, gap = await self._ingest.commit_missed(claim, poll, after)
        self._tell(tally)
        return tally, gap

    async def watch(self) -> None:
        """Look at what only time can bring about, such as silence, and tell the courier."""
        await self._look(self._ingest.watch, "watch-refused")

    async def release(self) -> None:
        """Look at what waits for its time, such as digests, and tell the courier."""
        await self._look(self._ingest.release, "release-refused")

    async def _look(self, look: Callable[[], Awaitable[Tally]], refused: str) -> None:
        try:
            tally = await look()
        except StoreError as error:
            log.warning(refused, extra={"detail": str(error)})
            return
        if tally.alerts:
            self._courier.wake()

    def _tell(self, tally: Tally) -> None:
        self.stories += tally.new
        if tally.brings:
            self._courier.wake()
