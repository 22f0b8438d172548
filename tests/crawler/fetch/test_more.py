"""Documents that lead to others: sitemap indexes and listings of several pages, on loopback."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from crawler.fetch.crawl import Fetched
from crawler.visits.poll import Answer, Validators
from spiders.entry import Reading
from tests.crawler.crawling import World, world

XML = "application/xml"
DAY = "2026-11-02T10:00:00Z"


def sitemap(*paths: str, here: World) -> str:
    entries = "".join(
        f"<url><loc>{here.web.url(path)}</loc><news:news><news:title>About {path}</news:title>"
        f"<news:publication_date>{DAY}</news:publication_date></news:news></url>"
        for path in paths
    )
    spaces = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
    return f"<urlset {spaces}>{entries}</urlset>"


def index(*paths: str, here: World) -> str:
    entries = "".join(f"<sitemap><loc>{here.web.url(path)}</loc></sitemap>" for path in paths)
    return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</sitemapindex>'


def publish(here: World, **maps: str) -> None:
    """Publish an index and sitemaps: each name a path, each value the stories, by words."""
    here.web.publish("/index.xml", index(*(f"/{name}.xml" for name in maps), here=here), content_type=XML)
    for name, stories in maps.items():
        text = sitemap(*(f"/news/{story}" for story in stories.split()), here=here)
        here.web.publish(f"/{name}.xml", text, content_type=XML)


async def visit(here: World, known: Validators | None = None, **changes: Any) -> Fetched:
    return await here.visit("/index.xml", known, kind="sitemap", **changes)


def titles(fetched: Fetched) -> set[str]:
    assert fetched.reading is not None
    return {entry.title for entry in fetched.reading.entries}


async def test_an_index_is_followed_to_its_sitemaps() -> None:
    async with world() as here:
        publish(here, a="one two", b="three two")
        fetched = await visit(here)
        assert (fetched.answer, fetched.reason) == (Answer.READ, "200")
        assert titles(fetched) == {"About /news/one", "About /news/two", "About /news/three"}
        assert fetched.reading is not None
        assert fetched.reading.more == ()
        assert "2 further documents, 2 of them new or changed" in fetched.reading.notes
        assert fetched.size > len(index("/a.xml", "/b.xml", here=here))


async def test_only_what_changed_is_read_again_though_the_index_stays_the_same() -> None:
    async with world() as here:
        publish(here, a="one", b="two")
        first = await visit(here)
        assert first.validators.etag is None
        unchanged = await visit(here, first.validators)
        assert (unchanged.answer, unchanged.reason) == (Answer.UNCHANGED, "same-body")
        assert [request.status for request in here.web.requests("/a.xml")] == [200, 304]
        publish(here, a="one", b="two three")
        third = await visit(here, unchanged.validators)
        assert titles(third) == {"About /news/two", "About /news/three"}
        assert here.web.requests("/a.xml")[-1].status == 304


async def test_all_of_it_is_read_again_when_what_it_lists_must_be_noted_anew() -> None:
    async with world() as here:
        publish(here, a="one", b="two")
        first = await visit(here)
        again = await visit(here, first.validators, anew=True)
        assert (again.answer, titles(again)) == (Answer.READ, {"About /news/one", "About /news/two"})


async def test_what_was_seen_of_sources_that_are_no_more_is_forgotten() -> None:
    async with world() as here:
        publish(here, a="one")
        first = await visit(here)
        here.crawl.keep(["a"])
        assert (await visit(here, first.validators)).reason == "same-body"
        here.crawl.keep(["b"])
        assert here.web.requests("/a.xml")[-1].status == 304
        await visit(here, first.validators)
        assert here.web.requests("/a.xml")[-1].status == 200


async def test_what_was_not_stored_is_read_again() -> None:
    async with world() as here:
        publish(here, a="one")
        first = await visit(here)
        publish(here, a="one two")
        await visit(here, first.validators)  # and nothing of it is committed
        again = await visit(here, first.validators)
        assert titles(again) == {"About /news/one", "About /news/two"}
        assert "if-none-match" not in here.web.requests("/a.xml")[-1].headers


async def test_after_a_restart_nothing_is_lost_and_nothing_is_new() -> None:
    async with world() as before:
        publish(before, a="one")
        first = await visit(before)
    async with world() as after:
        publish(after, a="one")
        assert titles(await visit(after, first.validators)) == {"About /news/one"}


async def test_a_sitemap_that_cannot_be_had_is_noted() -> None:
    async with world() as here:
        publish(here, a="one", b="two")
        here.web.fail("/b.xml", 500)
        fetched = await visit(here)
        assert titles(fetched) == {"About /news/one"}
        assert fetched.reading is not None
        assert any("/b.xml: 500 Internal Server Error" in note for note in fetched.reading.notes)


async def test_when_none_can_be_had_the_visit_fails_by_the_first_reason() -> None:
    async with world() as here:
        publish(here, a="one", b="two")
        here.web.fail("/a.xml", 403)
        here.web.fail("/b.xml", 403)
        assert (await here.why("/index.xml", kind="sitemap")).reason == "http-403"


async def test_a_sitemap_found_by_crawling_is_under_the_rules_of_its_host() -> None:
    async with world() as here:
        publish(here, a="one", b="two")
        rules = "User-agent: *\nDisallow: /b.xml\nDisallow: /index.xml"
        here.web.publish("/robots.txt", rules, content_type="text/plain")
        fetched = await visit(here)
        assert titles(fetched) == {"About /news/one"}
        assert here.web.count("/b.xml") == 0


async def test_an_index_of_indexes_is_followed_to_its_sitemaps_and_no_further() -> None:
    async with world() as here:
        publish(here, a="one")
        for outer, inner in (("/outer.xml", "/index.xml"), ("/outmost.xml", "/outer.xml")):
            here.web.publish(outer, index(inner, here=here), content_type=XML)
        fetched = await here.visit("/outer.xml", kind="sitemap")
        assert titles(fetched) == {"About /news/one"}
        assert titles(await here.visit("/outmost.xml", kind="sitemap")) == set()


async def test_a_circle_of_indexes_ends() -> None:
    async with world() as here:
        here.web.publish("/a.xml", index("/b.xml", here=here), content_type=XML)
        here.web.publish("/b.xml", index("/a.xml", here=here), content_type=XML)
        await here.visit("/a.xml", kind="sitemap")
        assert here.web.count("/a.xml") + here.web.count("/b.xml") <= 3


async def test_a_visit_reads_no_more_than_ten_documents() -> None:
    async with world() as here:
        publish(here, **{f"map{number}": f"story{number}" for number in range(30)})
        fetched = await visit(here)
        assert sum(request.path != "/robots.txt" for request in here.web.journal) <= 10
        assert fetched.reading is not None
        assert any("left out" in note or "followed" in note for note in fetched.reading.notes)


async def test_what_an_index_of_indexes_leaves_out_is_noted() -> None:
    async with world() as here:
        names = [f"/map{number}.xml" for number in range(9)]
        for outer in ("/a.xml", "/b.xml"):
            here.web.publish(outer, index(*(outer[:-4] + name for name in names), here=here), content_type=XML)
            for name in names:
                here.web.publish(outer[:-4] + name, sitemap("/news/one", here=here), content_type=XML)
        here.web.publish("/index.xml", index("/a.xml", "/b.xml", here=here), content_type=XML)
        fetched = await visit(here)
        assert fetched.reading is not None
        assert "11 further documents left out: 10 are read in one visit" in fetched.reading.notes


async def test_what_time_does_not_allow_is_noted() -> None:
    async with world() as here:
        publish(here, a="one", b="two", c="three")
        here.web.hang("/b.xml")
        source, machine = here.source("/index.xml", kind="sitemap"), here.crawl._machine
        urls = tuple(here.web.url(path) for path in ("/a.xml", "/b.xml", "/c.xml"))
        reading = Reading(title=None, dialect="sitemapindex", more=urls)
        ends = asyncio.get_running_loop().time() + 0.3
        found = await machine.more.gather(machine.feeds, source, reading, body=b"1", before=None, ends=ends)
        assert [entry.title for entry in found.reading.entries] == ["About /news/one"]
        assert "time was up: 1 further documents left out" in found.reading.notes


async def test_further_documents_wait_for_their_hosts_turn() -> None:
    async with world(paced=True) as here:
        publish(here, a="one", b="two")
        start = here.clock.now()
        async with here.turns.turn(here.source("/index.xml").host):
            await visit(here)
        assert here.clock.now() - start == timedelta(seconds=2)


def front_page(number: int, pages: int) -> str:
    links = "".join(
        f'<p><a class="story" href="/news/2026/11/02/story-{number}-{n}">Ministers meet for talks {number} {n}</a>'
        for n in range(12)
    )
    following = f'<a rel="next" class="next" href="/news/?page={number + 1}">Next</a>' if number < pages else ""
    return f"<!doctype html><html><head><title>News</title></head><body>{links}{following}</body></html>"


@pytest.mark.parametrize("pages", [1, 3])
async def test_a_listing_is_read_over_as_many_pages_as_its_source_says(pages: int) -> None:
    async with world() as here:
        for number in range(1, 6):
            path = "/news/" if number == 1 else f"/news/?page={number}"
            here.web.publish(path, front_page(number, 5), content_type="text/html")
        fetched = await here.visit("/news/", kind="listing", links="a.story", next="a.next", pages=pages)
        assert fetched.reading is not None
        assert len(fetched.reading.entries) == 12 * pages
        assert here.web.count("/news/?page=4") == 0
        assert here.web.journal[-1].headers["accept"].startswith("text/html")
