from __future__ import annotations

from typing import TYPE_CHECKING

import feedparser

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
