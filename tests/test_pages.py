"""The walk of an article's page: from a feed of short texts on loopback to what the Slack stand-in shows."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from alerts.outbox import State
from alerts.policy import Reason
from crawler.app import App
from crawler.cli.daemon import notifier
from crawler.clock import SystemClock
from crawler.config import load
from crawler.store.schema import page
from tests.daemon import HURRIED, LONGEST
from tests.fakes import AheadClock
from tests.server import NewsServer
from tests.slack_standin import Options, SlackStandin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from sqlalchemy import Row

CONFIG = """
store: sqlite:///tocsin.db
slack: {{token: xoxb-test, api_url: "{slack}"}}
fetch: {{allow_private: [127.0.0.0/8], per_host: {{concurrency: 4, delay: 0s}}, timeout: 10s}}
defaults: {{every: 1s, to: ["#news"]}}
cards: {{hold: {hold}}}
sources:
  - {{id: wire, name: Pacific Wire, kind: feed, url: "{web}/wire.xml"}}
  - {{id: gazette, name: Gazette, kind: feed, url: "{web}/gazette.xml"}}
rules:
  - {{id: raa, name: Reciprocal Access, when: Reciprocal Access Agreement, severity: high}}
  - {{id: talks, name: Talks, when: talks NOT rugby}}
  - {{id: duty, name: Duty, when: evacuation, severity: critical}}
"""

PARAGRAPH = (
    "The two governments said on Monday that their forces would train together more often from next year. "
    "Officials in both capitals have worked on the text since spring, and parliament will be asked in autumn. "
)


def html(title: str, *paragraphs: str) -> str:
    body = "".join(f"<p>{text}</p>" for text in paragraphs)
    head = f"<title>{title}</title><meta property='article:section' content='World'>"
    return f"<html lang=en><head>{head}</head><body><article><h1>{title}</h1>{body}</article></body></html>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item of a feed: a title, a teaser, and an address."""

    title: str
    path: str
    text: str = "Read more."


class Town:
    """A news web, a Slack, and the daemon between them."""

    def __init__(self, folder: Path, web: NewsServer, slack: SlackStandin, clock: AheadClock) -> None:
        self.web = web
        self.slack = slack
        self.clock = clock
        self.file = folder / "config.yaml"
        self.hold("30s")
        self.feed("wire")
        self.feed("gazette")

    def hold(self, hold: str) -> None:
        """Let alerts wait so long for their pages."""
        text = CONFIG.format(slack=self.slack.api_url, web=self.web.url("").rstrip("/"), hold=hold)
        self.file.write_text(text)

    def feed(self, name: str, *items: Item) -> None:
        date = format_datetime(SystemClock().now() - timedelta(minutes=1))
        listed = "".join(
            f"<item><guid>{one.path}</guid><link>{self.web.url(one.path)}</link><title>{one.title}</title>"
            f"<description>{one.text}</description><pubDate>{date}</pubDate></item>"
            for one in items
        )
        self.web.publish(f"/{name}.xml", f'<rss version="2.0"><channel><title>Feed</title>{listed}</channel></rss>')

    def page(self, path: str, title: str, *paragraphs: str) -> None:
        self.web.publish(path, html(title, *paragraphs), content_type="text/html; charset=utf-8")

    @asynccontextmanager
    async def app(self) -> AsyncIterator[App]:
        config = load(self.file, {})
        async with notifier(config) as teller, App(config, teller, self.clock, pace=HURRIED, console=False) as app:
            yield app

    @asynccontextmanager
    async def daemon(self) -> AsyncIterator[App]:
        async with self.app() as app:
            stop = asyncio.Event()
            running = asyncio.create_task(app.run(stop))
            try:
                yield app
            finally:
                stop.set()
                await running

    async def round(self) -> list[str]:
        """Let an hour pass and the program do one round; return what the channel says then."""
        self.clock.ahead += timedelta(hours=1)
        async with self.app() as app:
            await app.once()
        return self.texts()

    def texts(self) -> list[str]:
        return self.slack.texts("news")

    async def reasons(self, title: str) -> list[Reason]:
        async with self.app() as app:
            outcomes = await app.store.outcomes(SystemClock().now() - timedelta(days=1))
        return [ruling.reason for one in outcomes if one.title == title for ruling in one.rulings]

    async def pages(self) -> dict[str, Row[Any]]:
        """Return what is known of every page, by its path."""
        async with self.app() as app:
            rows = await app.store._reader.run(lambda connection: connection.execute(select(page)).all())
        return {row.url.removeprefix(self.web.url("")): row for row in rows}


async def until(holds: Callable[[], bool]) -> None:
    clock = SystemClock()
    async with asyncio.timeout(LONGEST):
        while not holds():
            await clock.wait_until(clock.now() + timedelta(milliseconds=20))


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    clock = AheadClock()
    async with NewsServer() as web, SlackStandin(Options(now=clock.now)) as slack:
        town = Town(tmp_path, web, slack, clock)
        await town.round()
        yield town


async def test_a_word_that_stands_only_on_the_page_is_told_and_the_reason_says_so(town: Town) -> None:
    town.page("/a", "Defence news", PARAGRAPH, "It is a Reciprocal Access Agreement. " + PARAGRAPH)
    town.feed("wire", Item(title="Defence news", path="/a"))
    (text,) = await town.round()
    assert "Reciprocal Access Agreement" in text
    assert await town.reasons("Defence news") == [Reason.PAGE]
    assert await town.round() == [text]


