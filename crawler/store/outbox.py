"""The courier's Outbox: all of the deliveries, or those of the channels that one courier looks after."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol, Self

from alerts.outbox import AUDITED
from crawler.store import changes, deliveries
from crawler.store.deliveries import EVERY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from sqlalchemy import Connection

    from alerts.outbox import Delivery, Edit, Edited, Settlement, Suspect
    from crawler.store.deliveries import Lane
    from crawler.store.people import Transact
    from crawler.store.worker import Fence


class Listener(Protocol):
    """Hears of every message that is begun; declared here, answered by crawler.capture.minutes."""

    def sending(self, key: str, now: datetime) -> AbstractContextManager[Callable[[bool], bool]]:
        """Return what is asked inside the transaction whether it was, and hands the answer on."""


class StoredOutbox:
    """Deliveries in the database; each method is one transaction, and raises StoreError as the Store does."""

    def __init__(
        self,
        read: Transact,
        write: Transact,
        lane: Lane = EVERY,
        listener: Listener | None = None,
        fence: Fence | None = None,
    ) -> None:
        self._read = read
        self._write = write
        self._lane = lane
        self._listener = listener
        self._fence = fence

    def of(self, lane: Lane) -> Self:
        """Return the outbox of the courier that looks after some channels."""
        return type(self)(self._read, self._write, lane, self._listener, self._fence)

    def heard_by(self, listener: Listener | None) -> Self:
        """Return the same outbox, which tells somebody of what is begun."""
        return type(self)(self._read, self._write, self._lane, listener, self._fence)

    def fenced(self, fence: Fence | None) -> Self:
        """Return the same outbox, in which nothing is begun once somebody else is to deliver."""
        return type(self)(self._read, self._write, self._lane, self._listener, fence)

    async def recover(self, now: datetime) -> int:
        """Make every ``sending`` delivery ``unclear``, due at once, and say how many; called at start-up."""

        def work(connection: Connection) -> int:
            return deliveries.recover(connection, now, self._lane) if self._is_ours(connection) else 0

        return await self._write(work)

    async def due(self, now: datetime, limit: int) -> Sequence[Delivery]:
        """Return pending and unclear deliveries whose time has come, at most ``limit`` of each channel.

        None on held channels; critical ones come first, then the oldest.
        """
        return await self._read(partial(deliveries.due, now=now, limit=limit, lane=self._lane))

    async def next_due(self) -> datetime | None:
        """Return the earliest moment at which ``due`` may return something; None when all is final."""
        return await self._read(partial(deliveries.next_due, lane=self._lane))

    async def begin(self, key: str, now: datetime, *, attempts: int | None = None) -> Delivery | None:
        """Move a pending delivery to ``sending``, count the attempt, and return how it reads; None when it is not.

        Nor is it pending when it has not so many ``attempts`` behind it: somebody else has tried since it was read.
        What changes from now on is an edit.
        """

        def work(connection: Connection) -> Delivery | None:
            return deliveries.begin(connection, key, now, attempts) if self._is_ours(connection) else None

        if self._listener is None:
            return await self._write(work)
        with self._listener.sending(key, now) as heard:

            def noted(connection: Connection) -> Delivery | None:
                begun = work(connection)
                heard(begun is not None)
                return begun

            return await self._write(noted)

    async def settle(self, key: str, settlement: Settlement, now: datetime) -> None:
        """Write what an attempt or a look-up led to, and log it for ``why``.

        Raises Overtaken when the delivery is final, has been begun anew since this was decided, or is unknown.
        """
        await self._write(partial(deliveries.settle, key=key, settlement=settlement, now=now))

    async def edits(self, now: datetime, limit: int) -> Sequence[Edit]:
        """Return up to ``limit`` messages that should be edited now, the longest due first; none on held channels."""
        return await self._read(partial(changes.edits, now=now, limit=limit, lane=self._lane))

    async def settle_edit(self, edit: Edit, edited: Edited, now: datetime) -> None:
        """Write what became of an edit; what changed since it was read stays due."""
        await self._if_ours(partial(changes.settle_edit, edit=edit, edited=edited, now=now))

    async def audits(self, now: datetime, limit: int) -> Sequence[Suspect]:
        """Return up to ``limit`` sent messages to be looked for once more; none on held channels."""
        return await self._read(partial(changes.audits, now=now, limit=limit, lane=self._lane))

    async def settle_audit(
        self, key: str, now: datetime, *, reason: str = AUDITED, detail: str = "", not_before: datetime | None = None
    ) -> None:
        """Write that a message was looked for once more, or is to be again at ``not_before``."""
        audit = partial(changes.settle_audit, key=key, reason=reason, detail=detail, not_before=not_before)
        await self._if_ours(partial(audit, now=now))

    async def hold(self, channel: str | None, until: datetime | None, reason: str, *, refused: bool = False) -> None:
        """Keep a channel's deliveries (None: the main notifier's) back until a moment; None releases them."""
        await self._if_ours(partial(deliveries.keep_back, channel=channel, until=until, reason=reason, refused=refused))

    async def _if_ours(self, work: Callable[[Connection], None]) -> None:
        """Write what somebody else finds out for himself, once it is his to."""

        def if_ours(connection: Connection) -> None:
            if self._is_ours(connection):
                work(connection)

        await self._write(if_ours)

    def _is_ours(self, connection: Connection) -> bool:
        return self._fence is None or self._fence(connection)
