"""A store in which nothing stays: all is written, looked at, and undone before anybody else can see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.errors import StoreError
from crawler.store import Store, deliveries, visits
from crawler.store.schema import outbox, story
from crawler.store.taking import take_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from alerts.outbox import Delivery
    from crawler.store.plan import Memory, Plan
    from crawler.visits.poll import Poll, Tally


class _Undo(Exception):
    """No error: it carries what was found out of a transaction that must not stay."""

    def __init__(self, tally: Tally, told: tuple[Delivery, ...]) -> None:
        super().__init__()
        self.tally, self.told = tally, told


class Rehearsal(Store):
    """Takes a visit in as the store does that it stands on, in that store's own transaction, and keeps nothing."""

    def __init__(self, store: Store) -> None:
        super().__init__(store._reader, store._writer, None)  # noqa: SLF001 -- it is the same store
        self.told: tuple[Delivery, ...] = ()  # what the last visit would have told

    async def commit(self, poll: Poll, *steps: Callable[[Memory], Plan]) -> Tally:
        """Take a visit to a source in that no configuration has; ``told`` is what it would have told.

        Raises StoreError, and whatever a step raises.
        """
        self.told = ()

        def rehearse(connection: Connection) -> None:
            visits.enter(connection, poll.source, poll.claim)
            tally = take_in(connection, poll, steps)
            mine = select(story.c.id).where(story.c.source_id == poll.source.id)
            told = deliveries.read(connection, deliveries.chosen().where(outbox.c.story_id.in_(mine)))
            raise _Undo(tally, tuple(told))

        try:
            await self._write(rehearse)
        except _Undo as done:
            self.told = done.told
            return done.tally
        raise StoreError("a rehearsal was not undone")
