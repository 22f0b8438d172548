"""Ways to tell people: the Notifier protocol and its small implementations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from alerts.card import Card
    from alerts.outbox import Delivery, Receipt


class Notifier(Protocol):
    """Puts cards before people, one call at a time, never repeating by itself what it cannot take back."""

    @property
    def rungs(self) -> int:
        """How many forms of a card there are, each plainer than the one before; rung 0 is the full card."""

    async def send(self, delivery: Delivery, card: Card) -> Receipt:
        """Show ``card`` in ``delivery.alert.channel``, findable by ``delivery.key``, as plain as ``delivery.rung``.

        Raises Later, Unclear, CardRefused, ChannelRefused or RouteRefused; anything else counts as Unclear.
        """

    async def find(self, channel: str, keys: Collection[str], since: datetime) -> Mapping[str, Receipt] | None:
        """Return where those of ``keys`` stand that were shown since ``since``; None when it cannot be looked up.

        Raises Later, Unclear, ChannelRefused or RouteRefused when it cannot be looked up now.
        """

    async def close(self) -> None:
        """Let go of connections."""
