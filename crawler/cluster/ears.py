"""Hears when another worker has queued something to deliver."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawler.clock import Clock

log = logging.getLogger(__name__)

_AGAIN = timedelta(seconds=5)  # after the connection was lost; meanwhile who delivers looks by himself


class Ears:
    """Listens on a channel of PostgreSQL's NOTIFY."""

    def __init__(self, conninfo: str, channel: str, hear: Callable[[], None], clock: Clock) -> None:
        """``hear`` is called for each notification."""
        self._conninfo = conninfo
        self._channel = channel
        self._hear = hear
        self._clock = clock
        self._listening: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to listen."""
        self._listening = asyncio.create_task(self._listen(), name="ears")

    async def stop(self) -> None:
        """Listen no more."""
        if self._listening:
            self._listening.cancel()
            await asyncio.wait({self._listening})
            self._listening = None

    async def _listen(self) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True) as connection:
                    await connection.execute(psycopg.sql.SQL("LISTEN {}").format(psycopg.sql.Identifier(self._channel)))
                    self._hear()  # what was queued before
                    async for _ in connection.notifies():
                        self._hear()
            except psycopg.Error as error:
                log.info("not-listening", extra={"detail": str(error).strip(), "again": str(_AGAIN)})
            await self._clock.wait_until(self._clock.now() + _AGAIN)
