from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from alerts.policy import Reason
from alerts.rules.spec import QuietSpec, Rate
from crawler.ids import Ids
from crawler.intake.quiet import Summaries
from crawler.store import Store
from crawler.store.schema import outbox, stream_alert, verdict
from crawler.visits.poll import Answer, Validators
from tests.crawler.store.makers import HOUR, LEASE, MINUTE, Newsroom, WordJudge, entry, source
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from sqlalchemy import Select

    from crawler.visits.poll import Claim

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


_ABOUT_STORIES = select(func.count()).where(outbox.c.story_id.is_not(None))  # a storm adds its own messages


async def look(url: str) -> tuple[Claim, int, int]:
    store = Store.open(url, clock=FakeClock())
    try:
        (claim,) = await store.claim(NOON.replace(year=2030), 1, LEASE)
        overview = await store.overview(NOON)
        whole = await store._reader.run(lambda connection: connection.exec_driver_sql("PRAGMA quick_check").scalar())
        assert whole == "ok"
        return claim, overview.stories, await number(store, _ABOUT_STORIES)
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


QUIET = {"talks": QuietSpec(at_most=Rate(count=2, per=HOUR))}


async def flood(url: str) -> None:
    """Take in more than a limit lets pass, and sum up what it held back, until killed."""
    clock = FakeClock()
    store = Store.open(url, clock=clock)
    newsroom = Newsroom(store, WordJudge({"talks": ("#news",)}, quiet=QUIET), clock)
    await newsroom.add(source(), visited=False)
    (told,) = await store._reader.run(lambda connection: connection.scalars(select(func.max(outbox.c.queued))).all())
    clock.advance((told or clock.now()) - clock.now() + HOUR)
    while True:
        names = [f"{clock.now():%d %H:%M} {n}" for n in range(STORIES_A_POLL)]
        await newsroom.visit("bbc", *(entry(name, title=f"talks {name}", published=clock.now()) for name in names))
        clock.advance(20 * MINUTE)
        await newsroom.ingest.watch()
        sys.stdout.write("summed up\n")
        sys.stdout.flush()


async def number(store: Store, query: Select[Any]) -> int:
    return int(await store._reader.run(lambda connection: connection.scalars(query).one()))


async def counted(url: str) -> tuple[int, int, int, int]:
    """Return how many verdicts told alone, how many were summed up, how many summaries say so, and all messages."""
    clock = FakeClock()
    clock.advance(400 * 24 * HOUR)
    store = Store.open(url, clock=clock)
    try:
        await store.apply(Summaries(QUIET, Ids(clock), clock.now()).minute)
        assert (await store.overview(clock.now())).held_back == ()
        over, told = verdict.c.reason == Reason.OVER_LIMIT, verdict.c.delivery.is_not(None)
        alone, summed, left, said, summaries, messages = [
            await number(store, query)
            for query in (
                select(func.count()).where(told, ~over),
                select(func.count()).where(told, over),
                select(func.count()).select_from(verdict).where(~told),
                select(func.coalesce(func.sum(stream_alert.c.number), 0)),
                select(func.count()).select_from(stream_alert),
                _ABOUT_STORIES,
            )
        ]
        assert left == 0
        assert summaries == messages - alone
        return alone, summed, said, messages
    finally:
        await store.close()


@pytest.mark.parametrize("seed", range(2))
def test_a_kill_at_any_moment_leaves_each_story_told_alone_or_in_one_summary(sqlite_url: str, seed: int) -> None:
    chance = random.Random(seed)
    script = f"import asyncio\nfrom {__name__} import flood\nasyncio.run(flood({sqlite_url!r}))"
    root = Path(__file__).parents[3]
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-c", script], cwd=root, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            for _ in range(chance.randrange(1, 30)):
                process.stdout.readline()
            process.kill()
    alone, summed, said, messages = asyncio.run(counted(sqlite_url))
    assert summed == said > 0
    assert alone < messages < alone + summed
