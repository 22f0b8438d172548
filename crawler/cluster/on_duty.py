"""A Notifier that says nothing any more once somebody else is to deliver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.errors import Unclear

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from alerts.face import Face
    from alerts.notify import Notifier
    from alerts.outbox import Delivery, Receipt


class OnDuty:
    """Asks before each call that changes something whether it is still ours to deliver.

    The store refuses to let a message be begun by whoever lost the duty; what was begun just before, by a process that
    was then stopped for a while, is caught here.
    """

    def __init__(self, notifier: Notifier, is_ours: Callable[[], bool]) -> None:
        self._notifier = notifier
        self._is_ours = is_ours
        self.sent = 0  # messages, ever

    @property
    def rungs(self) -> int:
        """How many forms of a card there are."""
        return self._notifier.rungs

    async def send(self, delivery: Delivery, face: Face) -> Receipt:
        """Show a message; raises Unclear when another worker is to."""
        self._check()
        receipt = await self._notifier.send(delivery, face)
        self.sent += 1
        return receipt

    async def edit(self, delivery: Delivery, face: Face) -> None:
        """Let a message show something else; raises Unclear when another worker is to."""
        self._check()
        await self._notifier.edit(delivery, face)

    async def find(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Receipt] | None:
        """Look for messages."""
        return await self._notifier.find(channel, keys, since, thread)

    async def copies(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Sequence[Receipt]] | None:
        """Look for messages that stand there twice."""
        return await self._notifier.copies(channel, keys, since, thread)

    async def delete(self, receipt: Receipt) -> None:
        """Take a message away; raises Unclear when another worker is to."""
        self._check()
        await self._notifier.delete(receipt)

    async def close(self) -> None:
        """Let go of connections."""
        await self._notifier.close()

    def _check(self) -> None:
        if not self._is_ours():
            raise Unclear("not-ours", "another worker delivers by now, and looks for it")
