"""The whole way from a server's answer to the ledger, on loopback and by a clock that jumps: days pass in seconds.

async with NewsWeb(url_of_an_empty_store) as world:
    world.web.publish("/feed", rss("One"))
    await world.visit()                      # at the moment that was decided on after the last one
    ... world.line().reason, (await world.dossier()).account.next_why
    await world.restart()                    # everything anew, over the same store
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from crawler.cli.sources_list import trouble
from crawler.config.model import FetchConfig
from crawler.fetch.crawl import Crawl
from crawler.ids import Ids
from crawler.intake.calm import Manner
from crawler.intake.ingest import Ingestor
from crawler.patrol.sources import Patrol
from crawler.patrol.turns import Turns
from crawler.store import Store
from spiders.source import Source
from tests.crawler.crawling import InlineParser
from tests.crawler.store.makers import WordJudge
from tests.fakes import FakeClock
from tests.server import NewsServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from datetime import datetime

    from crawler.store import Dossier, VisitLine

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FEED = "/feed"
EVEN = 0.5  # luck: a back-off is then as long as its rule says, an interval of our choice a tenth longer


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What the server does at one visit, and what must come of it."""

    serve: Callable[[NewsServer], object]
    found: str  # as ``told`` writes it: "read 200 +2 ~1 =3"
    then: str | None = None  # how the reason for the next visit begins
    says: str = ""  # part of the visit's notes or detail
    whole: bool | None = None  # whether the whole document must be asked for
    echo: str | None = None  # the If-None-Match that must be sent


class NewsWeb:
    """The real patrol, crawl, ingest and store, over a server whose every answer can be chosen."""

    def __init__(self, store_url: str, web: NewsServer, *, start: datetime | None = None, **limits: Any) -> None:
        self.web = web
        self.clock = FakeClock(start) if start else FakeClock()
        options: dict[str, Any] = {
            "user_agent": "Tocsin/1 (+https://tocsin.example)",
            "contact": "desk@tocsin.example",
            "timeout": timedelta(seconds=10),
            "allow_private": (ip_network("127.0.0.0/8"),),
        }
        self.config = FetchConfig(**options | limits)
        self.sources: dict[str, Source] = {}
        self._store_url = store_url

    async def open(self) -> None:
        """Start the program."""
        self.store = Store.open(self._store_url, clock=self.clock)
        turns = Turns(self.config, self.clock)
        self.crawl = Crawl(self.config, self.clock, parser=InlineParser(), turns=turns)
        judge = WordJudge({"treaty": ("#news",)})
        ingest = Ingestor(self.store, judge, "rev1", Ids(self.clock), self.clock, Manner(same_story=3 * DAY))
        self.patrol = Patrol(
            self.store,
            ingest,
            self.crawl,
            self.sources,
            limits=self.config,
            clock=self.clock,
            turns=turns,
            luck=lambda: EVEN,
        )
        await self.store.sync_sources(list(self.sources.values()), self.clock.now())
        await self.patrol.start()
        await self.crawl.start()

    async def close(self) -> None:
        """Stop the program."""
        await self.patrol.drain(timedelta(seconds=5))
        await self.crawl.stop()
        await self.store.close()

    async def restart(self) -> None:
        """Stop and start anew over the same store."""
        await self.close()
        await self.open()

    async def add(self, path: str = FEED, name: str = "a", **changes: Any) -> None:
        """Add a source at a path, visited hourly unless said otherwise."""
        url = path if "://" in path else self.web.url(path)
        values: dict[str, Any] = {"id": name, "url": url, "name": name.upper(), "every": HOUR}
        self.sources[name] = Source(**values | changes)
        await self.store.sync_sources(list(self.sources.values()), self.clock.now())

    async def visit(self, name: str = "a") -> None:
        """Let the time pass until a source is due, and visit what is due then."""
        due = (await self.dossier(name)).account.next_due
        assert due is not None, f"{name} is visited no more"
        await self.pass_time(max(due - self.clock.now(), timedelta(0)))

    async def pass_time(self, span: timedelta) -> None:
        """Let some time pass, and visit what is due then."""
        self.clock.advance(span)
        await self.patrol.tick()
        await self.patrol.idle()

    async def run(self, span: timedelta) -> None:
        """Live through a span: every visit at its time."""
        ends = self.clock.now() + span
        while True:
            accounts = await self.store.accounts(self.clock.now())
            due = min((one.next_due for one in accounts if one.next_due), default=ends)
            if due >= ends:
                self.clock.advance(max(ends - self.clock.now(), timedelta(0)))
                return
            await self.pass_time(max(due - self.clock.now(), timedelta(0)))

    async def play(self, *steps: Step) -> None:
        """Make each visit and hold it against what must come of it."""
        for number, step in enumerate(steps, 1):
            before = self.web.count(FEED)
            self.web.heal(FEED)
            step.serve(self.web)
            await self.visit()
            dossier = await self.dossier()
            line, why = dossier.visits[0], dossier.account.next_why
            place = f"visit {number}: {line}"
            assert told(line) == step.found, place
            assert step.then is None or why.startswith(step.then), f"{why!r} at {place}"
            assert step.says in " | ".join((line.detail, *line.notes)), place
            if step.whole is not None:
                conditions = {"if-none-match", "if-modified-since"} & self.web.requests(FEED)[before].headers.keys()
                assert (not conditions) is step.whole, place
            if step.echo is not None:
                assert self.web.requests(FEED)[before].headers["if-none-match"] == step.echo, place

    async def dossier(self, name: str = "a") -> Dossier:
        """Return what the ledger knows of a source."""
        found = await self.store.dossier(name, self.clock.now())
        assert found is not None
        return found

    async def shown(self, name: str = "a") -> tuple[str, str | None]:
        """Return the state of a source and what is wrong with it, as ``sources show`` has them."""
        account = (await self.dossier(name)).account
        return account.condition, trouble(account, self.clock.now())

    async def titles(self, name: str = "a") -> list[str]:
        """Return the titles of a source's stories, first seen first."""
        outcomes = await self.store.outcomes(self.clock.now() - 400 * DAY)
        return [one.title for one in outcomes if one.outlet.id == name]

    async def polls(self, name: str = "a") -> Sequence[VisitLine]:
        """Return the last visits to a source, oldest first."""
        return (await self.dossier(name)).visits[::-1]


@asynccontextmanager
async def news_web(store_url: str, *, start: datetime | None = None, **limits: Any) -> AsyncIterator[NewsWeb]:
    """Run a news web over an empty store; ``limits`` are fields of the fetch section."""
    async with NewsServer() as web:
        world = NewsWeb(store_url, web, start=start, **limits)
        web.clock = world.clock.now
        await world.open()
        try:
            yield world
        finally:
            await world.close()


def told(line: VisitLine) -> str:
    """Write a visit in short: how it ended, why, and what was new (+), changed (~) and seen before (=)."""
    counts = (("+", line.new), ("~", line.changed), ("=", line.seen))
    return " ".join([line.answer, line.reason, *(f"{sign}{count}" for sign, count in counts if count)])
