"""How good a guest we are, judged from a server's log as the feed-score service judges readers, over days of visits."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from ipaddress import ip_network
from itertools import pairwise
from typing import Any

import pytest

from crawler.config.model import FetchConfig
from crawler.fetch.crawl import Crawl
from crawler.patrol.sources import Patrol
from crawler.visits.poll import Answer
from spiders.source import Source
from tests.crawler.crawling import InlineParser
from tests.fakes import NOON, FakeClock
from tests.fakes_frontier import FakeStore
from tests.newsweb import news_web
from tests.server import NewsServer, Request, rss

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


# ---------------------------------------------------------------- the log itself, over days and restarts

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
COMMON = {"host", "user-agent", "from", "accept", "accept-encoding"}


def offences(log: Sequence[Request], least: timedelta) -> list[str]:
    """Name what a server could hold against the visitor of one feed; ``least`` is how far apart visits must be."""
    return [f"{request.at:%d %H:%M:%S} {what}" for request, what in _offences(log, least)]


def _offences(log: Sequence[Request], least: timedelta) -> Iterator[tuple[Request, str]]:
    known: str | None = None
    whole: datetime | None = None  # when the last answer with a document was given
    for earlier, request in pairwise([None, *log]):
        assert request is not None
        assert request.at is not None
        if extra := request.headers.keys() - COMMON - {"if-none-match", "if-modified-since"}:
            yield request, f"sends {sorted(extra)}"
        if earlier and earlier.at and request.at - earlier.at < least:
            yield request, f"comes {request.at - earlier.at} after the last"
        sent = request.headers.get("if-none-match")
        if sent is None and whole is not None and request.at - whole < DAY:
            yield request, f"wants all of it, {request.at - whole} after the last whole answer"
        if sent is not None and sent != known:
            yield request, f"echoes {sent}, was told {known}"
        if "?" in request.path:
            yield request, "has a query of its own"
        known = request.etag or known
        whole = request.at if request.status == 200 else whole


def test_the_judge_sees_offences() -> None:
    def asked(minutes: int, echo: str | None = None, status: int = 304, **headers: str) -> Request:
        conditions = {"if-none-match": echo} if echo else {}
        return Request("GET", "/feed", headers | conditions, status, NOON + minutes * MINUTE, '"a"')

    first = asked(0, status=200)
    assert offences([first, asked(20, '"a"')], 10 * MINUTE) == []
    assert "after the last" in offences([first, asked(5, '"a"')], 10 * MINUTE)[0]
    assert "wants all of it" in offences([first, asked(20)], MINUTE)[0]
    assert "was told" in offences([first, asked(20, "a")], MINUTE)[0]
    assert "cookie" in offences([asked(0, status=200, cookie="x")], MINUTE)[0]


@pytest.mark.parametrize(
    "etag", ['"33a64df5"', 'W/"33a64df5"', 'W/"a b, c"', '"33a64df5-gzip"', "unquoted", '"a;b=\\"c\\""', 'w/"low"']
)
async def test_no_log_holds_anything_against_us(sqlite_url: str, etag: str) -> None:
    least = 5 * MINUTE
    async with news_web(sqlite_url) as world:
        await world.add(every=None, every_min=least, tier=1)
        served = {"headers": [("ETag", etag), ("Set-Cookie", "id=1; Max-Age=9999")], "validators": False}
        for quarter in range(10):  # 60 hours
            world.web.publish("/feed", rss(*(f"Story {n}" for n in range(quarter // 2 + 1))), **served)
            await world.run(2 * HOUR)
            world.web.raw("/feed", f"HTTP/1.1 304 Not Modified\r\nETag: {etag}\r\n\r\n".encode())
            await world.run(4 * HOUR)
            world.web.heal("/feed")
            await world.restart()
        log = world.web.requests("/feed")
        assert len(log) > 60
        assert offences(log, least) == []
        assert {request.headers["user-agent"] for request in log} == {world.config.user_agent}
        assert {request.headers["from"] for request in log} == {world.config.contact}


async def test_robots_txt_is_asked_for_once_a_day_whoever_wants_to_know(sqlite_url: str) -> None:
    async with news_web(sqlite_url) as world:
        for number in range(6):
            world.web.publish(f"/{number}", rss("One"))
            await world.add(f"/{number}", f"s{number}", every=HOUR / 2)
        await world.run(3 * DAY)
        moments = [request.at for request in world.web.requests("/robots.txt") if request.at]
        assert 3 <= len(moments) <= 4
        assert min(later - earlier for earlier, later in pairwise(moments)) >= DAY


@pytest.mark.parametrize(
    ("status", "asked", "least"),
    [(429, "18000", 5 * HOUR), (503, "900", 15 * MINUTE), (429, None, 15 * MINUTE), (503, "200000", DAY)],
)
@pytest.mark.parametrize("every", [None, MINUTE], ids=["auto", "every: 1m"])
async def test_peace_that_was_asked_for_is_kept_over_a_restart(
    sqlite_url: str, status: int, asked: str | None, least: timedelta, every: timedelta | None
) -> None:
    async with news_web(sqlite_url) as world:
        world.web.publish("/feed", rss("One"))
        world.web.fail("/feed", status, retry_after=asked, times=1)
        changes: dict[str, Any] = {} if every is None else {"every_min": every}
        await world.add(every=every, **changes)
        await world.visit()
        for _ in range(5):
            await world.restart()
            await world.run(least * 0.22 if asked else HOUR)
        refused, following, *_ = (request.at for request in world.web.requests("/feed"))
        assert refused
        assert following
        assert following - refused >= (least if asked else MINUTE)
