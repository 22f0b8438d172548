"""A crawl over a news server on loopback, with a parser that counts and a clock that never waits."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from alerts.errors import FetchError
from crawler.config.model import FetchConfig
from crawler.fetch.crawl import Crawl, Fetched
from crawler.patrol.turns import Turns
from crawler.visits.poll import Claim, Validators
from spiders.source import Source
from tests.fakes import NOON, FakeClock
from tests.server import NewsServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from crawler.fetch.engine import Engine
    from spiders.reading import Document

T = TypeVar("T")


class InlineParser:
    """Parses on the spot and counts."""

    def __init__(self) -> None:
        self.runs = 0

    def start(self) -> None:
        pass

    async def run(self, function: Callable[..., T], *args: object) -> T:
        self.runs += 1
        return function(*args)

    async def stop(self) -> None:
        pass


class World:
    """A crawl and a news server."""

    def __init__(self, crawl: Crawl, web: NewsServer, parser: InlineParser, clock: FakeClock, turns: Turns) -> None:
        self.crawl = crawl
        self.turns = turns
        self.web = web
        self.parser = parser
        self.clock = clock

    @property
    def feeds(self) -> Engine:
        return self.crawl._machine.feeds

    async def under_way(self, count: int = 1) -> None:
        """Return once so many requests that are made to hang have reached the server."""
        async with asyncio.timeout(5):
            while len(self.web.waiting) < count:  # noqa: ASYNC110 -- the server has no event for it
                await asyncio.sleep(0)

    def source(self, path: str, **changes: Any) -> Source:
        url = path if "://" in path else self.web.url(path)
        return Source(**{"id": "a", "url": url, "name": "A", **changes})

    async def visit(self, path: str, known: Validators | None = None, **changes: Any) -> Fetched:
        """Visit a path as a source; changes are fields of the source, or of the claim."""
        claim: dict[str, Any] = {"source": "a", "due": NOON, "token": 1, "first": False}
        claim |= {name: changes.pop(name) for name in ("url", "unconditional", "anew") if name in changes}
        claim["validators"] = known or Validators()
        return await self.crawl.visit(self.source(path, **changes), Claim(**claim))

    async def why(self, path: str, known: Validators | None = None, **changes: Any) -> FetchError:
        with pytest.raises(FetchError) as caught:
            await self.visit(path, known, **changes)
        return caught.value

    async def page(self, path: str, home: str = "/feed", **changes: Any) -> Document:
        """Fetch a page that a source led to."""
        url = path if "://" in path else self.web.url(path)
        return await self.crawl.page(url, self.source(home, **changes))

    async def why_no_page(self, path: str, **changes: Any) -> FetchError:
        with pytest.raises(FetchError) as caught:
            await self.page(path, **changes)
        return caught.value


@asynccontextmanager
async def world(parser: Any = None, *, paced: bool = False, **changes: Any) -> AsyncIterator[World]:
    """A crawl over a server of its own; ``paced`` with turns at hosts, changes are fields of the fetch section."""
    options: dict[str, Any] = {"allow_private": (ip_network("127.0.0.0/8"),), "timeout": timedelta(seconds=5)}
    parser = parser or InlineParser()
    config = FetchConfig(
        user_agent="Tocsin/1 (+https://tocsin.example)", contact="desk@tocsin.example", **options | changes
    )
    clock = FakeClock()
    turns = Turns(config, clock)
    crawl = Crawl(config, clock, parser=parser, extractor=parser, turns=turns if paced else None)
    async with NewsServer() as web:
        await crawl.start()
        try:
            yield World(crawl, web, parser, clock, turns)
        finally:
            await crawl.stop()
