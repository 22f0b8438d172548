"""Engine: one kind of spider in a long-lived Scrapy crawler, fed through a queue and replaced when it dies."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.errors import FetchError
from crawler.fetch.handler import ClientCrawler
from crawler.fetch.settings import settings
from spiders.base import Visit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crawler.clock import Clock
    from crawler.fetch.handler import Client
    from spiders.base import Page, SourceSpider

log = logging.getLogger(__name__)

_PAUSE = timedelta(seconds=1)  # between the end of a crawler and its successor
_SLACK = 30.0  # seconds on top of the client's own limit, before a request counts as lost


class Engine:
    """Makes the requests of one spider kind; any number may be open at once."""

    def __init__(self, spider: type[SourceSpider], client: Client, clock: Clock, *, slack: float = _SLACK) -> None:
        self.spider = spider
        self._client = client
        self._clock = clock
        self._slack = slack
        self._open: set[Visit] = set()
        self._queue: asyncio.Queue[Visit] = asyncio.Queue()
        self._crawler: ClientCrawler | None = None
        self._supervisor: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the crawler; from now on it is replaced whenever it ends."""
        self._supervisor = asyncio.create_task(self._supervise(), name=f"engine {self.spider.name}")

    async def fetch(self, url: str, headers: Mapping[str, str]) -> Page:
        """Make one request, and once more when the crawler died over it.

        Raises FetchError with the reason, of ours ``timeout``, ``engine-gone`` and ``stopped``.
        """
        try:
            return await self._ask(url, headers)
        except FetchError as error:
            if error.reason != "engine-gone":
                raise
        return await self._ask(url, headers)

    async def refuse(self) -> None:
        """Take no more, and fail what is open as ``stopped``."""
        if self._supervisor is not None:
            self._supervisor.cancel()
            await asyncio.wait({self._supervisor})
        self._fail_open(FetchError("stopped", "the daemon is stopping"))

    async def stop(self, patience: timedelta) -> None:
        """Stop the crawler, which may take this long over its farewell."""
        await self.refuse()
        if self._crawler is not None:
            await _end(self._crawler, patience)

    async def _ask(self, url: str, headers: Mapping[str, str]) -> Page:
        answer: asyncio.Future[Page] = asyncio.get_running_loop().create_future()
        visit = Visit(url=url, headers=headers, answer=answer)
        self._open.add(visit)
        self._queue.put_nowait(visit)
        limit = self._client.timeout + self._slack
        try:
            async with asyncio.timeout(limit):
                return await answer
        except TimeoutError as error:
            raise FetchError("timeout", f"no answer within {limit:g} s") from error
        finally:
            self._open.discard(visit)

    async def _supervise(self) -> None:
        """Keep a crawler running; each has its own queue, so that a dead one can take nothing."""
        while True:
            crawler = self._crawler = ClientCrawler(self.spider, settings(), self._client)
            run = asyncio.create_task(crawler.crawl_async(visits=self._queue))
            await asyncio.wait({run})
            error = None if run.cancelled() else run.exception()
            log.error("engine-gone", extra={"kind": self.spider.name, "open": len(self._open)}, exc_info=error)
            self._queue = asyncio.Queue()
            self._fail_open(FetchError("engine-gone", "the crawl engine ended"))
            await _end(crawler, _PAUSE)
            await self._clock.wait_until(self._clock.now() + _PAUSE)

    def _fail_open(self, error: FetchError) -> None:
        for visit in tuple(self._open):
            visit.fail(error)


async def _end(crawler: ClientCrawler, patience: timedelta) -> None:
    if crawler.crawling:
        await asyncio.wait({asyncio.create_task(crawler.stop_async())}, timeout=patience.total_seconds())
