"""What happens to a story after it was told, from its outlet's page on loopback to the thread in the Slack stand-in."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest

from crawler.app import App
from crawler.cli.daemon import notifier
from crawler.clock import SystemClock
from crawler.config import load
from tests.daemon import HURRIED
from tests.fakes import AheadClock
from tests.server import NewsServer
from tests.slack_standin import Options, SlackStandin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

CONFIG = """
store: sqlite:///tocsin.db
slack: {{token: xoxb-test, api_url: "{slack}"}}
fetch: {{allow_private: [127.0.0.0/8], per_host: {{concurrency: 4, delay: 0s}}, timeout: 10s}}
defaults: {{every: 1s, to: ["#news"]}}
sources:
  - {{id: wire, name: Pacific Wire, kind: feed, url: "{feed}"}}
rules:
  - {{id: raa, name: Reciprocal Access, when: Reciprocal Access Agreement}}
  - {{id: ports, name: Ports, when: ports AND airfields}}
"""
PARAGRAPH = (
    "The two governments said on Monday that their forces would train together more often from next year. "
    "Officials in both capitals have worked on the text since spring, and parliament will be asked in autumn. "
)
HOUR = timedelta(hours=1)


class Town:
    """A feed with one story and its page, a Slack, and a program that is started for every round."""

    def __init__(self, folder: Path, web: NewsServer, slack: SlackStandin, clock: AheadClock) -> None:
        self.web = web
        self.slack = slack
        self.clock = clock
        self.file = folder / "config.yaml"
        self.file.write_text(CONFIG.format(slack=slack.api_url, feed=web.url("/wire.xml")))
        self.feed()

    def feed(self, *titles: str) -> None:
        date = format_datetime(SystemClock().now() - timedelta(minutes=1))
        items = "".join(
            f"<item><guid>{title}</guid><link>{self.web.url('/a')}</link><title>{title}</title>"
            f"<description>Read more.</description><pubDate>{date}</pubDate></item>"
            for title in titles
        )
        self.web.publish("/wire.xml", f'<rss version="2.0"><channel><title>Wire</title>{items}</channel></rss>')

    def page(self, *paragraphs: str, title: str = "Defence news") -> None:
        body = "".join(f"<p>{text}</p>" for text in (PARAGRAPH, "A Reciprocal Access Agreement.", *paragraphs))
        html = (
            f"<html lang=en><head><title>{title}</title></head><body><article><h1>{title}</h1>{body}</article></body>"
        )
        self.web.publish("/a", html, content_type="text/html; charset=utf-8")

    async def round(self, span: timedelta = HOUR) -> list[str]:
        """Let a time pass and the program do one round; return what the channel says then, threads too."""
        self.clock.ahead += span
        config = load(self.file, {})
        async with notifier(config) as teller, App(config, teller, self.clock, pace=HURRIED) as app:
            await app.once()
        return self.slack.texts("news")


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    clock = AheadClock()
    async with NewsServer() as web, SlackStandin(Options(now=clock.now)) as slack:
        town = Town(tmp_path, web, slack, clock)
        await town.round()
        town.page()
        town.feed("Defence news")
        (text,) = await town.round()
        assert "Reciprocal Access" in text
        yield town
        assert slack.report().doubled == {}


async def test_a_page_that_stays_as_it_is_is_asked_for_five_times_and_nothing_is_said(town: Town) -> None:
    for span in (HOUR / 2, HOUR, 4 * HOUR, 24 * HOUR, 24 * HOUR, 24 * HOUR):
        assert len(await town.round(span)) == 1
    assert town.web.count("/a") == 5
    assert all("if-none-match" in one.headers for one in town.web.requests("/a")[1:])


async def test_what_an_outlet_adds_is_told_when_the_page_is_visited_again_though_its_feed_says_nothing(
    town: Town,
) -> None:
    town.page("Ports and airfields were added to the text late in the evening, officials in both capitals said.")
    first, second = await town.round()
    assert "Ports" in second
    assert "Updated: the outlet changed the story" in second
    assert "Rule ports" in second
    assert "Rule ports" not in first
    assert "Ports and airfields were added" in first  # it shows the story as it is by now


async def test_a_correction_a_removal_and_a_return_stand_in_the_thread_each_once(town: Town) -> None:
    sentence = "Correction: an earlier version of this story gave the wrong year."
    town.page(sentence)
    _, corrected = await town.round()
    assert f"“{sentence}”" in corrected
    root, reply = town.slack.channel("news").messages
    assert reply["thread_ts"] == root["ts"]

    town.feed("Another story")
    town.web.fail("/a", status=410)
    assert "removed the story (410)" in (await town.round(4 * HOUR))[-1]
    town.web.heal("/a")
    assert "the story is back" in (await town.round(24 * HOUR))[-1]
    assert len([text for text in await town.round(72 * HOUR) if "Defence news" in text]) == 4
    assert {message.get("thread_ts", root["ts"]) for message in town.slack.channel("news").messages} == {root["ts"]}


async def test_a_headline_that_the_page_changes_is_what_the_message_says_then(town: Town) -> None:
    town.page(title="Defence treaty signed")
    await town.round()
    (text,) = await town.round(timedelta(minutes=1))
    assert "Defence treaty signed" in text
