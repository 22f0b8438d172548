"""What this worker has of what one worker at a time may have, and until when it may rely on that."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from alerts.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime

    from crawler.clock import Clock

log = logging.getLogger(__name__)

LENGTH = timedelta(seconds=6)  # after which what a dead worker had is another's
KEPT_EVERY = 2.0  # seconds
MARGIN = timedelta(seconds=1)  # before its end, in which nothing is begun that relies on a lease


class LeaseStore(Protocol):
    """Where leases are kept. All methods raise StoreError."""

    async def take(self, name: str, holder: str, length: timedelta, now: datetime) -> int | None:
        """Take what nobody has, and return its token; None when another has it."""

    async def keep(self, names: Collection[str], holder: str, length: timedelta, now: datetime) -> Mapping[str, int]:
        """Put off the end of what somebody knows that he has, and return it with its tokens."""

    async def give(self, names: Collection[str], holder: str) -> None:
        """Give back what somebody has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mine:
    token: int
    asked: float  # by the steady clock, before the store was asked
    ends: datetime  # by the clock that people set
    ends_steady: float


class Leases:
    """One worker's leases.

    A lease ends by the store's clock; here it counts from before the store was asked, so it never seems longer than
    it is: a worker that was stopped for a while finds that it has nothing any more before it does anything.
    """

    def __init__(
        self,
        store: LeaseStore,
        me: str,
        clock: Clock,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        length: timedelta = LENGTH,
    ) -> None:
        """``me`` is the worker's id; ``monotonic`` tells seconds, from anywhere on."""
        self.me = me
        self._store = store
        self._clock = clock
        self._monotonic = monotonic
        self._length = length
        self._mine: dict[str, _Mine] = {}

    def holds(self, name: str) -> bool:
        """Tell whether something is ours for a while yet."""
        mine = self._mine.get(name)
        return mine is not None and self._clock.now() < mine.ends and self._monotonic() < mine.ends_steady

    def token(self, name: str) -> int | None:
        """Return by which token we have something; None when we do not."""
        return self._mine[name].token if self.holds(name) else None

    @property
    def held(self) -> frozenset[str]:
        """Return all that is ours."""
        return frozenset(name for name in self._mine if self.holds(name))

    async def take(self, name: str) -> bool:
        """Take something, and tell whether it is ours now. Raises StoreError."""
        asked, now = self._monotonic(), self._clock.now()
        token = await self._store.take(name, self.me, self._length, now)
        if token is None:
            self._mine.pop(name, None)
            return False
        self._mine[name] = self._counted(token, asked, now)
        return True

    async def keep(self) -> None:
        """Keep all that is ours; to be called every ``KEPT_EVERY`` seconds. What another has by now is let go."""
        asked, now = self._monotonic(), self._clock.now()
        try:
            kept = await self._store.keep(tuple(self._mine), self.me, self._length, now)
        except StoreError as error:
            log.warning("leases-not-kept", extra={"held": len(self._mine), "detail": str(error)})
            return
        for name, mine in tuple(self._mine.items()):
            if mine.asked >= asked:
                continue  # taken meanwhile
            if kept.get(name) == mine.token:
                self._mine[name] = self._counted(mine.token, asked, now)
            else:
                del self._mine[name]
                log.warning("lease-lost", extra={"lease": name})

    async def give(self, names: Collection[str]) -> None:
        """Give some back; where the store cannot take them they end by themselves."""
        mine = [name for name in names if self._mine.pop(name, None)]
        if not mine:
            return
        try:
            await self._store.give(mine, self.me)
        except StoreError as error:
            log.debug("leases-not-given-back", extra={"count": len(mine), "detail": str(error)})

    def _counted(self, token: int, asked: float, now: datetime) -> _Mine:
        length = self._length - MARGIN
        return _Mine(token=token, asked=asked, ends=now + length, ends_steady=asked + length.total_seconds())
