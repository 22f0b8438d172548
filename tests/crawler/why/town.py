"""A town for `why`: feeds on loopback, a Slack, one running program between them, and what `why` answers in the end."""

from __future__ import annotations

from collections import defaultdict
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from crawler.app import App
from crawler.cli.daemon import notifier
from crawler.config import load
from crawler.why.chain import Clock
from crawler.why.inquiry import chain_about, facts_about
from crawler.why.subject import subject_of
from tests.daemon import HURRIED
from tests.fakes import AheadClock
from tests.server import NewsServer
from tests.slack_standin import Options, SlackStandin
from tests.slack_workspace import Channel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from crawler.config.model import Config
    from crawler.why.chain import Chain

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TOKYO = ZoneInfo("Asia/Tokyo")
ELSEWHERE = "10.0.0.1"  # an address that nobody may fetch
CHANNELS = ("news", "night", "group", "storm", "parked", "refusing", "flaky", "duty")
HEAD = """
store: sqlite:///tocsin.db
timezone: Asia/Tokyo
slack: {{token: xoxb-test, api_url: "{slack}"}}
fetch: {{allow_private: [127.0.0.0/8], per_host: {{concurrency: 8, delay: 0s}}, timeout: 400ms, max_body: 30KiB}}
defaults: {{every: 1s, to: ["#news"], fulltext: never}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item of a feed; its address is below the feed's folder unless it has one of its own."""

    title: str
    text: str = "The two sides met on Monday and said little."
    url: str = ""
    guid: str = ""
    age: timedelta | None = MINUTE


class Town:
    """The news web, the Slack, and the program between them."""

    def __init__(self, folder: Path, web: NewsServer, slack: SlackStandin, clock: AheadClock) -> None:
        self.web, self.slack, self.clock = web, slack, clock
        self.app: App
        self._file = folder / "config.yaml"
        self._items: dict[str, list[tuple[Item, datetime]]] = defaultdict(list)

    @property
    def path(self) -> Path:
        """The configuration."""
        return self._file

    def write(self, text: str) -> Config:
        """Write the configuration, in which ``WEB`` is where the news are, and ``AWAY`` the same by another name."""
        head = HEAD.format(slack=self.slack.api_url)
        names = {"WEB": self.web.url("").rstrip("/"), "AWAY": self.web.url("", host="localhost").rstrip("/")}
        for name, place in names.items():
            text = text.replace(name, place)
        self._file.write_text(head + text)
        return load(self._file, {})

    def url(self, path: str) -> str:
        """The address of a path."""
        return self.web.url(path)

    def publish(self, source: str, *items: Item) -> None:
        """Put items into a feed, before those that are there; one of the same guid takes the place of the old."""
        now = self.clock.now()
        known = {one.guid or one.title for one in items}
        kept = [(one, at) for one, at in self._items[source] if (one.guid or one.title) not in known]
        self._items[source] = [*((one, now) for one in items), *kept]
        body = "".join(self._item(source, one, at) for one, at in self._items[source])
        self.web.publish(f"/{source}/feed.xml", f'<rss version="2.0"><channel><title>F</title>{body}</channel></rss>')

    def link(self, source: str, title: str) -> str:
        """The address of an item that has none of its own."""
        return self.url(f"/{source}/{title.lower().replace(' ', '-')}")

    def _item(self, source: str, one: Item, at: datetime) -> str:
        date = "" if one.age is None else f"<pubDate>{format_datetime(at - one.age)}</pubDate>"
        guid = escape(one.guid or one.title)
        link = escape(one.url or self.link(source, one.guid or one.title))
        head = f"<guid>{guid}</guid><link>{link}</link><title>{escape(one.title)}</title>"
        return f"<item>{head}<description>{escape(one.text)}</description>{date}</item>"

    async def round(self, later: timedelta = MINUTE) -> None:
        """Let time pass, and the program do one round."""
        self.clock.ahead += later
        await self.app.once()

    def why(self, subject: str, only: str | None = None) -> Chain:
        """Ask why, as the command does."""
        asked = subject_of(subject)
        assert asked is not None
        config, now = load(self._file, {}), self.clock.now()
        facts = facts_about(config, asked, now)
        assert facts.trails or asked.story is None
        return chain_about(facts, config, Clock(now=now, zone=TOKYO), only=only)

    def ends(self, subject: str, only: str | None = None) -> tuple[str, str]:
        """Return the step that decided, and its reason."""
        chain = self.why(subject, only)
        return chain.ended, chain.reason


@asynccontextmanager
async def town(folder: Path, config: str, sources: Sequence[str] = ()) -> AsyncIterator[Town]:
    """Run a town with a configuration; its feeds begin empty."""
    clock = AheadClock()
    channels = tuple(Channel(id=f"C0{name.upper():0<8}", name=name) for name in CHANNELS)
    async with NewsServer() as web, SlackStandin(Options(now=clock.now, channels=channels)) as slack:
        made = Town(folder, web, slack, clock)
        for source in sources:
            made.publish(source)
        loaded = made.write(config)
        pace = replace(HURRIED, channel_rest=HOUR)
        async with notifier(loaded) as teller, App(loaded, teller, clock, pace=pace) as made.app:
            yield made


def says(chain: Chain) -> str:
    """Return all that a chain says, as one text."""
    lines = [chain.verdict, *(f"{one.name}: {one.says} {' '.join(one.more)}" for one in chain.steps)]
    return "\n".join(lines)
