from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import TYPE_CHECKING

import aiohttp
import feedparser
import pytest
import pytest_asyncio
import yaml
from protego import Protego

from crawler.demo.script import Expect, Site, load_items
from crawler.demo.web import DemoWeb
from spiders.parse import parse
from spiders.reading import Document
from spiders.source import Source
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

ITEMS = load_items()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest_asyncio.fixture
async def outlets(clock: FakeClock) -> AsyncIterator[DemoWeb]:
    async with DemoWeb(clock=clock) as outlets:
        yield outlets


@pytest_asyncio.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def named(outlets: DemoWeb, site: str) -> Site:
    return next(one for one in outlets.sites if one.id == site)


async def body(http: aiohttp.ClientSession, url: str) -> bytes:
    async with http.get(url) as response:
        assert response.status == 200, url
        return await response.read()


def titles(document: bytes) -> list[str]:
    return [entry["title"] for entry in feedparser.parse(io.BytesIO(document)).entries]


def test_the_script_has_every_kind_of_item_on_sites_that_exist() -> None:
    assert {item.expect for item in ITEMS} == set(Expect)
    assert len({item.site for item in ITEMS}) >= 6
    assert len({(item.story, item.site) for item in ITEMS}) == len(ITEMS)
    assert all(item.why for item in ITEMS)


def test_what_is_to_be_told_names_its_rules_and_a_near_miss_names_none() -> None:
    for item in ITEMS:
        assert bool(item.rules) == (item.expect is not Expect.SILENT), item.story


def test_a_copy_has_the_words_of_its_original_and_comes_later() -> None:
    copies = [item for item in ITEMS if item.expect is Expect.COPY]
    assert len(copies) >= 2
    for copy in copies:
        original = next(item for item in ITEMS if item.story == copy.story and item.expect is not Expect.COPY)
        assert (original.versions[0].title, original.versions[0].text) == (
            copy.versions[0].title,
            copy.versions[0].text,
        )
        assert original.at < copy.at


async def test_each_dialect_says_what_it_is(outlets: DemoWeb, http: aiohttp.ClientSession, clock: FakeClock) -> None:
    clock.advance(timedelta(seconds=14))
    versions = {}
    for site in outlets.sites:
        document = await body(http, site.feed_url)
        if site.form == "json":
            assert json.loads(document)["version"].endswith("version/1.1")
        else:
            versions[site.form] = feedparser.parse(io.BytesIO(document)).version
    assert versions == {"rss": "rss20", "rss-content": "rss20", "rdf": "rss10", "atom": "atom10"}


async def test_the_daemons_own_reader_finds_every_item_as_the_script_has_it(
    outlets: DemoWeb, http: aiohttp.ClientSession, clock: FakeClock
) -> None:
    clock.advance(outlets.length)
    for site in outlets.sites:
        async with http.get(site.feed_url) as response:
            found = parse(
                Document(
                    url=site.feed_url,
                    body=await response.read(),
                    content_type=response.headers["Content-Type"],
                    fetched=clock.now(),
                ),
                Source(id=site.id, url=site.feed_url, name=site.name),
            )
        wanted = [item.versions[-1] for item in outlets.script if item.site == site.id]
        assert found.title == site.name
        assert {(entry.title, entry.text) for entry in found.entries} == {
            (version.title, version.text) for version in wanted
        }


async def test_a_story_appears_when_its_moment_has_come(
    outlets: DemoWeb, http: aiohttp.ClientSession, clock: FakeClock
) -> None:
    wire = named(outlets, "pacific-wire").feed_url
    assert titles(await body(http, wire)) == ["Japan and France to study a Reciprocal Access Agreement"]
    clock.advance(timedelta(seconds=2))
    assert "announce economic-security pact" in titles(await body(http, wire))[0]


async def test_half_the_scale_is_twice_the_speed_but_a_day_stays_a_day(
    clock: FakeClock, http: aiohttp.ClientSession
) -> None:
    async with DemoWeb(clock=clock, scale=0.5) as outlets:
        clock.advance(timedelta(seconds=1))
        entries = feedparser.parse(io.BytesIO(await body(http, named(outlets, "pacific-wire").feed_url))).entries
    assert entries[0]["published"] == "Mon, 02 Nov 2026 12:00:01 +0000"
    assert entries[1]["published"] == "Fri, 30 Oct 2026 12:00:00 +0000"


async def test_an_edited_story_keeps_its_place_and_changes_its_words(
    outlets: DemoWeb, http: aiohttp.ClientSession, clock: FakeClock
) -> None:
    wire = named(outlets, "pacific-wire")
    clock.advance(timedelta(seconds=3))
    before = feedparser.parse(io.BytesIO(await body(http, wire.feed_url))).entries[0]
    clock.advance(timedelta(seconds=7))
    document = feedparser.parse(io.BytesIO(await body(http, wire.feed_url)))
    after = next(entry for entry in document.entries if entry["id"] == before["id"])
    assert before["title"] == "Leaders to speak to reporters this evening"
    assert after["title"] == "Leaders: Reciprocal Access Agreement to be signed next year"
    assert (after["link"], after["published"]) == (before["link"], before["published"])


