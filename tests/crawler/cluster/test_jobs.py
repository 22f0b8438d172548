from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from crawler.clock import SystemClock
from crawler.cluster import jobs
from crawler.cluster.jobs import Jobs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from crawler.clock import Clock

LONGEST = 20.0  # seconds
PATIENCE = timedelta(seconds=5)


class Crew:
    """Serves shards until it is told that they are calm."""

    def __init__(self, url: str, name: str, clock: Clock | None = None) -> None:
        self.served: list[int] = []
        self.came = asyncio.Event()
        self.calm = asyncio.Event()
        self.jobs = Jobs(url, self._serve, clock or SystemClock(), name)

    async def _serve(self, shard: int) -> None:
        self.served.append(shard)
        self.came.set()
        await self.calm.wait()

    async def until_it_came(self) -> None:
        async with asyncio.timeout(LONGEST):
            await self.came.wait()
        self.came.clear()


@pytest.fixture
async def crew(shared_url: str) -> AsyncIterator[Crew]:
    one = Crew(shared_url, "one")
    await one.jobs.start()
    yield one
    one.calm.set()
    await one.jobs.stop(PATIENCE)


def waiting(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT queueing_lock FROM procrastinate_jobs WHERE status = 'todo' ORDER BY 1")
        return [row[0] for row in rows]


def end_connections(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


async def test_a_shard_that_is_queued_is_served(crew: Crew) -> None:
    await queued(crew, 7)
    await crew.until_it_came()
    assert crew.served == [7]


async def test_of_a_shard_one_more_waits_and_no_third(crew: Crew, shared_url: str) -> None:
    await queued(crew, 7)
    await crew.until_it_came()
    assert await crew.jobs.kick([7]) == 1
    assert await crew.jobs.kick([7]) == 0
    assert waiting(shared_url) == ["shard:7"]
    assert crew.served == [7]


async def test_what_waited_is_served_when_the_first_is_calm(crew: Crew) -> None:
    await queued(crew, 7)
    await crew.until_it_came()
    await crew.jobs.kick([7])
    crew.calm.set()
    await crew.until_it_came()
    assert crew.served == [7, 7]


async def test_the_jobs_of_a_worker_that_died_are_taken_from_it(crew: Crew, shared_url: str) -> None:
    with psycopg.connect(shared_url) as dead:
        dead.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 minute')")
        dead.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args, status, worker_id) "
            "SELECT 'crawl', 'tocsin.crawl', 'shard:7', 'shard:7', '{\"shard\": 7}', 'doing', max(id) "
            "FROM procrastinate_workers"
        )
    await queued(crew, 7)  # and waits for the lock that the dead one has
    assert await crew.jobs.sweep() == 1
    await crew.until_it_came()
    assert crew.served == [7]
    assert await crew.jobs.sweep() == 0


async def test_nothing_is_lost_with_the_queue(crew: Crew, shared_url: str) -> None:
    with psycopg.connect(shared_url) as connection:
        connection.execute("TRUNCATE procrastinate_jobs CASCADE")
    await queued(crew, 7)
    await crew.until_it_came()


async def test_a_server_that_is_away_is_waited_for(crew: Crew, shared_url: str) -> None:
    end_connections(shared_url)
    await queued(crew, 9)
    await crew.until_it_came()
    assert crew.served == [9]


class Broken(SystemClock):
    """A clock with a bug."""

    async def wait_until(self, moment: datetime) -> None:
        raise ArithmeticError(moment)


async def test_a_bug_that_ends_it_is_seen(shared_url: str) -> None:
    one = Crew(shared_url, "one", Broken())
    await one.jobs.start()
    await queued(one, 7)
    await one.until_it_came()
    one.jobs.raise_what_broke()
    one.calm.set()
    with psycopg.connect(shared_url) as connection:  # which ends its worker
        connection.execute("ALTER TABLE procrastinate_jobs RENAME TO jobs_of_others")
    async with asyncio.timeout(LONGEST):
        await one.jobs.broke.wait()
    with pytest.raises(ArithmeticError):
        one.jobs.raise_what_broke()


async def queued(crew: Crew, shard: int) -> None:
    """Queue a shard, however long the worker takes to open its connections."""
    clock = SystemClock()
    async with asyncio.timeout(LONGEST):
        while not await crew.jobs.kick([shard]):
            await clock.wait_until(clock.now() + timedelta(milliseconds=20))


def test_a_dead_worker_is_forgotten_after_its_jobs_were_taken_from_it() -> None:
    assert jobs.HEARTBEAT < jobs.STALLED < jobs.PRUNED
