"""Days and weeks of visits: rhythm, silence, holds that outlive a restart, and moves that fail."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from crawler.cli import tocsin
from crawler.clock import SystemClock
from tests.newsweb import DAY, FEED, HOUR, news_web, told
from tests.server import rss

if TYPE_CHECKING:
    from pathlib import Path

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def stories(count: int, listed: int = 30, hint: str = "") -> str:
    """Write a feed of which so many stories were published so far, and the last ones are listed, newest first."""
    numbers = range(count - 1, max(count - listed, 0) - 1, -1)
    items = "".join(f"<item><title>Story number {number}</title><guid>{number}</guid></item>" for number in numbers)
    return f'<rss version="2.0"><channel><title>News</title>{hint}{items}</channel></rss>'


# ---------------------------------------------------------------- when


async def test_every_second_means_every_second(sqlite_url: str) -> None:
    async with news_web(sqlite_url) as world:
        await world.add(every=SECOND)
        world.web.publish(FEED, rss("One"), headers=[("Cache-Control", "max-age=3600")])
        await world.run(MINUTE)
        assert world.web.count(FEED) == 60
        moments = [line.at for line in await world.polls()]
        assert {later - earlier for earlier, later in pairwise(moments)} == {SECOND}


async def test_cron_strikes_by_its_own_clock_and_comes_at_once_when_new(sqlite_url: str) -> None:
    async with news_web(sqlite_url) as world:
        await world.add(every=None, cron="30 6,18 * * *")
        world.web.publish(FEED, rss("One"))
        await world.run(2 * DAY)
        moments = [f"{line.at:%d %H:%M}" for line in await world.polls()]
        assert moments == ["02 12:00", "02 18:30", "03 06:30", "03 18:30", "04 06:30"]


@pytest.mark.parametrize(
    ("hint", "headers", "least"),
    [
        ("", [], timedelta(minutes=2)),
        ("<ttl>30</ttl>", [], 30 * MINUTE),
        ("<ttl>1800</ttl>", [], HOUR),
        ("", [("Cache-Control", "public, max-age=2400"), ("Age", "600")], 30 * MINUTE),
        ("", [("Cache-Control", "no-cache, max-age=3600")], timedelta(minutes=2)),
        ("", [("Cache-Control", "max-age=604800")], HOUR),
        ("", [("Date", "Mon, 02 Nov 2026 12:00:00 GMT"), ("Expires", "Mon, 02 Nov 2026 12:45:00 GMT")], 45 * MINUTE),
        ("", [("Expires", "0")], timedelta(minutes=2)),
    ],
)
async def test_a_source_s_own_wish_is_the_least_it_gets(
    sqlite_url: str, hint: str, headers: list[tuple[str, str]], least: timedelta
) -> None:
    async with news_web(sqlite_url) as world:
        await world.add(every=None, tier=1)
        number = 0
        for _ in range(12):  # as busy as can be: twenty new at every visit
            number += 20
            world.web.publish(FEED, stories(number, hint=hint), headers=headers)
            await world.visit()
        gaps = [later.at - earlier.at for earlier, later in pairwise(await world.polls())]
        assert min(gaps) >= least
        assert gaps[-1] <= max(1.2 * least, 10 * MINUTE), (await world.dossier()).account.next_why


async def test_hours_that_a_source_skips_are_skipped(sqlite_url: str) -> None:
    quiet = "".join(f"<hour>{hour}</hour>" for hour in range(6))
    async with news_web(sqlite_url) as world:
        await world.add(every=None, every_max=12 * HOUR)
        world.web.publish(FEED, rss("One").replace("<channel>", f"<channel><skipHours>{quiet}</skipHours>"))
        await world.run(3 * DAY)
        hours = {line.at.hour for line in await world.polls()}
        assert hours
        assert not hours & set(range(6))


async def test_the_whole_document_is_asked_for_once_a_day_and_no_more(sqlite_url: str) -> None:
    async with news_web(sqlite_url) as world:
        await world.add(every=HOUR / 2)
        world.web.publish(FEED, rss("One"))
        await world.run(5 * DAY)
        whole = [request for request in world.web.requests(FEED) if "if-none-match" not in request.headers]
        assert world.web.count(FEED) == 240
        assert len(whole) == 5
        assert world.web.count("/robots.txt") <= 5


async def test_a_source_that_falls_silent_and_speaks_again(sqlite_url: str) -> None:
    async with news_web(sqlite_url) as world:
        await world.add(every=HOUR)
        for number in range(1, 49):
            world.web.publish(FEED, stories(number))
            await world.visit()
        assert await world.shown() == ("ok", None)
        await world.run(20 * HOUR)
        assert await world.shown() == ("ok", None)
        await world.run(10 * HOUR)
        state, trouble = await world.shown()
        assert (state, (trouble or "")[:15]) == ("silent", "nothing new for")
        world.web.publish(FEED, stories(49))
        await world.visit()
        assert await world.shown() == ("ok", None)
        assert "speaks again after" in " ".join((await world.polls())[-1].notes)


async def test_a_feed_too_short_for_its_visits_is_told_and_how_many_are_missing(sqlite_url: str) -> None:
    async with news_web(sqlite_url) as world:
        await world.add(every=HOUR)
        for number in range(10, 300, 6):  # six an hour, of which ten are listed
            world.web.publish(FEED, stories(number, listed=10))
            await world.visit()
        assert (await world.dossier()).account.standing.gaps == 0
        world.web.publish(FEED, stories(number + 60, listed=10))  # sixty in one hour
        await world.visit()
        dossier = await world.dossier()
        assert dossier.account.standing.gaps == 1
        assert "shared no item with the last" in " ".join(dossier.visits[0].notes)


async def test_a_busy_source_is_visited_often_a_quiet_one_seldom_and_both_find_all(sqlite_url: str) -> None:
    async with news_web(sqlite_url) as world:
        for name in ("busy", "quiet"):
            await world.add(f"/{name}", name, every=None, tier=3)
        start = world.clock.now()
        for hour in range(24 * 2):
            world.web.publish("/busy", stories(6 * hour + 1))
            world.web.publish("/quiet", stories(hour // 24 + 1))
            await world.run(HOUR)
        assert world.clock.now() - start == 2 * DAY
        assert len(await world.titles("quiet")) == 2
        assert len(await world.titles("busy")) == 6 * (24 * 2 - 1) + 1
        assert world.web.count("/quiet") < world.web.count("/busy") / 3
        assert "stories/h at this hour, tier 3" in (await world.dossier("busy")).account.next_why


async def test_an_outage_of_days_is_made_up_for_and_noted_as_such(sqlite_url: str) -> None:
    async with news_web(sqlite_url) as world:
        await world.add()
        world.web.publish(FEED, stories(5))
        await world.visit()
        world.web.fail(FEED, 502)
        await world.run(3 * DAY)
        assert (await world.shown())[0] == "failing"
        world.web.heal(FEED)
        world.web.publish(FEED, stories(9))
        await world.visit()
        line = (await world.polls())[-1]
        assert told(line) == "read 200 +4 =5"
        assert "without an answer" in " ".join(line.notes)
        assert await world.shown() == ("ok", None)


# ---------------------------------------------------------------- what holds


@pytest.mark.parametrize("asked", ["18000", "Mon, 02 Nov 2026 17:00:00 GMT"])
async def test_a_host_that_wants_peace_gets_it_for_all_its_sources_and_over_a_restart(
    sqlite_url: str, asked: str
) -> None:
    async with news_web(sqlite_url) as world:
        world.web.publish("/b", rss("Two"))
        world.web.fail(FEED, 429, retry_after=asked)
        await world.add(every=HOUR)
        await world.visit()
        await world.add("/b", "b", every=HOUR)
        before = len(world.web.journal)
        for _ in range(4):
            await world.run(HOUR)
            await world.restart()
        assert len(world.web.journal) == before
        dossier = await world.dossier("b")
        assert (dossier.account.condition, dossier.visits[0].reason) == ("new", "host-held")
        assert dossier.holds
        await world.run(2 * HOUR)
        assert world.web.count("/b") >= 1
        assert (await world.shown("b"))[0] == "ok"


async def test_a_429_without_a_time_holds_its_host_for_an_hour_at_most(sqlite_url: str) -> None:
    async with news_web(sqlite_url) as world:
        world.web.publish("/b", rss("Two"))
        world.web.fail(FEED, 429)
        await world.add(every=4 * HOUR)
        await world.visit()
        await world.add("/b", "b", every=MINUTE)
        await world.run(59 * MINUTE)
        assert world.web.count("/b") == 0
        await world.run(5 * MINUTE)
        assert world.web.count("/b") >= 1


async def test_a_restart_resets_no_clock(sqlite_url: str) -> None:
    async with news_web(sqlite_url) as world:
        await world.add()
        world.web.publish(FEED, rss("One"))
        for _ in range(12):
            await world.run(HOUR / 4)
            await world.restart()
        assert world.web.count(FEED) == 3
        assert sum("if-none-match" not in request.headers for request in world.web.requests(FEED)) == 1


async def test_a_back_off_outlives_a_restart(sqlite_url: str) -> None:
    async with news_web(sqlite_url) as world:
        await world.add()
        world.web.fail(FEED, 500)
        await world.run(4 * HOUR)  # at once, after one hour and after three
        await world.restart()
        await world.run(2 * HOUR)
        assert world.web.count(FEED) == 3


# ---------------------------------------------------------------- where


async def test_a_move_is_visited_where_it_leads_and_taken_back_when_that_fails(sqlite_url: str) -> None:
    async with news_web(sqlite_url) as world:
        await world.add()
        world.web.publish("/new", rss("One"))
        world.web.redirect(FEED, "/new", 301)
        await world.run(3 * HOUR)
        assert (world.web.count(FEED), world.web.count("/new")) == (3, 3)
        assert (await world.dossier()).account.standing.moved_to == world.web.url("/new")
        await world.restart()
        await world.run(3 * HOUR)
        assert (world.web.count(FEED), world.web.count("/new")) == (3, 6)
        assert len(await world.titles()) == 1
        world.web.fail("/new", 404)
        world.web.publish(FEED, rss("One", "Two"))
        await world.run(3 * HOUR)
        assert (await world.dossier()).account.standing.moved_to is None
        assert await world.titles() == ["One", "Two"]


async def test_two_permanent_redirects_with_a_passing_one_between_are_no_move(sqlite_url: str) -> None:
    async with news_web(sqlite_url) as world:
        await world.add()
        world.web.redirect(FEED, "/1", 301)
        world.web.redirect("/1", "/2", 302)
        world.web.redirect("/2", "/3", 308)
        world.web.publish("/3", rss("One"))
        await world.run(6 * HOUR)
        standing = (await world.dossier()).account.standing
        assert (standing.moved_to, standing.heading) == (None, None)


async def test_what_is_gone_comes_back_when_its_entry_changes(sqlite_url: str) -> None:
    async with news_web(sqlite_url) as world:
        await world.add()
        world.web.fail(FEED, 410)
        await world.run(5 * DAY)
        assert world.web.count(FEED) == 3
        assert (await world.dossier()).account.next_due is None
        world.web.heal(FEED)
        world.web.publish(FEED, rss("One"))
        await world.restart()
        assert (await world.dossier()).account.next_due is None
        await world.add(every=2 * HOUR)
        await world.visit()
        assert (await world.shown(), await world.titles()) == (("ok", None), ["One"])


# ---------------------------------------------------------------- as people see it


async def test_sources_show_tells_all_of_it(sqlite_url: str, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    async with news_web(sqlite_url, start=SystemClock().now() - 9 * HOUR) as world:
        config.write_text(
            f"store: {sqlite_url}\nfetch: {{allow_private: [127.0.0.0/8]}}\n"
            f"sources: [{{id: a, url: '{world.web.url(FEED)}', every: 1h}}]\n"
            "rules: [{id: r, when: treaty, to: '#n'}]\n"
        )
        await world.add()
        world.web.publish(FEED, rss("One"))
        await world.run(2 * HOUR)
        world.web.fail(FEED, 403)
        await world.run(6 * HOUR)

    def ask(*words: str) -> str:
        result = CliRunner(env={"COLUMNS": "200"}).invoke(tocsin, ["-c", str(config), "sources", *words])
        assert result.exit_code == 0, result.output
        return result.output

    output = await asyncio.to_thread(ask, "show", "a")
    assert "failing: http-403 for" in output
    assert "The server refuses us the address (403)" in output
    assert "retry 2 in 8h" in output
    assert "http-403" in await asyncio.to_thread(ask, "list", "--failing")


async def test_a_date_in_retry_after_that_has_passed_is_no_reason_to_hurry(sqlite_url: str) -> None:
    async with news_web(sqlite_url) as world:
        await world.add(every=10 * MINUTE)
        world.web.fail(FEED, 503, retry_after="Wed, 01 Jan 2020 00:00:00 GMT")
        await world.run(6 * HOUR)
        gaps = [later.at - earlier.at for earlier, later in pairwise(await world.polls())]
        assert min(gaps) >= 10 * MINUTE
        assert gaps == sorted(gaps)
