"""Posts: duties that one worker at a time has, taken up by another when that one ends, dies or hangs."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from alerts.errors import StoreError

if TYPE_CHECKING:
    from crawler.cluster.leases import Leases

log = logging.getLogger(__name__)


class Duty(Protocol):
    """What somebody does for as long as it is his."""

    async def begin(self) -> None:
        """Take it up. Raises StoreError, and is not taken up then."""

    async def end(self, patience: timedelta) -> None:
        """Lay it down, as far as it was taken up; calls under way may take so long."""


class Post:
    """Takes a duty up when it is free, and lays it down when it is lost."""

    def __init__(self, name: str, duty: Duty, leases: Leases) -> None:
        self.name = name
        self._duty = duty
        self._leases = leases
        self._is_on = False
        self._left = False
        self._busy = asyncio.Lock()

    async def look(self) -> None:
        """Take it up or lay it down as the leases say; to be called every second."""
        async with self._busy:
            if self._left:
                return
            if not self._is_on:
                await self._take_up()
            if self._is_on and not self._leases.holds(self.name):
                log.warning("post-lost", extra={"post": self.name})
                await self._lay_down(timedelta())  # it may be another's by now

    async def leave(self, patience: timedelta) -> None:
        """Lay it down for good, so that another can take it up; calls under way may take so long."""
        self._left = True
        async with self._busy:
            if self._is_on:
                await self._lay_down(patience)
            await self._leases.give([self.name])

    async def _take_up(self) -> None:
        begun = taken = False
        try:
            taken = await self._leases.take(self.name)
            if taken:
                await self._duty.begin()
                begun = self._is_on = True
                log.info("post-taken", extra={"post": self.name})
        except StoreError as error:
            log.warning("post-not-taken", extra={"post": self.name, "detail": str(error)})
        finally:
            if taken and not begun:
                await self._duty.end(timedelta())
                await self._leases.give([self.name])

    async def _lay_down(self, patience: timedelta) -> None:
        await self._duty.end(patience)
        self._is_on = False
