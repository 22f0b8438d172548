"""Hands shards out to workers through Procrastinate: a job is the number of a shard, and nothing is lost with it."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ProcrastinateException
from procrastinate.jobs import Job, Status

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from crawler.clock import Clock

log = logging.getLogger(__name__)

AT_ONCE = 64  # shards that a worker crawls at once; those that are left over go to whoever is free
HEARTBEAT = 2.0  # seconds
STALLED = 6.0  # seconds without a heartbeat, after which a worker's jobs are taken from it
PRUNED = 60.0  # … and after which it is forgotten, which must come later
_QUEUE, _TASK = "crawl", "tocsin.crawl"
_AWAY = (ProcrastinateException, psycopg.Error)  # the server, or the pool of connections to it
_NAMED = 20  # shards in one line of the log
_AGAIN = timedelta(seconds=1)  # after the server was away


class Jobs:
    """Queues shards, and runs those that are queued.

    Of a shard one job runs at a time, and one more may wait: that is what Procrastinate's ``lock`` and
    ``queueing_lock`` hold (https://procrastinate.readthedocs.io).
    """

    def __init__(self, conninfo: str, serve: Callable[[int], Awaitable[None]], clock: Clock, name: str) -> None:
        """``serve`` crawls a shard; ``name`` is the worker's, for people."""
        self._clock = clock
        self._name = name
        self._app = App(connector=PsycopgConnector(conninfo=conninfo, min_size=1, max_size=4, timeout=10))
        self._running: asyncio.Task[None] | None = None
        self._closing = False
        self.broke = asyncio.Event()  # a bug ended what runs jobs: this worker would crawl nothing any more

        @self._app.task(name=_TASK, queue=_QUEUE)
        async def _crawl(shard: int) -> None:
            await serve(shard)

    async def start(self) -> None:
        """Begin to run what is queued."""
        # It tells of every job, and with a traceback whenever the server is away, which we say ourselves.
        logging.getLogger("procrastinate").setLevel(logging.CRITICAL)
        logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # it tells of every try to connect
        self._running = asyncio.create_task(self._run(), name="jobs")
        self._running.add_done_callback(self._ended)

    async def stop(self, patience: timedelta) -> None:
        """Run nothing more; what is running should end by itself within ``patience``."""
        self._closing = True
        if self._running is None:
            return
        self._running.cancel()
        await asyncio.wait({self._running}, timeout=patience.total_seconds())

    def raise_what_broke(self) -> None:
        """Raise what running jobs ended by, if it did."""
        if self.broke.is_set() and self._running:
            self._running.result()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception():
            self.broke.set()

    async def kick(self, shards: Iterable[int]) -> int:
        """Queue shards that are not queued yet, and say how many."""
        try:
            queued = await self._app.job_manager.list_jobs_async(queue=_QUEUE, status=Status.TODO.value)
            missing = sorted(set(shards) - _shards(queued))
            if missing:
                await self._queue(missing)
        except _AWAY as error:
            log.warning("jobs-not-queued", extra={"detail": str(error.__cause__ or error)})
            return 0
        return len(missing)

    async def sweep(self) -> int:
        """Take their jobs from workers that died, and say how many: the next look queues anew what is still due."""
        manager = self._app.job_manager
        try:
            stalled = await manager.get_stalled_jobs(queue=_QUEUE, seconds_since_heartbeat=STALLED)
        except _AWAY as error:
            log.warning("jobs-not-swept", extra={"detail": str(error.__cause__ or error)})
            return 0
        taken = [job for job in stalled if await self._drop(job)]
        if taken:
            names = ", ".join(map(str, sorted(_shards(taken))[:_NAMED]))
            log.warning("jobs-taken-over", extra={"count": len(taken), "shards": names})
        return len(taken)

    async def _drop(self, job: Job) -> bool:
        if job.id is None:
            return False
        try:
            await self._app.job_manager.finish_job_by_id_async(job.id, Status.FAILED, delete_job=True)
        except _AWAY as error:  # another worker was quicker, or the server is away
            log.debug("job-not-dropped", extra={"job": job.id, "detail": str(error.__cause__ or error)})
            return False
        return True

    async def _queue(self, shards: list[int]) -> None:
        jobs = [
            Job(
                id=None,
                queue=_QUEUE,
                lock=f"shard:{shard}",
                queueing_lock=f"shard:{shard}",
                task_name=_TASK,
                task_kwargs={"shard": shard},
            )
            for shard in shards
        ]
        try:
            await self._app.job_manager.batch_defer_jobs_async(jobs)
        except AlreadyEnqueued:  # another worker was quicker with one of them: the next look sees what is missing
            log.debug("jobs-queued-elsewhere")

    async def _run(self) -> None:
        """Run a worker, and another one whenever it ends: a server that is away must not end us."""
        while not self._closing:
            try:
                async with self._app.open_async():
                    await self._app.run_worker_async(
                        queues=[_QUEUE],
                        name=self._name,
                        concurrency=AT_ONCE,
                        fetch_job_polling_interval=1.0,
                        abort_job_polling_interval=60.0,
                        delete_jobs="always",
                        install_signal_handlers=False,
                        update_heartbeat_interval=HEARTBEAT,
                        stalled_worker_timeout=PRUNED,
                        shutdown_graceful_timeout=2.0,
                    )
            except _AWAY as error:
                log.warning("jobs-broke", extra={"detail": str(error.__cause__ or error), "again": str(_AGAIN)})
            with suppress(*_AWAY):
                await self._app.close_async()  # a pool that did not open would be taken for one that is open
            await self._clock.wait_until(self._clock.now() + _AGAIN)


def _shards(jobs: Iterable[Job]) -> set[int]:
    return {int(str(job.task_kwargs["shard"])) for job in jobs}
