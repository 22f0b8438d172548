from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

import pytest

from alerts.errors import FetchError
from crawler.fetch.crawl import Fetched
from crawler.patrol.discovering import Discovering
from crawler.visits.poll import Answer, Claim, Validators
from crawler.visits.standing import Standing
from spiders.read import read
from spiders.reading import Document
from spiders.source import Source
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

T = TypeVar("T")

HOME = "https://news.example/"
FEED = "https://news.example/all.xml"
ITEMS = "".join(
    f"<item><title>Talks {n}</title><link>https://news.example/{n}</link>"
    "<pubDate>Mon, 02 Nov 2026 11:00:00 GMT</pubDate></item>"
    for n in range(5)
)
RSS = f'<rss version="2.0"><channel><title>All</title>{ITEMS}</channel></rss>'
PAGE = f"""<html><head><link rel="alternate" type="application/rss+xml" href="{FEED}"></head>
<body><p>Hello</p></body></html>"""
BARE = "<html><body><p>Nothing here</p></body></html>"
SOURCE = Source(id="news", url=HOME, name="News", kind="auto")
CLAIM = Claim(source="news", due=NOON, token=1, first=True, validators=Validators(etag='"old"'))


class FakeCrawl:
    """A small web that remembers how it was visited."""

    def __init__(self, web: dict[str, str]) -> None:
        self.web = web
        self.visits: list[tuple[str, str, str | None]] = []  # kind, address, ETag

    async def visit(self, source: Source, claim: Claim) -> Fetched:
        url = claim.url or source.url
        self.visits.append((source.kind, url, claim.validators.etag))
        reading = read(await self.document(replace(source, url=url)), source)
        return Fetched(
            answer=Answer.READ, reason="200", status=200, url=url, reading=reading, validators=Validators(etag='"new"')
        )

    async def document(self, source: Source) -> Document:
        if source.url not in self.web:
            raise FetchError("http-404", source.url)
        return Document(url=source.url, body=self.web[source.url].encode(), fetched=NOON)

    async def run(self, function: Callable[..., T], *args: object) -> T:
        return function(*args)


class Turns:
    def __init__(self) -> None:
        self.hosts: list[str] = []

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        self.hosts.append(name)
        yield


def looking(crawl: FakeCrawl, turns: Turns | None = None) -> Discovering:
    return Discovering(crawl, turns or Turns(), FakeClock(), lambda: timedelta(seconds=30))


async def test_a_page_leads_to_the_feed_that_it_names() -> None:
    crawl = FakeCrawl({HOME: PAGE, FEED: RSS})
    fetched = await looking(crawl).visit(SOURCE, CLAIM)
    assert fetched.discovered is not None
    assert (fetched.discovered.kind, fetched.discovered.url) == ("feed", FEED)
    assert fetched.reading is not None
    assert len(fetched.reading.entries) == 5
    assert crawl.visits == [("feed", FEED, None)]  # what is known of another document is not asked with


async def test_a_feed_is_what_it_is() -> None:
    fetched = await looking(FakeCrawl({HOME: RSS})).visit(SOURCE, CLAIM)
    assert fetched.discovered is not None
    assert (fetched.discovered.kind, fetched.discovered.url) == ("feed", HOME)


async def test_what_was_found_is_visited_without_looking_again() -> None:
    crawl = FakeCrawl({FEED: RSS})
    claim = replace(CLAIM, url=FEED, standing=Standing(read_as="feed", moved_to=FEED))
    fetched = await looking(crawl).visit(SOURCE, claim)
    assert fetched.discovered is None
    assert crawl.visits == [("feed", FEED, '"old"')]


async def test_a_feed_that_turns_into_a_page_is_no_list_of_stories() -> None:
    crawl = FakeCrawl({HOME: PAGE})
    with pytest.raises(FetchError) as caught:
        await looking(crawl).visit(SOURCE, replace(CLAIM, standing=Standing(read_as="feed")))
    assert caught.value.reason == "html"


async def test_other_kinds_are_left_alone() -> None:
    crawl = FakeCrawl({HOME: RSS})
    assert (await looking(crawl).visit(replace(SOURCE, kind="feed"), CLAIM)).discovered is None
    assert crawl.visits == [("feed", HOME, '"old"')]


async def test_where_nothing_can_be_watched_the_reason_says_what_was_tried() -> None:
    with pytest.raises(FetchError) as caught:
        await looking(FakeCrawl({HOME: BARE})).visit(SOURCE, CLAIM)
    assert caught.value.reason == "nothing-to-watch"
    assert HOME in caught.value.detail


async def test_every_look_waits_for_its_turn() -> None:
    turns = Turns()
    await looking(FakeCrawl({HOME: PAGE, FEED: RSS}), turns).visit(SOURCE, CLAIM)
    assert len(turns.hosts) >= 3
    assert set(turns.hosts) == {"news.example"}
