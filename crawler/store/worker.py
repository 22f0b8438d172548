"""One thread with one connection, which runs whole transactions in the order they come."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol, TypeVar

from sqlalchemy.exc import DBAPIError

from alerts.errors import StoreError
from crawler.store import engine, postgres

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

T = TypeVar("T")


class Fence(Protocol):
    """Tells, inside the transaction, whether something is still ours to do."""

    def __call__(self, connection: Connection) -> bool:
        """Return whether it is."""


class Worker:
    """Runs functions on a connection, each in a transaction: committed when it returns, undone when it raises.

    A pool of one thread is the queue: SQLite serves one writer at a time anyway, and a hop to the thread
    for each transaction costs less than one for each statement.
    """

    def __init__(self, of: Engine, place: object, name: str) -> None:
        """``place`` is where the database is, for people."""
        self.place = place
        self._engine = of
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._connection: Connection | None = None

    def twin(self, name: str) -> Worker:
        """Return another worker with a thread and a connection of its own."""
        return Worker(self._engine, self.place, name)

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in a transaction; raises StoreError for what a user can mend.

        A caller that is cancelled does not undo what has begun: the transaction still commits or fails whole.
        """
        return await asyncio.wrap_future(self._thread.submit(self._transact, work))

    def run_now(self, work: Callable[[Connection], T]) -> T:
        """Like ``run``, for callers without an event loop."""
        return self._thread.submit(self._transact, work).result()

    def close(self) -> None:
        """Finish what is queued, then close the connection and end the thread."""
        self._thread.submit(self._disconnect).result()
        self._thread.shutdown()

    def _transact(self, work: Callable[[Connection], T]) -> T:
        known = self._connection
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
            with self._connection.begin():
                return work(self._connection)
        except DBAPIError as error:
            if error.connection_invalidated:
                self._let_go()
                if known is not None and self._engine.get_execution_options().get(postgres.READS):
                    return self._transact(work)  # the server was restarted since the last look, and has nothing to undo
            raise explained(error, self._engine, self.place) from error

    def _disconnect(self) -> None:
        self._let_go()
        self._engine.dispose()

    def _let_go(self) -> None:
        """Give the connection up: the next transaction makes another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def while_ours(fence: Fence, work: Callable[[Connection], T]) -> Callable[[Connection], T]:
    """Return work that raises StoreError, and does nothing, once it is somebody else's to do."""

    def if_ours(connection: Connection) -> T:
        if not fence(connection):
            raise StoreError("another worker does this by now")
        return work(connection)

    return if_ours


def explained(error: DBAPIError, of: Engine, place: object) -> Exception:
    """Return a StoreError for what a user can mend or only has to wait for, and the error itself for a bug."""
    explain = postgres.explained if of.dialect.name == "postgresql" else engine.explained
    return explain(error, place)
