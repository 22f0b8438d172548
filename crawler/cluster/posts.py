"""Posts: duties that one worker at a time has, taken up by another when that one ends, dies or hangs."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from alerts.errors import StoreError

if TYPE_CHECKING:
    from crawler.cluster.leases import Leases

log = logging.getLogger(__name__)


class Duty(Protocol):
    """What somebody does for as long as it is his."""

    async def begin(self) -> None:
        """Take it up. Raises StoreError, and is not taken up then."""

    async def end(self) -> None:
        """Lay it down, at once: it may be another's by now."""


class Post:
    """Takes a duty up when it is free, and lays it down when it is lost."""

    def __init__(self, name: str, duty: Duty, leases: Leases) -> None:
        self.name = name
        self._duty = duty
        self._leases = leases
        self._is_on = False

    async def look(self) -> None:
        """Take it up or lay it down as the leases say; to be called every second."""
        if self._is_on:
            if not self._leases.holds(self.name):
                log.warning("post-lost", extra={"post": self.name})
                await self._lay_down()
            return
        try:
            if await self._leases.take(self.name):
                await self._duty.begin()
                self._is_on = True
                log.info("post-taken", extra={"post": self.name})
        except StoreError as error:
            log.warning("post-not-taken", extra={"post": self.name, "detail": str(error)})
            await self._leases.give([self.name])

    async def leave(self) -> None:
        """Lay it down, so that another can take it up at once."""
        if self._is_on:
            await self._lay_down()
        await self._leases.give([self.name])

    async def _lay_down(self) -> None:
        self._is_on = False
        await self._duty.end()
