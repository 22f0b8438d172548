"""Tells people that the machine's clock was set back, and goes on from where the store is after a restart."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.clock_cards import of_clock, of_clock_again
from alerts.errors import StoreError
from alerts.health import Condition
from alerts.health_cards import Setting
from crawler.clock import Steady, ahead_of_machine
from spiders.reasons import meaning

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawler.clock import Clock
    from crawler.config.model import Config
    from crawler.store import Store
    from crawler.upkeep.notices import Notices

log = logging.getLogger(__name__)

SUBJECT = "clock"
WORTH = timedelta(minutes=1)  # by which a clock is set back, before people are told


class Timekeeping:
    """Looks at how far our clock is ahead of the machine's."""

    def __init__(self, store: Store, clock: Clock, notices: Notices, config: Callable[[], Config]) -> None:
        """``config`` returns the one in force."""
        self._store = store
        self._clock = clock
        self._notices = notices
        self._config = config
        self._known = False  # whether we know what people were told
        self._open = False  # people were told that it was set back, and not yet that this is over

    async def resume(self) -> None:
        """Let the clock go on from the last moment at which somebody watched. Raises StoreError."""
        if isinstance(self._clock, Steady):
            stretches = await self._store.ask(lambda memory: memory.stream.watched(None))
            if stretches:
                self._clock.resume(max(until for _, until in stretches))

    def forget(self) -> None:
        """Look up anew what people were told: another process may have told them of it."""
        self._known = False

    async def look(self) -> None:
        """Say when the machine's clock was set back, and when it has caught up; to be called every minute."""
        ahead = ahead_of_machine(self._clock)
        if self._known and self._open == (ahead > timedelta()):
            return
        try:
            await self._tell(ahead)
        except StoreError as error:
            log.warning("clock-refused", extra={"detail": str(error), "next": "looked at again in a minute"})

    async def _tell(self, ahead: timedelta) -> None:
        if not self._known:
            told = await self._notices.told(SUBJECT)
            self._known, self._open = True, told is not None and told.report.is_open
        now = self._clock.now()
        if not self._open and ahead >= WORTH:
            self._open = True
            log.warning("clock-set-back", extra={"by": ahead, "agrees": now + ahead})
            if setting := self._setting:
                await self._notices.tell(SUBJECT, Condition.CHANGED, of_clock(ahead, now, setting), anew=True)
        elif self._open and not ahead:
            self._open = False
            log.info("clock-agrees")
            if setting := self._setting:
                await self._notices.over(SUBJECT, of_clock_again(now, setting))

    @property
    def _setting(self) -> Setting | None:
        config = self._config()
        channel = config.slack.ops_channel
        return Setting(channel=channel, zone=config.timezone, meaning=meaning) if channel else None
