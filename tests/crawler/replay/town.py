"""A news web, a Slack and the program between them: what it told in a day is what a replay is measured by."""

from __future__ import annotations

import random
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

from crawler.app import App
from crawler.cli.daemon import notifier
from crawler.config import load
from crawler.replay.nouns import Request
from crawler.replay.running import replay
from crawler.store.archive import Archive
from tests.daemon import HURRIED

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime
    from pathlib import Path

    from crawler.config.model import Config
    from crawler.replay.nouns import Result
    from tests.fakes import AheadClock
    from tests.server import NewsServer
    from tests.slack_standin import SlackStandin

CONFIG = """
store: sqlite:///tocsin.db
slack: {{token: xoxb-test, api_url: "{slack}"}}
fetch: {{allow_private: [127.0.0.0/8], per_host: {{concurrency: 4, delay: 0s}}, timeout: 10s}}
defaults: {{every: 1s, to: ["#news"]}}
sources:
  - {{id: wire, name: Pacific Wire, kind: feed, url: "{web}/wire.xml", tier: 1}}
  - {{id: gazette, name: Gazette, kind: feed, url: "{web}/gazette.xml"}}
"""

RULES = """
routes:
  - {match: {severity: critical}, to: ["#duty"]}
budgets: {per_channel: 6/h, overflow: digest}
rules:
  - {id: raa, name: Reciprocal Access, when: Reciprocal Access Agreement, severity: high, to: ["#desk"]}
  - {id: talks, name: Talks, when: talks NOT rugby}
  - {id: minerals, name: Minerals, when: (gallium OR germanium), quiet: {at_most: 1/h}}
  - {id: duty, name: Duty, when: evacuation, severity: critical}
  - {id: rush, name: Lithium rush, when: lithium, count: {n: 3, within: 3h}}
  - {id: trial, name: On trial, when: nickel, shadow: true}
"""

SYLLABLES = ("ka", "lo", "mir", "ten", "su", "bra", "vel", "dor", "ni", "pa")


def words(of: str, number: int = 130) -> str:
    """Return a text that no other title has, long enough that no page is asked for."""
    found = random.Random(of)
    made = ["".join(found.choices(SYLLABLES, k=3)) for _ in range(number)]
    return " ".join(word + "." * (place % 12 == 11) for place, word in enumerate(made))


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item of a feed; without a page it carries the whole story."""

    title: str
    text: str = ""
    path: str = ""
    age: timedelta = timedelta(minutes=1)

    @property
    def whole(self) -> str:
        return self.text or words(self.title)


def page(title: str, *paragraphs: str) -> str:
    body = "".join(f"<p>{text}</p>" for text in paragraphs)
    return f"<html lang=en><head><title>{title}</title></head><body><article><h1>{title}</h1>{body}</article></html>"


class Town:
    """One small town."""

    def __init__(self, folder: Path, web: NewsServer, slack: SlackStandin, clock: AheadClock) -> None:
        self.web = web
        self.slack = slack
        self.clock = clock
        self.file = folder / "config.yaml"
        self.head = CONFIG.format(slack=slack.api_url, web=web.url("").rstrip("/"))
        self.rules(RULES)
        self.publish("wire")
        self.publish("gazette")

    def rules(self, written: str) -> None:
        self.file.write_text(self.head + written)

    def publish(self, feed: str, *items: Item) -> None:
        listed = "".join(map(self._item, items))
        self.web.publish(f"/{feed}.xml", f'<rss version="2.0"><channel><title>Feed</title>{listed}</channel></rss>')

    def _item(self, one: Item) -> str:
        path = one.path or f"/{one.title.replace(' ', '-')}"
        date = format_datetime(self.clock.now() - one.age)
        return (
            f"<item><guid>{path}</guid><link>{self.web.url(path)}</link><title>{one.title}</title>"
            f"<description>{one.whole}</description><pubDate>{date}</pubDate></item>"
        )

    def page(self, path: str, title: str, *paragraphs: str) -> None:
        self.web.publish(path, page(title, *paragraphs), content_type="text/html; charset=utf-8")

    @property
    def config(self) -> Config:
        return load(self.file, {})

    @asynccontextmanager
    async def app(self) -> AsyncIterator[App]:
        config = self.config
        async with notifier(config) as teller, App(config, teller, self.clock, pace=HURRIED) as app:
            yield app

    async def round(self, app: App, by: timedelta = timedelta(minutes=20)) -> None:
        """Let some time pass and the program do one round."""
        self.clock.ahead += by
        await app.once()

    def told(self, since: datetime, until: datetime) -> list[tuple[str, str, str]]:
        """Return title, rule and channel of all that was told of stories in a time."""
        archive = Archive.of(self.config.store)
        assert archive
        with archive:
            told = archive.told(since, until)
            titles = {text.story.id: text.story.title for text in archive.some([one.story for one in told])}
        return sorted((titles[one.story], one.rule, one.channel) for one in told if one.state == "sent")

    def replayed(self, since: datetime, until: datetime, config: Config | None = None) -> Result:
        *_, last = replay(config or self.config, Request(since=since, until=until), workers=1)
        assert last.result
        return last.result


def tellings(result: Result) -> list[tuple[str, str, str]]:
    """Return title, rule and channel of all that a replay would have told of stories."""
    return sorted((result.headlines[one.story].title, one.rule, one.channel) for one in result.decisions if one.message)
