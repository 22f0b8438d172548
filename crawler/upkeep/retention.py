"""Lets go of what is old, a little at a time, so that no visit and no message waits for it."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Protocol

from alerts.cluster.copies import UPDATE_WINDOW
from alerts.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from crawler.clock import Clock
    from crawler.config.care import RetentionConfig

log = logging.getLogger(__name__)

FEW = 50  # rows, or stories with all that hangs on them, in one transaction
LINES = 1_000  # of a log: they hang on nothing
EVERY = timedelta(hours=1)
PAUSE = timedelta(milliseconds=50)  # between two of these, in which others have the store to themselves
LONGEST = timedelta(minutes=10)  # for one round; the next goes on where it ended
AFRESH = timedelta(days=1)  # what was passed over, since it was needed still, is looked at again then


class Keeping(Protocol):
    """Where things are kept; declared here, answered by the store. All raise StoreError."""

    async def forget(self, what: str, before: datetime, after: int, limit: int) -> tuple[int | None, int]:
        """Remove some of what is old; return the last id looked at, None for none, and how many were removed."""

    async def forget_messages(self, before: datetime, limit: int) -> int:
        """Remove up to ``limit`` messages that tell of no story, and say how many."""

    async def forget_ended(self, before: datetime, limit: int) -> int:
        """Remove up to ``limit`` each of deeds of people, silences and holds that are over, and say how many."""

    async def make_months(self, now: datetime) -> int:
        """Make ready for this month and the next, where that is needed; return how many were made."""

    async def drop_month(self, before: datetime) -> str:
        """Drop the oldest month seen before a moment of which hardly anything is left; return its name, "" for none."""

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


@dataclass(slots=True)
class _Pass:
    """How far one kind was gone through."""

    began: datetime
    after: int = 0
    ended: bool = False


class Retention:
    """Goes through the store once an hour."""

    def __init__(self, store: Keeping, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._last: datetime | None = None
        # Not in the store: after a restart all is gone through from the beginning, as it is each day, and as right.
        self._passes: dict[str, _Pass] = {}
        self.removed: Counter[str] = Counter()  # ever, by what it was

    async def tick(self, config: RetentionConfig, needed: timedelta) -> None:
        """Tidy up, unless it was done within the hour; to be called every minute."""
        now = self._clock.now()
        if self._last is None or not timedelta() <= now - self._last < EVERY:
            self._last = now
            await self.tidy(cutoffs(config, now, needed))

    async def tidy(self, before: Cutoffs) -> Counter[str]:
        """Remove what is older than this and say how much; what takes too long is left for the next round.

        Each kind has its share of the time, and what it leaves goes to those after it: none waits for ever.
        """
        ends, removed = self._clock.now() + LONGEST, Counter[str]()
        kinds = (
            ("bodies", before.bodies, FEW),
            ("stories", before.stories, FEW),
            ("attempts", before.outbox, LINES),
            ("visits", before.outbox, LINES),
            ("seen", before.seen, LINES),
        )
        await self._months(before.stories, removed)
        try:
            for left, (what, moment, few) in zip(range(len(kinds) + 3, 3, -1), kinds, strict=True):
                if moment is not None:
                    await self._go_through(what, moment, few, self._share(ends, left), removed)
            if before.outbox is not None:
                forget = partial(self._store.forget_messages, before.outbox, FEW)
                await self._until_none(forget, "messages", self._share(ends, 3), removed)
            if before.stories is not None:
                forget = partial(self._store.forget_ended, before.stories, FEW)
                await self._until_none(forget, "ended", self._share(ends, 2), removed)
            while +removed and self._clock.now() < ends and await self._store.give_back():
                await self._breathe()
        except StoreError as error:
            log.warning("retention-refused", extra={"detail": str(error), "next": "tried again in an hour"})
        removed = +removed
        self.removed.update(removed)
        if removed:
            log.info("forgotten", extra=dict(removed))
        return removed

    def _share(self, ends: datetime, left: int) -> datetime:
        """Return when one of so many kinds that are left must make way for the next."""
        now = self._clock.now()
        return now + max(ends - now, timedelta()) / left

    async def _months(self, before: datetime | None, removed: Counter[str]) -> None:
        """Make and drop months: at first, so that who began to read before the last rows of one went is done."""
        try:
            if made := await self._store.make_months(self._clock.now()):
                log.info("months-made", extra={"number": made})
            while before is not None and (month := await self._store.drop_month(before)):
                removed["months"] += 1
                log.info("month-dropped", extra={"month": month})
                await self._breathe()
        except StoreError as error:
            log.warning("months-postponed", extra={"detail": str(error), "next": "tried again in an hour"})

    async def _go_through(self, what: str, before: datetime, few: int, ends: datetime, removed: Counter[str]) -> None:
        now = self._clock.now()
        known = self._passes.get(what)
        if known is None or (known.ended and not timedelta() <= now - known.began < AFRESH):
            known = self._passes[what] = _Pass(now)
        known.ended = False
        while self._clock.now() < ends:
            last, number = await self._store.forget(what, before, known.after, few)
            removed[what] += number
            await self._breathe()
            if last is None:
                known.ended = True
                return
            known.after = last

    async def _until_none(
        self, forget: Callable[[], Awaitable[int]], what: str, ends: datetime, removed: Counter[str]
    ) -> None:
        while self._clock.now() < ends and (number := await forget()):
            removed[what] += number
            await self._breathe()

    async def _breathe(self) -> None:
        await self._clock.wait_until(self._clock.now() + PAUSE)
