"""Gaps, filled over a news web on loopback: a feed that skips, and what its site lists besides."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest

from alerts.errors import StoreError
from crawler.cli.sources_show import _yield
from crawler.ids import Ids
from crawler.intake.calm import Manner
from crawler.intake.ingest import Ingestor
from crawler.patrol.backfill import Backfill
from crawler.patrol.turns import Turns
from crawler.visits.backfill import trying
from tests.crawler.store.makers import WordJudge
from tests.fakes import NOON
from tests.newsweb import FEED, HOUR, NewsWeb, news_web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from crawler.store.gaps import GapLine

MINUTE = timedelta(minutes=1)


class Town(NewsWeb):
    """A news web that fills gaps too."""

    def filler(self) -> Backfill:
        """Return who fills gaps, anew as after a start."""
        judge = WordJudge({"treaty": ("#news",)})
        ingest = Ingestor(self.store, judge, "rev1", Ids(self.clock), self.clock, Manner(same_story=72 * HOUR))
        turns = Turns(self.config, self.clock)
        return Backfill(self.store.gaps, ingest, self.crawl, self.sources, turns=turns, clock=self.clock)

    async def fill(self) -> None:
        """Let minutes pass until no gap is due any more."""
        filler = self.filler()
        for _ in range(90):
            self.clock.advance(MINUTE)
            await filler.tick()
            if not await self.store.gaps.due(self.clock.now() + 24 * HOUR, 1):
                return

    async def gaps(self) -> tuple[GapLine, ...]:
        return (await self.dossier()).filled

    async def told(self) -> list[str]:
        """Return the titles of the messages that were queued, oldest first."""
        found = await self.store.deliveries()
        return [one.delivery.alert.story.title for one in reversed(found)]

    def feed(self, *stories: tuple[str, datetime], more: str = "") -> None:
        items = "".join(
            f"<item><title>{title}</title><link>{self.address(title)}</link><guid>id:{title}</guid>"
            f"<description>What is known of it: {title}.</description>"
            f"<pubDate>{format_datetime(at)}</pubDate></item>"
            for title, at in stories
        )
        head = '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>News</title>'
        self.web.publish(FEED, f"{head}{more}{items}</channel></rss>")

    def address(self, title: str, section: str = "world") -> str:
        return self.web.url(f"/{section}/{title.lower().replace(' ', '-')}")

    def sitemap(self, *stories: tuple[str, datetime | None], section: str = "world", path: str = "/news.xml") -> None:
        urls = "".join(
            f"<url><loc>{self.address(title, section)}</loc><n:news><n:title>{title}</n:title>"
            + (f"<n:publication_date>{at.isoformat()}</n:publication_date>" if at else "")
            + "</n:news></url>"
            for title, at in stories
        )
        space = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"'
        self.web.publish(path, f"<urlset {space}>{urls}</urlset>", content_type="application/xml")

    def listing(self, path: str, *stories: tuple[str, datetime], more: str = "") -> None:
        items = "".join(
            f'<article><a href="{self.address(title)}-and-what-is-known">{title}, and what is known of it</a>'
            f'<time datetime="{at.isoformat()}"></time></article>'
            for title, at in stories
        )
        self.web.publish(path, f"<html><body><main>{items}</main>{more}</body></html>", content_type="text/html")

    def robots(self, *lines: str) -> None:
        named = f"Sitemap: {self.web.url('/news.xml')}"
        self.web.publish("/robots.txt", "\n".join(["User-agent: *", *lines, named]), content_type="text/plain")


@asynccontextmanager
async def town(sqlite_url: str, *rules: str) -> AsyncIterator[Town]:
    """A source that listed one story at noon, on a site with rules for robots."""
    async with news_web(sqlite_url, start=NOON) as plain:
        here = Town.__new__(Town)
        here.__dict__ = plain.__dict__
        here.feed(("Before", NOON - HOUR))
        if rules:
            here.robots(*rules)
        await here.add()
        await here.pass_time(timedelta(0))
        yield here


async def skip(here: Town, more: str = "") -> None:
    """Let the feed go by a story that it no longer lists an hour later."""
    here.feed(("Later treaty", NOON + 50 * MINUTE), more=more)
    await here.visit()


MISSED = ("Missed treaty", NOON + 20 * MINUTE)
OLD = ("Old treaty", NOON - 5 * HOUR)


async def test_what_a_feed_skipped_is_taken_from_the_sitemap_and_told_once(sqlite_url: str) -> None:
    async with town(sqlite_url) as here:
        here.robots("Disallow: /private")
        here.sitemap(("Later treaty", NOON + 50 * MINUTE), MISSED, ("Before", NOON - HOUR), OLD)
        await skip(here)
        await here.fill()
        assert await here.told() == ["Later treaty", "Missed treaty"]
        assert await here.titles() == ["Before", "Later treaty", "Missed treaty"]
        (line,) = await here.gaps()
        assert (line.state, line.stories, line.since, line.until) == ("filled", 1, NOON, NOON + HOUR)
        assert line.result == f"filled with 1 story from {here.web.url('/news.xml')}"
        facts = " ".join(text for _, text, _ in _yield(await here.dossier(), here.clock.now()))
        assert line.result in facts
        log = (await here.dossier()).visits[0]
        assert (log.reason, log.new) == ("backfill", 1)
        assert log.notes == (
            f"fills the gap from 2026-11-02 12:00 to 2026-11-02 13:00 UTC: listed by {here.web.url('/news.xml')}",
        )
        await here.fill()
        assert here.web.count("/news.xml") == 1


async def test_a_story_that_the_feed_lists_after_all_is_the_one_that_the_sitemap_gave(sqlite_url: str) -> None:
    async with town(sqlite_url) as here:
        here.robots()
        here.sitemap(MISSED)
        await skip(here)
        await here.fill()
        here.feed(("Later treaty", NOON + 50 * MINUTE), ("Missed treaty", NOON + 25 * MINUTE))
        await here.visit()
        assert await here.told() == ["Later treaty", "Missed treaty"]
        assert await here.titles() == ["Before", "Later treaty", "Missed treaty"]


async def test_a_restart_in_the_middle_loses_nothing_and_tells_nothing_twice(sqlite_url: str) -> None:
    async with town(sqlite_url) as here:
        here.robots()
        here.sitemap(MISSED)
        await skip(here)
        here.clock.advance(MINUTE)
        assert await here.filler().tick() == 1  # robots.txt was read
        await here.restart()
        assert [line.state for line in await here.gaps()] == ["due"]
        await here.fill()
        assert await here.told() == ["Later treaty", "Missed treaty"]


async def test_a_stop_during_a_look_is_no_try(sqlite_url: str) -> None:
    async with town(sqlite_url) as here:
        await skip(here)
        (before,) = await here.store.gaps.due(here.clock.now(), 5)
        here.web.hang("/robots.txt")
        looking = asyncio.create_task(here.filler().tick())
        async with asyncio.timeout(5):
            while not here.web.waiting:  # noqa: ASYNC110 -- the server has no event for it
                await asyncio.sleep(0)
        looking.cancel()
        await asyncio.wait({looking})
        (after,) = await here.store.gaps.due(here.clock.now(), 5)
        assert after.gap == before.gap


async def test_what_robots_txt_forbids_is_left_alone(sqlite_url: str) -> None:
    async with town(sqlite_url, "Disallow: /news.xml") as here:
        here.sitemap(MISSED)
        await skip(here)
        await here.fill()
        (line,) = await here.gaps()
        assert here.web.count("/news.xml") == 0
        assert line.state == "nothing"
        assert "/news.xml: robots" in line.result


async def test_nothing_there_is_an_outcome(sqlite_url: str) -> None:
    async with town(sqlite_url) as here:
        await skip(here)
        await here.fill()
        (line,) = await here.gaps()
        assert (line.state, line.stories, line.due) == ("nothing", 0, None)
        assert "robots.txt names no sitemap" in line.result
        assert "http-404" in line.result
        asked = {request.path for request in here.web.journal} - {FEED, "/robots.txt"}
        assert 0 < len(asked) <= 4


async def test_a_server_in_trouble_is_tried_again_later_and_not_for_ever(sqlite_url: str) -> None:
    async with town(sqlite_url) as here:
        here.robots()
        here.sitemap(MISSED)
        here.web.fail("/news.xml", status=500)
        await skip(here)
        await here.fill()
        (line,) = await here.gaps()
        assert here.web.count("/news.xml") == 3
        assert "http-500" in line.result


async def test_a_feed_that_names_its_older_page_needs_no_sitemap(sqlite_url: str) -> None:
    async with town(sqlite_url) as here:
        here.feed(MISSED, ("Before", NOON - HOUR))
        page = here.web._pages[FEED]
        here.web.publish("/older", page.body)
        await skip(here, f'<atom:link rel="prev-archive" href="{here.web.url("/older")}"/>')
        await here.fill()
        assert await here.told() == ["Later treaty", "Missed treaty"]
        (line,) = await here.gaps()
        assert line.result == f"filled with 1 story from {here.web.url('/older')}"
        assert [request.path for request in here.web.journal if "sitemap" in request.path] == []


async def test_other_parts_of_the_site_and_what_has_no_date_are_left_with_a_reason(sqlite_url: str) -> None:
    async with town(sqlite_url) as here:
        here.robots()
        here.sitemap(MISSED, section="sport")
        await skip(here)
        await here.fill()
        (line,) = await here.gaps()
        assert "1 in parts of the site that the source does not list" in line.result
        here.feed(("Still later", NOON + 110 * MINUTE))
        here.sitemap(("Undated treaty", None))
        await here.visit()
        await here.fill()
        assert "1 without a date" in (await here.gaps())[0].result
        assert await here.told() == ["Later treaty"]


async def test_a_gap_of_last_week_is_not_filled(sqlite_url: str) -> None:
    async with town(sqlite_url) as here:
        here.robots()
        await skip(here)
        here.clock.advance(timedelta(days=8))
        asked = len(here.web.journal)
        await here.filler().tick()
        (line,) = await here.gaps()
        assert line.state == "given-up"
        assert line.result == "given up; the gap is more than 7 days old"
        assert len(here.web.journal) == asked


async def test_a_source_that_left_is_given_up(sqlite_url: str) -> None:
    async with town(sqlite_url) as here:
        await skip(here)
        here.sources.clear()
        await here.filler().tick()
        assert [line.result for line in await here.gaps()] == ["given up; the source left the configuration"]


async def test_whoever_is_due_at_the_host_goes_first(sqlite_url: str) -> None:
    async with town(sqlite_url) as here:
        here.robots()
        await skip(here)
        turns = Turns(here.config, here.clock)
        filler = Backfill(
            here.store.gaps, here.filler()._ingest, here.crawl, here.sources, turns=turns, clock=here.clock
        )
        async with turns.turn(f"127.0.0.1:{here.web.port}"):
            assert await filler.tick() == 0
        assert await filler.tick() == 1


async def test_a_document_over_which_the_program_ended_three_times_is_left(sqlite_url: str) -> None:
    async with town(sqlite_url) as here:
        await skip(here)
        for _ in range(3):
            here.clock.advance(HOUR)
            (claim,) = await here.store.gaps.due(here.clock.now(), 5)
            await here.store.gaps.settle(claim, trying(claim.gap, here.clock.now()))
        here.clock.advance(HOUR)
        await here.filler().tick()
        (line,) = await here.gaps()
        assert line.state == "given-up"
        assert "Tocsin ended over it 3 times" in line.result


async def test_what_another_looked_at_meanwhile_is_not_written(sqlite_url: str) -> None:
    async with town(sqlite_url) as here:
        await skip(here)
        (claim,) = await here.store.gaps.due(here.clock.now(), 5)
        await here.store.gaps.settle(claim, claim.gap)
        with pytest.raises(StoreError, match="another"):
            await here.store.gaps.settle(claim, claim.gap)


async def test_two_gaps_in_a_row_are_filled_as_one(sqlite_url: str) -> None:
    async with town(sqlite_url) as here:
        await skip(here)
        here.feed(("Last", NOON + 110 * MINUTE))
        await here.visit()
        (line,) = await here.gaps()
        assert (line.since, line.until) == (NOON, NOON + 2 * HOUR)


async def test_the_next_page_of_a_listing_is_looked_at(sqlite_url: str) -> None:
    async with town(sqlite_url) as here:
        here.listing("/page", ("Before", NOON - HOUR), ("Before that", NOON - HOUR), ("Long before", NOON - HOUR))
        await here.add("/page", "b", kind="listing")
        await here.visit("b")
        here.listing("/page2", MISSED, ("Before", NOON - HOUR), ("Before that", NOON - HOUR))
        later = [(f"Later {number}", NOON + 50 * MINUTE) for number in ("one", "two", "three")]
        here.listing("/page", *later, more='<a rel="next" href="/page2">more</a>')
        await here.visit("b")
        await here.fill()
        (line,) = (await here.dossier("b")).filled
        assert line.result == f"filled with 1 story from {here.web.url('/page2')}"
