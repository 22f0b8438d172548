"""Ways to tell people: the Notifier protocol and its small implementations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from alerts.face import Face
    from alerts.outbox import Delivery, Receipt


class Notifier(Protocol):
    """Puts cards before people, one call at a time, never repeating by itself what it cannot take back."""

    @property
    def rungs(self) -> int:
        """How many forms of a card there are, each plainer than the one before; rung 0 is the full card."""

    async def send(self, delivery: Delivery, face: Face) -> Receipt:
        """Show ``face`` in the delivery's channel, in its thread if it has one, findable by ``delivery.key``.

        As plain as ``delivery.rung`` says. Raises Later, Unclear, CardRefused, ChannelRefused or RouteRefused;
        anything else counts as Unclear.
        """

    async def edit(self, delivery: Delivery, face: Face) -> None:
        """Let the message that ``delivery.receipt`` names show ``face``; without effect where none can be edited.

        Raises what ``send`` raises, and MessageGone when there is nothing left to edit.
        """

    async def find(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Receipt] | None:
        """Return where those of ``keys`` stand that were shown since ``since``; None when it cannot be looked up.

        With ``thread``, a Receipt's message, replies to it are looked for. Raises Later, Unclear, ChannelRefused
        or RouteRefused when it cannot be looked up now.
        """

    async def copies(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Sequence[Receipt]] | None:
        """Return every place where those of ``keys`` stand, as ``find`` does the first of each."""

    async def delete(self, receipt: Receipt) -> None:
        """Take a message away; raises what ``edit`` raises."""

    async def close(self) -> None:
        """Let go of connections."""
