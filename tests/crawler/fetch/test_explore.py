from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

import pytest

from alerts.errors import FetchError
from crawler.fetch.explore import MOST_TRIALS, explore
from spiders.read import read
from spiders.reading import Document
from spiders.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable

    from spiders.entry import Reading

T = TypeVar("T")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOME = "https://www.example.org/"
START = Source(id="new", url=HOME, name="", kind="auto", headers=(("Authorization", "Bearer hush"),))
ITEM = "<item><title>A story number {0} of today</title><link>https://www.example.org/{0}</link></item>"
FEED = f"<rss version='2.0'><channel><title>F</title>{''.join(map(ITEM.format, range(5)))}</channel></rss>"
MAP = (
    "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>"
    "<url><loc>https://www.example.org/1</loc></url></urlset>"
)
LINKS = "".join(f"<a href='/2026/11/24/story-{n}-of-the-day'>Story number {n} of the whole day</a>" for n in range(5))
PAGE = "<html><head>{}</head><body>" + LINKS + "</body></html>"
NAMED = "<link rel='alternate' type='application/rss+xml' href='{}'>"


@dataclass
class FakeWeb:
    pages: dict[str, str]
    asked: list[Source] = field(default_factory=list)

    async def document(self, source: Source) -> Document:
        self.asked.append(source)
        if source.url not in self.pages:
            raise FetchError("http-404", "404 Not Found", status=404)
        return Document(url=source.url, body=self.pages[source.url].encode(), fetched=NOW)

    async def reading(self, source: Source) -> Reading:
        return read(await self.document(source), source)

    async def run(self, function: Callable[..., T], *args: object) -> T:
        return function(*args)


async def best(pages: dict[str, str], *kinds: str) -> tuple[str, str]:
    found = await explore(START, FakeWeb(pages), NOW, kinds=frozenset(kinds) or None)
    choice = found.choices[0]
    assert choice.usable
    assert found.reading_of(choice)
    return choice.candidate.kind, choice.candidate.url


async def test_a_feed_is_itself_the_source_and_nothing_else_is_asked() -> None:
    web = FakeWeb({HOME: FEED})
    found = await explore(START, web, NOW)
    assert [choice.candidate.url for choice in found.choices] == [HOME]
    assert len(web.asked) == 1


async def test_a_feed_that_the_page_names_comes_before_the_page() -> None:
    pages = {HOME: PAGE.format(NAMED.format("/feed.xml")), HOME + "feed.xml": FEED}
    assert await best(pages) == ("feed", HOME + "feed.xml")
    assert await best(pages, "listing") == ("listing", HOME)


async def test_the_sitemap_of_the_robots_txt_is_looked_at() -> None:
    pages = {
        HOME: "<html><body><p>nothing</p></body></html>",
        HOME + "robots.txt": f"Sitemap: {HOME}news.xml\n",
        HOME + "news.xml": MAP,
    }
    assert await best(pages) == ("sitemap", HOME + "news.xml")


async def test_customary_addresses_are_tried_only_where_nothing_was_named() -> None:
    assert await best({HOME: "<html><body>x</body></html>", HOME + "rss.xml": FEED}) == ("feed", HOME + "rss.xml")
    web = FakeWeb({HOME: PAGE.format(NAMED.format("/feed.xml")), HOME + "feed.xml": FEED})
    await explore(START, web, NOW)
    assert [source.url for source in web.asked] == [HOME, HOME + "robots.txt", HOME + "feed.xml"]


async def test_a_site_that_names_a_hundred_feeds_is_not_asked_for_each() -> None:
    web = FakeWeb({HOME: PAGE.format("".join(NAMED.format(f"/feed-{n}.xml") for n in range(100)))})
    found = await explore(START, web, NOW)
    assert len(web.asked) <= MOST_TRIALS + 2
    assert (found.choices[0].usable, found.choices[0].candidate.kind) == (True, "listing")


async def test_a_page_of_links_without_any_feed_is_read_itself_after_all_that_is_guessed() -> None:
    assert await best({HOME: PAGE.format("")}) == ("listing", HOME)
    section = HOME + "world/asia"
    web = FakeWeb({section: PAGE.format("")})
    found = await explore(Source(id="new", url=section, name="", kind="auto"), web, NOW)
    assert (found.choices[0].usable, found.choices[0].candidate.url) == (True, section)
    assert len(web.asked) <= MOST_TRIALS + 2


async def test_credentials_stay_at_the_host_that_the_user_named() -> None:
    web = FakeWeb({HOME: PAGE.format(NAMED.format("https://elsewhere.example/feed"))})
    await explore(START, web, NOW)
    (elsewhere,) = [source for source in web.asked if "elsewhere" in source.url]
    assert elsewhere.headers == ()
    assert all(source.headers for source in web.asked if "elsewhere" not in source.url)


async def test_an_address_that_cannot_be_read_is_an_error_with_its_reason() -> None:
    with pytest.raises(FetchError) as caught:
        await explore(START, FakeWeb({}), NOW)
    assert caught.value.reason == "http-404"


async def test_what_fails_is_listed_with_its_reason_after_what_can_be_used() -> None:
    found = await explore(START, FakeWeb({HOME: PAGE.format(NAMED.format("/gone.xml"))}), NOW)
    assert [choice.usable for choice in found.choices] == [True, False]
    assert "404" in found.choices[1].reason
