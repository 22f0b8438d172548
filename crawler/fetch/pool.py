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
    from concurrent.futures import Future

T = TypeVar("T")

_MEMORY = 1_500_000_000  # bytes of address space
_GRACE = timedelta(seconds=10)  # for a worker to start; a pool that cannot start never fails a task itself
_START = timedelta(minutes=2)  # for it to load what it reads with
_PRELOAD = "spiders.read"


class ParserPool:
    """Runs functions in worker processes that are killed when they take too long.

    One worker does the work; while a document holds it for longer than ``patience``, the others are read by a
    further one, up to ``workers``, that ends with the trouble. Workers come from a fork server, so they hold
    nothing of the daemon's, and they end with the daemon however it ends.
    """

    def __init__(
        self,
        *,
        workers: int = 4,
        patience: timedelta = timedelta(seconds=1),
        timeout: timedelta = timedelta(seconds=20),
        memory: int = _MEMORY,
    ) -> None:
        self._most = workers
        self._patience = patience.total_seconds()
        self._timeout = timeout.total_seconds()
        self._memory = memory
        self._workers: tuple[_Worker, ...] = ()
        self._idle: asyncio.Queue[_Worker] = asyncio.Queue()

    def start(self) -> None:
        """Start a worker in the background, so that the first document need not wait for it."""
        if not self._workers:
            worker = self._hired()
            worker.running()
            self._idle.put_nowait(worker)

    async def run(self, function: Callable[..., T], *args: object) -> T:
        """Return ``function(*args)``, computed in a worker; the time in the queue counts against nobody.

        Raises what the function raised, or FetchError ``parser-killed`` when the worker took too long,
        too much memory, or died.
        """
        worker = await self._free()
        try:
            await worker.ready()
            task = worker.running().schedule(function, args=args, timeout=self._timeout)
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
            worker.pool = None
            raise FetchError("parser-killed", f"the parser could not be started: {error}") from error
        finally:
            await self._release(worker)

    async def stop(self) -> None:
        """Kill what runs, and wait until the workers are gone."""
        for worker in self._workers:
            await worker.stop()

    async def _free(self) -> _Worker:
        if not self._workers:
            return self._hired()
        if self._idle.empty() and len(self._workers) < self._most:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._patience):
                    return await self._idle.get()
            if len(self._workers) < self._most:
                return self._hired()
        return await self._idle.get()

    def _hired(self) -> _Worker:
        worker = _Worker(self._memory)
        self._workers = (*self._workers, worker)
        return worker

    async def _release(self, worker: _Worker) -> None:
        """Let a worker wait for the next document, or go when another waits already."""
        if self._idle.empty():
            self._idle.put_nowait(worker)
            return
        self._workers = tuple(other for other in self._workers if other is not worker)
        await worker.stop()


class _Worker:
    """A process, started when it is needed and again when it died."""

    def __init__(self, memory: int) -> None:
        self._memory = memory
        self.pool: ProcessPool | None = None
        self._warm: Future[None] | None = None

    async def ready(self) -> None:
        """Wait until the process has loaded what it reads with: on a busy machine that takes longer than to read."""
        self.running()
        if self._warm:
            done, _ = await asyncio.wait({asyncio.wrap_future(self._warm)}, timeout=_START.total_seconds())
            for one in done:
                one.exception()  # of a process that did not start, the task itself will tell

    def running(self) -> ProcessPool:
        """Return the pool of this one process."""
        if self.pool is None or not self.pool.active:
            context = multiprocessing.get_context("forkserver")
            context.set_forkserver_preload([_PRELOAD])
            self.pool = ProcessPool(max_workers=1, initializer=_confine, initargs=(self._memory,), context=context)
            self._warm = self.pool.schedule(_warm)
        return self.pool

    async def stop(self) -> None:
        """Kill the process, and wait until it is gone."""
        if self.pool is not None:
            pool, self.pool = self.pool, None
            pool.stop()
            await asyncio.to_thread(pool.join)


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
