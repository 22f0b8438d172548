"""A store of leases in memory, and leases that go by a test's clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alerts.errors import StoreError
from crawler.cluster.leases import Leases
from tests.fakes import NOON

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime, timedelta

    from tests.fakes import FakeClock


@dataclass
class FakeLeases:
    """Who has what, by one clock for all."""

    clock: FakeClock
    held: dict[str, tuple[str, int, datetime]] = field(default_factory=dict)
    tokens: dict[str, int] = field(default_factory=dict)
    is_away: bool = False

    async def take(self, name: str, holder: str, length: timedelta, now: datetime) -> int | None:
        self._answer()
        other = self.held.get(name)
        if other and other[0] != holder and other[2] > now:
            return None
        token = self.tokens[name] = self.tokens.get(name, 0) + 1
        self.held[name] = (holder, token, now + length)
        return token

    async def keep(self, names: Collection[str], holder: str, length: timedelta, now: datetime) -> Mapping[str, int]:
        self._answer()
        mine = {name: token for name, (by, token, _) in self.held.items() if by == holder and name in names}
        self.held |= {name: (holder, token, now + length) for name, token in mine.items()}
        return mine

    async def give(self, names: Collection[str], holder: str) -> None:
        self._answer()
        for name in names:
            if self.held.get(name, ("",))[0] == holder:
                del self.held[name]

    def _answer(self) -> None:
        if self.is_away:
            raise StoreError("the server is away")


def leases(store: FakeLeases, me: str = "one") -> Leases:
    """Return the leases of a worker whose steady clock and the store's are the test's."""

    def passed() -> float:
        return (store.clock.now() - NOON).total_seconds()

    return Leases(store, me, store.clock, monotonic=passed)
