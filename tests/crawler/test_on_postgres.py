"""One daemon whose store a PostgreSQL server has: from feeds to what stands in Slack, through kills and restarts."""

from __future__ import annotations

import random
import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bench import kills
from crawler.store import Store
from tests.daemon import said

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.fakes import FakeClock
    from tests.postgres import Server

ROUNDS = 3


@asynccontextmanager
async def trial(folder: Path, url: str) -> AsyncIterator[tuple[kills.Trial, int]]:
    seed = random.SystemRandom().randrange(10**6)
    async with kills.trial(folder, seed, url, "embedded") as one:
        yield one, seed


async def test_killed_at_random_moments_nothing_is_lost_and_nothing_is_told_twice(
    tmp_path: Path, postgres_url: str
) -> None:
    async with trial(tmp_path, postgres_url) as (one, seed):
        for _ in range(ROUNDS):
            await one.round()
        counts = await one.settle()
    found = f"seed {seed}: {counts}"
    assert counts.is_good, found
    assert counts.alone + counts.listed + counts.together + counts.shared == counts.stories, found
    assert counts.stories > 0, found


async def test_who_only_reads_does_not_notice_that_the_server_was_restarted(
    postgres: Server, postgres_url: str, clock: FakeClock
) -> None:
    store = Store.open(postgres_url, clock=clock)
    before = await store.overview(clock.now())
    postgres.stop("fast")
    postgres.start()
    assert await store.overview(clock.now()) == before
    await store.close()


async def test_a_server_that_restarts_costs_a_word_in_the_log_and_nothing_else(
    tmp_path: Path, postgres: Server, postgres_url: str
) -> None:
    async with trial(tmp_path, postgres_url) as (one, seed):
        one.publish()
        async with kills.daemon(one.config) as process:
            await said(process, "delivery-sent")
            postgres.stop("fast")
            try:
                down = await said(process, "store-fails")
                one.publish()
            finally:
                postgres.start()
            up = await said(process, "store-works-again")
        counts = await one.settle()
    assert "Traceback" not in down + up
    assert not re.search(r"level=critical", down + up)
    assert counts.is_good, f"seed {seed}: {counts}"
    assert counts.stories > 0