async def test_a_known_document_is_not_sent_again_and_a_changed_one_is(
    outlets: DemoWeb, http: aiohttp.ClientSession, clock: FakeClock
) -> None:
    url = named(outlets, "sea-lanes").feed_url
    async with http.get(url) as response:
        known = {"If-None-Match": response.headers["ETag"]}
    clock.advance(timedelta(seconds=5))
    async with http.get(url, headers=known) as response:
        assert (response.status, await response.read()) == (304, b"")
    clock.advance(timedelta(seconds=4))  # the re-dated primer: only a date changes
    async with http.get(url, headers=known) as response:
        assert response.status == 200


async def test_the_flaky_site_says_when_to_come_back_and_recovers(
    outlets: DemoWeb, http: aiohttp.ClientSession, clock: FakeClock
) -> None:
    url = named(outlets, "tide").feed_url
    async with http.get(url) as response:
        assert (response.status, response.headers["Retry-After"]) == (503, "1")
    clock.advance(timedelta(seconds=4))
    assert titles(await body(http, url)) == ["Frigates of Japan and France to train together off Fiji"]


async def test_the_broken_feed_is_not_well_formed_and_can_still_be_read(
    outlets: DemoWeb, http: aiohttp.ClientSession, clock: FakeClock
) -> None:
    clock.advance(timedelta(seconds=12))
    document = await body(http, named(outlets, "matin").feed_url)
    assert feedparser.parse(io.BytesIO(document)).bozo
    assert titles(document)[0] == "Nickel & avenir - la Nouvelle-Calédonie demande sa part"


@pytest.mark.parametrize(
    ("site", "words"),
    [("minato", "円滑化協定の交渉開始"), ("large", "ouvrent la voie à un accord")],
)
async def test_old_charsets_arrive_whole(
    site: str, words: str, outlets: DemoWeb, http: aiohttp.ClientSession, clock: FakeClock
) -> None:
    clock.advance(timedelta(seconds=6))
    document = await body(http, named(outlets, site).feed_url)
    with pytest.raises(UnicodeDecodeError):
        document.decode("utf-8")
    assert any(words in title for title in titles(document))


async def test_odd_dates_are_served_as_the_script_says(
    outlets: DemoWeb, http: aiohttp.ClientSession, clock: FakeClock
) -> None:
    clock.advance(timedelta(seconds=11))
    gazette = feedparser.parse(io.BytesIO(await body(http, named(outlets, "gazette").feed_url)))
    assert "published" not in gazette.entries[-1]
    assert "updated" not in gazette.entries[-1]
    lanes = feedparser.parse(io.BytesIO(await body(http, named(outlets, "sea-lanes").feed_url)))
    dates = {entry["title"]: entry["published"] for entry in lanes.entries}
    assert dates["Rare earth recycling plant to open near Lyon"] == (NOON + timedelta(days=3)).isoformat()
    primer = "Primer: what an economic security pact can and cannot do"
    assert dates[primer] == (NOON + timedelta(seconds=9)).isoformat()


async def test_an_article_has_a_page_once_it_is_published(
    outlets: DemoWeb, http: aiohttp.ClientSession, clock: FakeClock
) -> None:
    url = f"{named(outlets, 'pacific-wire').origin}/articles/announcement"
    async with http.get(url) as response:
        assert response.status == 404
    clock.advance(timedelta(seconds=2))
    page = (await body(http, url)).decode()
    assert "<p>They also agreed on an economic security pact." in page
    assert "Most read" in page
    assert "to study a Reciprocal Access Agreement" in page  # in the box, not in the story


async def test_a_page_may_say_more_than_the_feed_and_robots_may_read_it(
    outlets: DemoWeb, http: aiohttp.ClientSession, clock: FakeClock
) -> None:
    clock.advance(outlets.length)
    herald = named(outlets, "herald")
    feed = (await body(http, herald.feed_url)).decode()
    page = (await body(http, f"{herald.origin}/articles/communique")).decode()
    assert "gallium" in page
    assert "gallium" not in feed
    rules = Protego.parse((await body(http, f"{herald.origin}/robots.txt")).decode())
    assert rules.can_fetch(f"{herald.origin}/articles/communique", "Tocsin")


async def test_the_hostile_headline_cannot_break_its_own_page(
    outlets: DemoWeb, http: aiohttp.ClientSession, clock: FakeClock
) -> None:
    clock.advance(timedelta(seconds=8))
    page = (await body(http, f"{named(outlets, 'herald').origin}/articles/hostile")).decode()
    assert "<!here>" not in page
    assert "&lt;!here&gt;" in page


async def test_a_restart_begins_the_script_anew(outlets: DemoWeb, clock: FakeClock) -> None:
    clock.advance(timedelta(minutes=1))
    outlets.restart()
    assert outlets.start == NOON + timedelta(minutes=1)


async def test_the_config_names_every_site_and_the_store(outlets: DemoWeb, tmp_path: Path) -> None:
    config = yaml.safe_load(outlets.config_text(tmp_path / "demo.db"))
    assert config["store"] == f"sqlite:///{tmp_path}/demo.db"
    assert [source["url"] for source in config["sources"]] == [site.feed_url for site in outlets.sites]
    assert config["defaults"]["every"] == "1s"
    known = {rule["id"] for rule in config["rules"]}
    assert {rule for item in ITEMS for rule in item.rules} == known
