"""A town for tests of captures: a news web, a Slack, and the program between them, which keeps what it is answered."""

from __future__ import annotations

import gzip
from contextlib import asynccontextmanager
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

from crawler.app import App
from crawler.cli.daemon import notifier
from crawler.config import load
from tests.daemon import HURRIED
from tests.fakes import LeapingClock
from tests.server import NewsServer
from tests.slack_standin import Options, SlackStandin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime
    from pathlib import Path

    from crawler.config.model import Config

CONFIG = """
store: sqlite:///tocsin.db
capture: 7d
console: null
slack: {{token: xoxb-test, api_url: "{slack}"}}
fetch: {{allow_private: [127.0.0.0/8], per_host: {{concurrency: 4, delay: 0s}}, timeout: 2s}}
defaults: {{every: 1s, to: ["#news"]}}
sources:
  - {{id: wire, name: Pacific Wire, kind: feed, url: "{web}/wire.xml", fulltext: never}}
  - {{id: ministry, name: Ministry, kind: feed, url: "{web}/ministry.xml?key=sesame-open", fulltext: always,
     auth: {{bearer: hush-hush-hush}}}}
  - {{id: section, name: Section, kind: auto, url: "{web}/section/"}}
rules:
  - {{id: treaty, name: Treaties, when: treaty OR agreement, severity: high}}
  - {{id: calm, name: Minerals without gold, when: lithium NOT gold}}
  - {{id: rush, name: Lithium rush, when: lithium, count: {{n: 3, within: 6h}}}}
"""
SECRETS = ("sesame-open", "hush-hush-hush", "do-not-keep")
LONG = "The two governments said on Monday that their forces would train together more often from next year. "


def rss(now: datetime, base: str, **items: tuple[str, str]) -> str:
    date = format_datetime(now - timedelta(minutes=5))
    told = "".join(
        f"<item><guid>{name}</guid><link>{base}/{name}.html</link><title>{title}</title>"
        f"<description>{text}</description><pubDate>{date}</pubDate></item>"
        for name, (title, text) in items.items()
    )
    return f'<rss version="2.0"><channel><title>Feed</title>{told}</channel></rss>'


def html(title: str, text: str) -> str:
    paragraphs = "".join(f"<p>{text} {LONG} {number}.</p>" for number in range(4))
    return (
        f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1>{paragraphs}</article></body></html>"
    )


class Town:
    """A news web, a Slack, and the program between them, which keeps what it is answered."""

    def __init__(self, folder: Path, web: NewsServer, slack: SlackStandin, clock: LeapingClock) -> None:
        self.web = web
        self.slack = slack
        self.folder = folder
        self._clock = clock
        self._start = clock.now()
        self.file = folder / "config.yaml"
        self.base = web.url("").rstrip("/")
        self.file.write_text(CONFIG.format(slack=slack.api_url, web=self.base))

    def now(self) -> datetime:
        return self._clock.now()

    def captured(self) -> str:
        """All that stands in the capture."""
        files = [path for path in (self.folder / "capture").rglob("*") if path.is_file()]
        return "".join(
            (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8", "replace")
            for path in files
            for data in [path.read_bytes()]
        )

    def config(self) -> Config:
        return load(self.file, {})

    def edited(self, old: str, new: str) -> Config:
        """The configuration with an edit, in a file of its own."""
        other = self.folder / "edited.yaml"
        text = self.file.read_text()
        assert old in text
        other.write_text(text.replace(old, new))
        return load(other, {})

    def publish(self, name: str, **items: tuple[str, str]) -> None:
        path = {"ministry": "/ministry.xml?key=sesame-open"}.get(name, f"/{name}.xml")
        self.web.publish(path, rss(self._start, self.base, **items), headers=[("Set-Cookie", "sid=do-not-keep")])

    def page(self, name: str, title: str, text: str) -> None:
        self.web.publish(f"/{name}.html", html(title, text), content_type="text/html")

    @asynccontextmanager
    async def app(self) -> AsyncIterator[App]:
        config = self.config()
        async with notifier(config) as teller, App(config, teller, self._clock, pace=HURRIED) as app:
            yield app

    def wait(self, time: timedelta) -> None:
        self._clock.ahead += time

    async def round(self, app: App, wait: timedelta = timedelta(hours=1)) -> None:
        self.wait(wait)
        await app.once()

    async def live(self) -> None:
        """Some hours of news: new stories, edits, 304s, errors, a page that is missing, and one that is forbidden."""
        self.web.publish("/robots.txt", "User-agent: *\nDisallow: /secret", content_type="text/plain")
        link = '<link rel="alternate" type="application/rss+xml" href="/section.xml">'
        self.web.publish(
            "/section/", f"<html><head>{link}</head><body>Our section</body></html>", content_type="text/html"
        )
        self.publish("section", s1=("A treaty of the section", LONG * 3))
        self.page("m1", "Statement", "The ministers sign an agreement on lithium today.")
        self.page("m2", "Gold", "Lithium and gold.")
        self.publish("wire", w1=("Japan and France sign a treaty", LONG), w2=("Weather", "Rain."))
        self.publish("ministry", m1=("Statement", "Short."), m2=("Lithium", "Short."), m3=("Lithium is gone", "Short."))
        async with self.app() as app:
            await self.round(app)
            await self.round(app)  # 304 everywhere
            self.web.fail("/wire.xml", 503, times=1)
            await self.round(app)
            self.publish("wire", w1=("Japan and France sign the treaty", LONG), w3=("More lithium for all", LONG),
                         w4=("Lithium agreement near", LONG))  # fmt: skip
            self.publish("ministry", m1=("Statement", "Short."), **{"secret/m4": ("Lithium kept secret", "Short.")})
            await self.round(app)
        async with self.app() as app:  # the program is started anew
            self.page("m1", "Statement", "The ministers do not sign the treaty on lithium today.")
            self.web.reset("/ministry.xml?key=sesame-open", times=1)
            await self.round(app)
            await self.round(app, timedelta(hours=3))


@asynccontextmanager
async def new_town(folder: Path) -> AsyncIterator[Town]:
    clock = LeapingClock()
    async with NewsServer() as web, SlackStandin(Options(now=clock.now)) as slack:
        yield Town(folder, web, slack, clock)
