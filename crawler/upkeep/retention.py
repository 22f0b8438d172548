"""Lets go of what is old, a little at a time, so that no visit and no message waits for it."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from alerts.cluster.copies import UPDATE_WINDOW
from alerts.errors import StoreError

if TYPE_CHECKING:
    from datetime import datetime

    from crawler.clock import Clock
    from crawler.config.care import RetentionConfig

log = logging.getLogger(__name__)

FEW = 50  # rows, or stories with all that hangs on them, in one transaction
LINES = 1_000  # of a log: they hang on nothing
EVERY = timedelta(hours=1)
PAUSE = timedelta(milliseconds=50)  # between two of these, in which others have the store to themselves
LONGEST = timedelta(minutes=10)  # for one round; the next goes on where it ended


class Keeping(Protocol):
    """Where things are kept; declared here, answered by the store. All raise StoreError."""

    async def forget(self, what: str, before: datetime, after: int, limit: int) -> tuple[int | None, int]:
        """Remove some of what is old; return the last id looked at, None for none, and how many were removed."""

    async def forget_seen(self, before: datetime, limit: int) -> int:
        """Remove up to ``limit`` identity keys of stories that are gone, and say how many."""

    async def forget_messages(self, before: datetime, limit: int) -> int:
        """Remove up to ``limit`` messages that tell of no story, and say how many."""

    async def give_back(self) -> bool:
        """Give some free pages back to the disk; tell whether there are more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutoffs:
    """What is older than these may go; None: nothing."""

    stories: datetime | None
    bodies: datetime | None
    seen: datetime | None
    outbox: datetime | None


def cutoffs(config: RetentionConfig, now: datetime, needed: timedelta) -> Cutoffs:
    """Return them; ``needed`` is how long a story and its words may still be compared, edited or answered.

    No configuration can shorten that: who forgets a story too soon tells of it twice.
    """
    least = max(needed, UPDATE_WINDOW + timedelta(days=1))

    def before(kept: timedelta | None, least: timedelta = timedelta()) -> datetime | None:
        return None if kept is None else now - max(kept, least)

    return Cutoffs(
        stories=before(config.stories, least),
        bodies=before(config.bodies, least),
        seen=before(config.seen, least),
        outbox=before(config.outbox, least),
    )


class Retention:
    """Goes through the store once an hour."""

    def __init__(self, store: Keeping, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._last: datetime | None = None
        self.removed: Counter[str] = Counter()  # ever, by what it was

    async def tick(self, config: RetentionConfig, needed: timedelta) -> None:
        """Tidy up, unless it was done within the hour; to be called every minute."""
        now = self._clock.now()
        if self._last is None or not timedelta() <= now - self._last < EVERY:
            self._last = now
            await self.tidy(cutoffs(config, now, needed))

    async def tidy(self, before: Cutoffs) -> Counter[str]:
        """Remove what is older than this and say how much; what takes too long is left for the next round."""
        ends, removed = self._clock.now() + LONGEST, Counter[str]()
        try:
            for what, moment, few in (
                ("bodies", before.bodies, FEW),
                ("stories", before.stories, FEW),
                ("attempts", before.outbox, LINES),
                ("visits", before.outbox, LINES),
            ):
                await self._go_through(what, moment, few, ends, removed)
            await self._rest(before, ends, removed)
            while removed and self._clock.now() < ends and await self._store.give_back():
                await self._breathe()
        except StoreError as error:
            log.warning("retention-refused", extra={"detail": str(error), "next": "tried again in an hour"})
        self.removed.update(removed)
        if removed:
            log.info("forgotten", extra=dict(removed))
        return removed

    async def _go_through(
        self, what: str, before: datetime | None, few: int, ends: datetime, removed: Counter[str]
    ) -> None:
        after: int | None = 0
        while before is not None and after is not None and self._clock.now() < ends:
            after, number = await self._store.forget(what, before, after, few)
            removed[what] += number
            await self._breathe()
        if not removed[what]:
            del removed[what]

    async def _rest(self, before: Cutoffs, ends: datetime, removed: Counter[str]) -> None:
        for what, moment, forget in (
            ("seen", before.seen, self._store.forget_seen),
            ("messages", before.outbox, self._store.forget_messages),
        ):
            while moment is not None and self._clock.now() < ends and (number := await forget(moment, FEW)):
                removed[what] += number
                await self._breathe()

    async def _breathe(self) -> None:
        await self._clock.wait_until(self._clock.now() + PAUSE)
