"""The parser's own process: what comes from outside may hang, crash or eat memory there, and only there."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import resource
import threading
from concurrent.futures import BrokenExecutor
from datetime import timedelta
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, TypeVar

from pebble import ProcessExpired, ProcessPool

from alerts.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_MEMORY = 1_500_000_000  # bytes of address space
_GRACE = timedelta(seconds=10)  # for a worker to start; a pool that cannot start never fails a task itself
_PRELOAD = "spiders.read"


class ParserPool:
    """Runs functions in worker processes that are killed when they take too long.

    Workers come from a fork server, so they hold nothing of the daemon's, and they end with the daemon
    however it ends.
    """

    def __init__(self, *, workers: int = 1, timeout: timedelta = timedelta(seconds=20), memory: int = _MEMORY) -> None:
        self._workers = workers
        self._timeout = timeout.total_seconds()
        self._memory = memory
        self._free = asyncio.Semaphore(workers)  # so that the time in the queue counts against nobody
        self._pool: ProcessPool | None = None

    def start(self) -> None:
        """Start the workers in the background, so that the first document need not wait for them."""
        self._running().schedule(_warm)

    async def run(self, function: Callable[..., T], *args: object) -> T:
        """Return ``function(*args)``, computed in a worker.

        Raises what the function raised, or FetchError ``parser-killed`` when the worker took too long,
        too much memory, or died.
        """
        async with self._free:
            try:
                task = self._running().schedule(function, args=args, timeout=self._timeout)
                async with asyncio.timeout(self._timeout + _GRACE.total_seconds()):
                    result: T = await asyncio.wrap_future(task)
                    return result
            except TimeoutError as error:
                raise FetchError("parser-killed", f"not read within {self._timeout:g} s") from error
            except ProcessExpired as error:
                raise FetchError("parser-killed", f"the parser died: exit code {error.exitcode}") from error
            except MemoryError as error:
                raise FetchError("parser-killed", f"more than {self._memory} bytes of memory needed") from error
            except BrokenExecutor as error:
                self._pool = None
                raise FetchError("parser-killed", f"the parser could not be started: {error}") from error

    async def stop(self) -> None:
        """Kill what runs, and wait until the workers are gone."""
        if self._pool is not None:
            pool, self._pool = self._pool, None
            pool.stop()
            await asyncio.to_thread(pool.join)

    def _running(self) -> ProcessPool:
        if self._pool is None or not self._pool.active:
            context = multiprocessing.get_context("forkserver")
            context.set_forkserver_preload([_PRELOAD])
            self._pool = ProcessPool(
                max_workers=self._workers, initializer=_confine, initargs=(self._memory,), context=context
            )
        return self._pool


def _warm() -> None:
    __import__(_PRELOAD)


def _confine(memory: int) -> None:
    """Limit this worker's memory, and let it end when the daemon does, even by kill -9."""
    with contextlib.suppress(ValueError, OSError):  # not every system can limit the address space
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    threading.Thread(target=_end_with_the_daemon, daemon=True).start()


def _end_with_the_daemon() -> None:
    daemon = multiprocessing.parent_process()
    if daemon is not None:
        wait([daemon.sentinel])
        os._exit(1)
