from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import feedparser
import pytest

from tests.crawler.store.makers import entry

if TYPE_CHECKING:
    from tests.crawler.console.house import House


async def test_others_can_read_a_rule_as_atom(full: House) -> None:
    async with full.client() as client:
        answer = await client.get("/feeds/france.atom")
    assert answer.headers["content-type"] == "application/atom+xml"
    feed = feedparser.parse(answer.content)
    assert not feed.bozo
    assert feed.version == "atom10"
    (entry,) = feed.entries
    assert (entry.title, entry.link) == ("Japan and France open talks", "https://bbc.example/a")
    assert entry.id.startswith("urn:tocsin:france:")
    assert [tag.term for tag in entry.tags] == ["notice"]
    assert entry.published_parsed <= entry.updated_parsed


async def test_others_can_read_a_rule_as_json_feed(full: House) -> None:
    async with full.client() as client:
        answer = await client.get("/feeds/japan.json")
    feed = answer.json()
    assert answer.headers["content-type"] == "application/feed+json"
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == "http://127.0.0.1:8321/feeds/japan.json"
    assert [one["title"] for one in feed["items"]][1:] == ["Japan signs", "Japan and France open talks"]
    assert feed["items"][1]["tags"] == ["notice", "asia"]


async def test_a_feed_of_a_rule_that_found_nothing_is_a_feed(empty: House) -> None:
    async with empty.client() as client:
        feed = feedparser.parse((await client.get("/feeds/japan.atom")).content)
        assert (feed.bozo, feed.entries) == (False, [])
        assert (await client.get("/feeds/none.atom")).status_code == 404


@pytest.mark.parametrize("path", ["/feeds/japan.atom", "/feeds/japan.json"])
async def test_a_reader_is_not_sent_what_it_has(full: House, path: str) -> None:
    async with full.client() as client:
        first = await client.get(path)
        tag, changed = first.headers["etag"], first.headers["last-modified"]
        for known in (
            {"if-none-match": tag},
            {"if-none-match": f'"x", W/{tag}'},
            {"if-modified-since": changed},
        ):
            again = await client.get(path, headers=known)
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        for other in (
            {"if-none-match": '"x"', "if-modified-since": changed},
            {"if-modified-since": "Sun, 06 Nov 1994 08:49:37 GMT"},
            {"if-modified-since": "yesterday"},
        ):
            assert (await client.get(path, headers=other)).status_code == 200
        await full.tell("e", "Japan again")
        again = await client.get(path, headers={"if-none-match": tag, "if-modified-since": changed})
    assert (again.status_code, again.headers["etag"] == tag) == (200, False)


async def test_a_feed_was_last_changed_when_its_newest_match_was(full: House) -> None:
    full.clock.advance(timedelta(hours=3))
    await full.newsroom.visit("bbc", entry("b", "Japan signs at last", "A treaty on minerals."))
    changed = full.clock.now()
    full.clock.advance(timedelta(hours=1))
    async with full.client() as client:
        feed = feedparser.parse((await client.get("/feeds/japan.atom")).content)
    assert feed.feed.updated == changed.isoformat()
    assert sorted(one.updated == changed.isoformat() for one in feed.entries) == [False, False, True]


async def test_a_feed_without_matches_stays_as_it_is(empty: House) -> None:
    async with empty.client() as client:
        tag = (await client.get("/feeds/japan.atom")).headers["etag"]
        empty.clock.advance(timedelta(days=1))
        assert (await client.get("/feeds/japan.atom", headers={"if-none-match": tag})).status_code == 304


async def test_links_lead_to_where_the_reader_asked(full: House) -> None:
    async with full.client("0123456789abcdef", "0.0.0.0", authorization="Bearer 0123456789abcdef") as client:  # noqa: S104 -- what a user may write
        named = {"host": "news.example", "x-forwarded-proto": "https"}
        fact = (await client.get("/feeds/japan.json", headers=named)).json()
        assert fact["feed_url"] == "https://news.example/feeds/japan.json"
        assert fact["home_page_url"] == "https://news.example/rules/japan"
        atom = (await client.get("/feeds/japan.atom", headers=named)).text
        assert 'rel="self" type="application/atom+xml" href="/feeds/japan.atom"' in atom
        fact = (await client.get("/feeds/japan.json", headers={"x-forwarded-proto": "https"})).json()
    assert not fact.keys() & {"feed_url", "home_page_url"}  # the proxy's name is not known, and 127.0.0.1 is not its
