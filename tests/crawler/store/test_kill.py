from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crawler.poll import Answer, Validators
from crawler.store import Store
from tests.crawler.store.makers import LEASE, Newsroom, WordJudge, entry, source
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from crawler.poll import Claim

STORIES_A_POLL = 3


async def crawl(url: str) -> None:
    """Take in one poll after another until killed; the validator says how many, and each is acknowledged."""
    clock = FakeClock()
    newsroom = Newsroom(Store.open(url, clock=clock), WordJudge({"talks": ("#news",)}), clock)
    await newsroom.add(source(), visited=False)
    claim = await newsroom.claim("bbc")
    number = int(claim.validators.etag or 0)
    while True:
        entries = [entry(f"{number}-{n}", title=f"talks {number} {n}") for n in range(STORIES_A_POLL)]
        number += 1
        validators = Validators(etag=str(number))
        await newsroom.visit("bbc", *entries, validators=validators, answer=Answer.READ)
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


async def look(url: str) -> tuple[Claim, int, int]:
    store = Store.open(url, clock=FakeClock())
    try:
        (claim,) = await store.claim(NOON.replace(year=2030), 1, LEASE)
        overview = await store.overview(NOON)
        whole = await store._reader.run(lambda connection: connection.exec_driver_sql("PRAGMA quick_check").scalar())
        assert whole == "ok"
        return claim, overview.stories, sum(overview.outbox.values())
    finally:
        await store.close()


@pytest.mark.parametrize("seed", range(4))
def test_a_kill_at_any_moment_leaves_whole_polls_and_no_acknowledged_one_is_lost(sqlite_url: str, seed: int) -> None:
    chance = random.Random(seed)
    script = f"import asyncio\nfrom {__name__} import crawl\nasyncio.run(crawl({sqlite_url!r}))"
    root = Path(__file__).parents[3]
    acknowledged = 0
    for _ in range(2):
        with subprocess.Popen([sys.executable, "-c", script], cwd=root, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            for _ in range(chance.randrange(1, 60)):
                acknowledged = int(process.stdout.readline())
            process.kill()
            acknowledged = max([acknowledged, *(int(line) for line in process.stdout if line.endswith(b"\n"))])
        claim, stories, deliveries = asyncio.run(look(sqlite_url))
        polls = int(claim.validators.etag or 0)
        assert polls >= acknowledged
        assert stories == deliveries == polls * STORIES_A_POLL
