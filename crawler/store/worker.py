"""One thread with one connection, which runs whole transactions in the order they come."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.exc import DBAPIError

from crawler.store.engine import explained

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection, Engine

T = TypeVar("T")


class Worker:
    """Runs functions on a connection, each in a transaction: committed when it returns, undone when it raises.

    A pool of one thread is the queue: SQLite serves one writer at a time anyway, and a hop to the thread
    for each transaction costs less than one for each statement.
    """

    def __init__(self, engine: Engine, path: Path, name: str) -> None:
        self._engine = engine
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._connection: Connection | None = None

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
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
            with self._connection.begin():
                return work(self._connection)
        except DBAPIError as error:
            raise explained(error, self._path) from error

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._engine.dispose()