async def test_forbidden_missing_and_readable_pages_each_end_as_they_should_and_every_alert_goes_out(
    town: Town,
) -> None:
    town.web.publish("/robots.txt", "User-agent: *\nDisallow: /private\n", content_type="text/plain")
    town.page("/private/a", "Forbidden", "Reciprocal Access Agreement. " + PARAGRAPH)
    town.page("/open", "Open", "Reciprocal Access Agreement. " + PARAGRAPH)
    town.web.fail("/missing", status=410)
    town.feed(
        "wire",
        Item(title="Forbidden: talks begin", path="/private/a"),
        Item(title="Missing: talks begin", path="/missing"),
        Item(title="Open: talks begin", path="/open"),
    )
    texts = await town.round()
    assert len(texts) == 3
    (both,) = [text for text in texts if text.count("matched") == 2]
    assert "Open: talks begin" in both  # the page that could be read fulfils one more rule, in the message that waited
    found = {path: (row.state, row.reason) for path, row in (await town.pages()).items()}
    assert found == {
        "/private/a": ("failed", "robots"),
        "/missing": ("failed", "gone"),
        "/open": ("read", "200"),
    }
    assert town.web.count("/private/a") == 0
    assert sum(town.slack.report().posted.values()) == 3
    assert town.slack.report().doubled == {}


async def test_what_a_page_undoes_is_never_sent(town: Town) -> None:
    town.page("/a", "Talks in Paris", "The players of both rugby teams met. " + PARAGRAPH)
    town.page("/b", "Talks in Tokyo", "The ministers met. " + PARAGRAPH)
    town.feed("wire", Item(title="Talks in Paris", path="/a"), Item(title="Talks in Tokyo", path="/b"))
    (text,) = await town.round()
    assert "Tokyo" in text
    assert await town.reasons("Talks in Paris") == [Reason.UNDONE]
    async with town.app() as app:
        (withdrawn,) = await app.store.deliveries(State.WITHDRAWN)
    assert withdrawn.reason == "undone"


async def test_copies_that_only_their_pages_show_are_told_once(town: Town) -> None:
    for path in ("/a", "/b"):
        town.page(path, "Defence news", "It is a Reciprocal Access Agreement. " + PARAGRAPH)
    town.feed("wire", Item(title="Defence news", path="/a", text="Reciprocal Access Agreement, in short."))
    town.feed("gazette", Item(title="Defence news", path="/b", text="About a Reciprocal Access Agreement."))
    assert len(await town.round()) == 1
    first, copy, follow_up = ([one, one] for one in (Reason.FIRST, Reason.COPY, Reason.FOLLOW_UP))  # by feed and page
    # Whichever page is read first tells: the story that came first, or the one that followed in its event.
    assert await town.reasons("Defence news") in ([*first, *copy], [*copy, *follow_up])


async def test_an_alert_waits_for_its_page_and_a_critical_one_does_not(town: Town) -> None:
    slow = town.web.hang("/a")
    town.web.hang("/b", until=slow)
    town.page("/a", "Ferry", "The evacuation of the island has begun. " + PARAGRAPH)
    town.page("/b", "Agreement", "Reciprocal Access Agreement. " + PARAGRAPH)
    async with town.daemon():
        town.feed(
            "wire",
            Item(title="Evacuation begins", path="/a"),
            Item(title="Reciprocal Access Agreement signed", path="/b"),
        )
        await until(lambda: len(town.texts()) == 1)
        await until(lambda: {"/a", "/b"} <= set(town.web.waiting))
        assert "Evacuation" in town.texts()[0]
        slow.set()
        await until(lambda: len(town.texts()) == 2)
    assert "train together" in town.texts()[1]  # it tells of what the page says
    assert town.slack.report().doubled == {}


async def test_a_page_that_does_not_answer_keeps_an_alert_back_no_longer_than_the_user_allows(town: Town) -> None:
    town.hold("1s")
    never = town.web.hang("/a")
    town.page("/a", "Agreement", "Reciprocal Access Agreement. " + PARAGRAPH)
    async with town.daemon() as app:
        town.feed("wire", Item(title="Reciprocal Access Agreement signed", path="/a"))
        await until(lambda: len(town.texts()) == 1)
        assert not never.is_set()
        (status,) = await app.store.deliveries()
    assert status.delivery.alert.story.version == 1
    assert status.delivery.tried is not None
    assert status.delivery.tried - status.delivery.queued >= timedelta(seconds=1)


async def test_a_page_that_fails_for_now_is_read_later_and_says_then_what_it_has_to_say(town: Town) -> None:
    town.web.fail("/a", status=500, times=1)
    town.page("/a", "Defence news", "It is a Reciprocal Access Agreement. " + PARAGRAPH)
    town.feed("wire", Item(title="Defence news", path="/a"))
    assert await town.round() == []
    row = (await town.pages())["/a"]
    assert (row.state, row.reason, row.attempts) == ("due", "http-500", 1)
    assert len(await town.round()) == 1
    assert (await town.pages())["/a"].state == "read"


async def test_a_daemon_that_ends_over_a_page_gives_it_back_and_the_next_one_reads_it(town: Town) -> None:
    slow = town.web.hang("/a", times=1)
    town.page("/a", "Defence news", "It is a Reciprocal Access Agreement. " + PARAGRAPH)
    async with town.daemon():
        town.feed("wire", Item(title="Defence news", path="/a"))
        await until(lambda: "/a" in town.web.waiting)
    row = (await town.pages())["/a"]
    assert (row.state, row.lease_until, row.attempts) == ("due", None, 0)
    slow.set()
    assert len(await town.round()) == 1
