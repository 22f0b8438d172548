"""Switchboard: one Notifier over several, each message by the one that its channel names."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from alerts.errors import CardRefused, ChannelRefused
from alerts.outbox import way_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from alerts.face import Face
    from alerts.notify import Notifier
    from alerts.outbox import Delivery, Receipt


class Switchboard:
    """Sends by the notifier whose name a channel is, and everything else by the main one.

    A name that nobody has is refused and never tried as a channel of the main notifier. It takes the notifiers over
    and closes them.
    """

    def __init__(self, main: Notifier, named: Mapping[str, Notifier]) -> None:
        self._main = main
        self._named = named

    @property
    def rungs(self) -> int:
        """As many as the notifier with the most has; one with fewer refuses the rest without a call."""
        return max(one.rungs for one in (self._main, *self._named.values()))

    async def send(self, delivery: Delivery, face: Face) -> Receipt:
        """Send by the channel's notifier; raises what that raises, and ChannelRefused when there is none."""
        notifier = self._of(delivery.channel)
        if delivery.rung >= notifier.rungs:
            raise CardRefused("no-plainer-form", "it was refused in every form that there is for this way")
        return await notifier.send(delivery, face)

    async def edit(self, delivery: Delivery, face: Face) -> None:
        """Edit by the channel's notifier; raises what that raises, and ChannelRefused when there is none."""
        await self._of(delivery.channel).edit(delivery, face)

    async def find(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Receipt] | None:
        """Look by the channel's notifier; raises what that raises, and ChannelRefused when there is none."""
        return await self._of(channel).find(channel, keys, since, thread)

    async def copies(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Sequence[Receipt]] | None:
        """Look by the channel's notifier; raises what that raises, and ChannelRefused when there is none."""
        return await self._of(channel).copies(channel, keys, since, thread)

    async def delete(self, receipt: Receipt) -> None:
        """Delete by the main notifier, the only one that can; raises what that raises."""
        await self._main.delete(receipt)

    async def close(self) -> None:
        """Let every notifier let go."""
        await asyncio.gather(*(one.close() for one in (self._main, *self._named.values())))

    def _of(self, channel: str) -> Notifier:
        name = way_of(channel)
        if name is None:
            return self._main
        notifier = self._named.get(name)
        if notifier is None:
            raise ChannelRefused("no-such-notifier", f"`notifiers:` had no {name} when Tocsin was started")
        return notifier
