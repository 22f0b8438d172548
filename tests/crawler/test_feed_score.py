"""How good a guest we are, judged as the feed-score service judges readers, over two days of visits."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from ipaddress import ip_network

from crawler.config.model import FetchConfig
from crawler.crawl import Crawl
from crawler.patrol import Patrol
from crawler.poll import Answer
from spiders.source import Source
from tests.crawler.crawling import InlineParser
from tests.fakes import NOON, FakeClock
from tests.fakes_frontier import FakeStore
from tests.server import NewsServer, rss

CONFIG = FetchConfig(
    user_agent="Tocsin/1 (+https://tocsin.example)",
    contact="desk@tocsin.example",
    timeout=timedelta(seconds=5),
    allow_private=(ip_network("127.0.0.0/8"),),
)
HOUR = timedelta(hours=1)


class Guest:
    """A reader with a memory on disk: ``sitting`` starts the program anew over the same store."""

    def __init__(self, web: NewsServer) -> None:
        self.web = web
        self.clock = FakeClock()
        self.source = Source(id="a", url=web.url("/feed"), name="A", every=HOUR)
        self.store = FakeStore([self.source], NOON)

    @asynccontextmanager
    async def sitting(self) -> AsyncIterator[Patrol]:
        crawl = Crawl(CONFIG, self.clock, parser=InlineParser())
        sources = {self.source.id: self.source}
        await crawl.start()
        try:
            yield Patrol(self.store, self.store, crawl, sources, limits=CONFIG, clock=self.clock, luck=lambda: 0.5)
        finally:
            await crawl.stop()

    async def hours(self, patrol: Patrol, count: int) -> None:
        for _ in range(count * 4):
            await patrol.tick()
            await patrol.idle()
            self.clock.advance(HOUR / 4)


async def test_a_good_guest() -> None:
    async with NewsServer() as web:
        guest = Guest(web)
        web.publish("/feed", rss("One"), headers=[("Set-Cookie", "id=1")])
        async with guest.sitting() as patrol:
            await guest.hours(patrol, 12)
            web.publish("/feed", rss("One", "Two"), headers=[("Set-Cookie", "id=2")])
            await guest.hours(patrol, 12)
        async with guest.sitting() as patrol:
            await guest.hours(patrol, 24)
        assert {request.path for request in web.journal} == {"/feed", "/robots.txt"}
    assert web.count("/robots.txt") <= 4  # once a day, and once after the restart
    feed = web.requests("/feed")
    first, *others = feed
    assert "if-none-match" not in first.headers
    assert len(others) == 47
    assert [request.status for request in feed].count(200) == 2
    assert all({"if-none-match", "if-modified-since"} <= request.headers.keys() for request in others)
    for request in web.journal:
        assert request.headers["user-agent"] == CONFIG.user_agent
        assert request.headers["from"] == CONFIG.contact
        assert not {"cookie", "referer", "cache-control", "pragma"} & request.headers.keys()


async def test_a_wait_that_was_asked_for_is_kept_over_a_restart() -> None:
    async with NewsServer() as web:
        guest = Guest(web)
        web.publish("/feed", rss("One"))
        web.fail("/feed", 429, retry_after="18000", times=1)
        async with guest.sitting() as patrol:
            await guest.hours(patrol, 2)
        async with guest.sitting() as patrol:
            await guest.hours(patrol, 6)
    refused, read, *_ = guest.store.polls
    assert (refused.reason, refused.answer) == ("http-429", Answer.FAILED)
    assert read.at - refused.at >= 5 * HOUR
    assert read.answer is Answer.READ
