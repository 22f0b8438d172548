"""How many small feeds one process polls in a second, and what share of the time each step takes.

Rungs of a ladder, each adding one step to the one before, over the same loopback server: a bare aiohttp
GET, the fetch through Scrapy, the parse in its worker, and the whole patrol with judging and the store.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar, cast

import aiohttp

from crawler import config
from crawler.app import App
from crawler.clock import SystemClock
from crawler.config.model import FetchConfig, HostLimits
from crawler.fetch.crawl import Crawl
from crawler.visits.poll import Claim, Validators
from spiders.entry import Reading
from spiders.source import Fulltext, Source

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from alerts.face import Face
    from alerts.outbox import Delivery, Receipt

T = TypeVar("T")

FEEDS = 300
ROUNDS = 3  # after one that is not counted
AT_ONCE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """What one step of the ladder took for each poll."""

    name: str
    wall: float  # seconds for each poll
    cpu: float  # seconds of this process for each poll


class Nobody:
    """A notifier that is never asked: no rule of this bench holds."""

    rungs = 1

    async def send(self, delivery: Delivery, face: Face) -> Receipt:
        """Refuse: this would be measured with the rest."""
        raise AssertionError(delivery, face)

    async def edit(self, delivery: Delivery, face: Face) -> None:
        """Do nothing."""

    async def copies(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Sequence[Receipt]] | None:
        """Return None."""
        del channel, keys, since, thread
        return None

    async def delete(self, receipt: Receipt) -> None:
        """Refuse: nothing was sent."""
        raise AssertionError(f"nothing was to be deleted: {receipt}")

    async def find(
        self, channel: str, keys: object, since: object, thread: str | None = None
    ) -> Mapping[str, Receipt] | None:
        """Return None."""
        del channel, keys, since, thread
        return None

    async def close(self) -> None:
        """Do nothing."""


class Ahead:
    """The machine's clock, set forward between sweeps so that every source is due again."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self.by = timedelta(0)

    def now(self) -> datetime:
        """Return the time as far ahead as it was set."""
        return self._clock.now() + self.by

    async def wait_until(self, moment: datetime) -> None:
        """Wait as long as the machine's clock would."""
        await self._clock.wait_until(moment - self.by)


class NoParser:
    """A parser that reads nothing, to see what fetching alone costs."""

    def start(self) -> None:
        """Do nothing."""

    async def run(self, function: Callable[..., T], *args: object) -> T:
        """Return an empty reading, which is what all functions of a crawl without pages make."""
        del function, args
        return cast("T", Reading(title=None, dialect="none"))

    async def stop(self) -> None:
        """Do nothing."""


def main() -> None:
    """Measure both kinds of feed and print the ladder."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]
    print(f"polls: {FEEDS} small feeds, {ROUNDS} rounds, {AT_ONCE} at once; all of ours on one core of {len(cores)}")
    with server(cores) as ports, TemporaryDirectory() as folder:
        for kind, what in (("changing", "each answer new, 2 of 5 entries new"), ("still", "each answer 304")):
            print(f"\n  {what}")
            store = f"sqlite:///{Path(folder).resolve()}/{kind}.db"
            _print(asyncio.run(_ladder(f"http://127.0.0.1:{ports[0]}/{kind}", store)))


@contextmanager
def server(cores: list[int], hosts: int = 1) -> Iterator[list[str]]:
    """Start the server on the last core, keep to the first one ourselves meanwhile, and tell its ports."""
    command = [sys.executable, "-m", "bench.web", str(hosts)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 -- our own
    pinned = hasattr(os, "sched_setaffinity") and len(cores) > 1
    if pinned:
        os.sched_setaffinity(process.pid, {cores[-1]})
        os.sched_setaffinity(0, {cores[0]})
    try:
        yield (process.stdout.readline() if process.stdout else "").split()
    finally:
        process.communicate("")
        if pinned:
            os.sched_setaffinity(0, cores)


async def _ladder(base: str, store: str) -> list[Rung]:
    urls = [f"{base}/{number}" for number in range(FEEDS)]
    fetch = FetchConfig(
        user_agent="tocsin-bench",
        concurrency=AT_ONCE,
        per_host=HostLimits(concurrency=AT_ONCE, delay=timedelta(0)),
        allow_private=(ip_network("127.0.0.0/8"),),
    )
    return [
        await _bare(urls),
        await _crawl("+ Scrapy, guard, limits", urls, Crawl(fetch, clock=SystemClock(), parser=NoParser())),
        await _crawl("+ feedparser in its process", urls, Crawl(fetch, clock=SystemClock())),
        await _whole(urls, fetch, store),
    ]


async def _bare(urls: list[str]) -> Rung:
    async with aiohttp.ClientSession() as session:
        known: dict[str, str] = {}

        async def get(url: str) -> None:
            headers = {"If-None-Match": known[url]} if url in known else {}
            async with session.get(url, headers=headers) as answer:
                await answer.read()
                if tag := answer.headers.get("ETag"):
                    known[url] = tag

        return await _measure("aiohttp alone", lambda: _each(urls, get))


async def _crawl(name: str, urls: list[str], crawl: Crawl) -> Rung:
    known: dict[str, Validators] = {}

    async def visit(url: str) -> None:
        validators = known.get(url, Validators())
        claim = Claim(source=url, due=SystemClock().now(), token=0, first=False, validators=validators)
        fetched = await crawl.visit(Source(id=url, url=url, name=url), claim)
        known[url] = fetched.validators

    await crawl.start()
    try:
        return await _measure(name, lambda: _each(urls, visit))
    finally:
        await crawl.stop()


async def _whole(urls: list[str], fetch: FetchConfig, store: str) -> Rung:
    loaded = config.load(Path("config.yaml"), {})
    sources = tuple(
        Source(id=f"s{n}", url=url, name=url, every=timedelta(hours=1), fulltext=Fulltext.NEVER)
        for n, url in enumerate(urls)
    )
    clock = Ahead()
    async with App(replace(loaded, sources=sources, fetch=fetch, store=store), Nobody(), clock) as app:

        async def sweep() -> None:
            clock.by += timedelta(hours=2)
            await app.patrol.tick()
            await app.patrol.idle()

        return await _measure("+ schedule, rules, store", sweep)


async def _each(urls: list[str], act: Callable[[str], Awaitable[None]]) -> None:
    places = asyncio.Semaphore(AT_ONCE)

    async def one(url: str) -> None:
        async with places:
            await act(url)

    await asyncio.gather(*(one(url) for url in urls))


async def _measure(name: str, sweep: Callable[[], Awaitable[None]]) -> Rung:
    await sweep()
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(ROUNDS):
        await sweep()
    polls = ROUNDS * FEEDS
    return Rung(name=name, wall=(time.perf_counter() - wall) / polls, cpu=(time.process_time() - cpu) / polls)


def _print(ladder: list[Rung]) -> None:
    whole = ladder[-1]
    before = 0.0
    print(f"  {'step':<30}{'polls/s':>9}{'ms/poll':>9}{'adds':>8}{'share':>8}{'our CPU':>9}")
    for rung in ladder:
        adds, before = max(rung.wall - before, 0.0), rung.wall  # less than nothing is noise
        print(
            f"  {rung.name:<30}{1 / rung.wall:>9.0f}{rung.wall * 1e3:>9.2f}{adds * 1e3:>8.2f}"
            f"{adds / whole.wall:>8.0%}{rung.cpu * 1e3:>9.2f}"
        )


if __name__ == "__main__":
    main()
