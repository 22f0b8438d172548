"""A look at the outside for commands: fetched and read as the daemon would, at the same pace, and nothing is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TypeVar

from alerts.errors import FetchError
from crawler.clock import SystemClock
from crawler.fetch.crawl import Crawl
from crawler.fetch.pool import ParserPool
from crawler.patrol.turns import Turns
from crawler.visits.poll import Claim, Validators
from spiders.base import host_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from crawler.config.model import Config
    from crawler.fetch.crawl import Fetched
    from spiders.article import Article
    from spiders.entry import Reading
    from spiders.reading import Document
    from spiders.source import Source

T = TypeVar("T")


class Probe:
    """Visits whatever a command asks for; to be used in ``async with``."""

    def __init__(self, config: Config) -> None:
        self.clock = SystemClock()
        self._turns = Turns(config.fetch, self.clock)
        self._pool = ParserPool()
        self._crawl = Crawl(config.fetch, self.clock, parser=self._pool, turns=self._turns)

    async def __aenter__(self) -> Self:
        await self._crawl.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._crawl.stop()

    async def visit(self, source: Source) -> Fetched:
        """Fetch and read a source as for the first time; raises FetchError."""
        claim = Claim(source=source.id, due=self.clock.now(), token=0, first=True, validators=Validators())
        async with self._turns.turn(source.host):
            return await self._crawl.visit(source, claim)

    async def reading(self, source: Source) -> Reading:
        """Return what a source holds; raises FetchError."""
        reading = (await self.visit(source)).reading
        if reading is None:
            raise FetchError("empty", "the answer says that nothing has changed, and nobody asked")
        return reading

    async def document(self, source: Source) -> Document:
        """Fetch what stands at a source's address; raises FetchError."""
        async with self._turns.turn(source.host):
            return await self._crawl.document(source)

    async def article(self, url: str, source: Source) -> Article:
        """Fetch and read the page of one of a source's stories; raises FetchError."""
        from spiders.article import extract

        async with self._turns.turn(host_of(url)):
            document = await self._crawl.page(url, source)
        return await self.run(extract, document, source)

    async def ask_robots(self, url: str) -> None:
        """Ask a host whether a page of it may be read; raises FetchError, ``robots`` where a rule forbids it."""
        async with self._turns.turn(host_of(url)):
            await self._crawl.ask_robots(url)

    async def run(self, function: Callable[..., T], *args: object) -> T:
        """Return ``function(*args)``, computed in the parser's process; raises FetchError."""
        return await self._pool.run(function, *args)
