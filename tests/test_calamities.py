"""Calamities, end to end: a full disk, a clock set back, no names, no Slack, a lost store; nothing is lost by them."""

from __future__ import annotations

import json
import logging
import socket
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest

from alerts.notify.switchboard import Switchboard
from alerts.notify.webhook import WebhookNotifier
from alerts.outbox import State
from alerts.slack.client import SlackNotifier, open_session
from bench.days import Simulated
from crawler.config import load
from crawler.fetch.crawl import Crawl
from crawler.fetch.resolver import Resolver
from crawler.notifiers import guarded_session
from crawler.patrol.turns import Turns
from crawler.store import backup
from crawler.upkeep.disk import DiskGuard
from tests.crawler.crawling import InlineParser
from tests.fakes import Machine
from tests.receiver import Receiver
from tests.server import NewsServer
from tests.slack_standin import Options, SlackStandin
from tests.slack_workspace import Channel, news

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from crawler.app import App

LOG = logging.getLogger("test")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SOURCES = ("wire", "gazette", "herald", "courier")
CONFIG = """
store: sqlite:///tocsin.db
slack: {{token: xoxb-test, api_url: "{slack}", ops_channel: "#ops"}}
fetch: {{allow_private: [127.0.0.0/8], per_host: {{concurrency: 4, delay: 0s}}, timeout: 2s}}
defaults: {{every: 5m, to: ["#news"], fulltext: never}}
notifiers: {{hook: {{webhook: "{hook}", secret: s3cret}}}}
fallback: hook
sources:
{sources}
rules:
  - {{id: war, when: invasion, severity: critical}}
  - {{id: ores, when: rare earths}}
"""


class Town:
    """A news web whose names can be lost, a Slack, a webhook, and the program between them."""

    def __init__(self, folder: Path, web: NewsServer, slack: SlackStandin, hook: Receiver, machine: Machine) -> None:
        self.web, self.slack, self.hook, self.machine = web, slack, hook, machine
        self.folder = folder
        self.nameless = False
        self._items: dict[str, list[str]] = {source: [] for source in SOURCES}
        self.published: list[str] = []
        for source in SOURCES:
            self.publish(source)

    def publish(self, source: str, *titles: str) -> None:
        date = format_datetime(self.machine.true)
        self._items[source] += [
            f"<item><guid>{one}</guid><title>{one}</title><pubDate>{date}</pubDate></item>" for one in titles
        ]
        self.published += titles
        body = f'<rss version="2.0"><channel><title>{source}</title>{"".join(self._items[source])}</channel></rss>'
        self.web.publish(f"/{source}.xml", body)

    @asynccontextmanager
    async def app(self) -> AsyncIterator[App]:
        path = self.folder / "config.yaml"
        sources = "\n".join(
            f"  - {{id: {one}, kind: feed, url: 'http://{one}.example:{self.web.port}/{one}.xml'}}" for one in SOURCES
        )
        path.write_text(CONFIG.format(slack=self.slack.api_url, hook=self.hook.url, sources=sources))
        config, clock = load(path, {}), self.machine.clock()
        turns = Turns(config.fetch, clock)
        crawl = Crawl(config.fetch, clock, parser=InlineParser(), turns=turns, resolver=Resolver(self._look_up))
        main = SlackNotifier("xoxb-test", self.slack.api_url, open_session(), clock=clock, log=LOG)
        hook = WebhookNotifier(self.hook.url, "s3cret", guarded_session(config.fetch), clock=clock)
        ways = Switchboard(main, {"hook": hook})
        try:
            async with Simulated(config, ways, clock, crawl, turns) as app:
                yield app
        finally:
            await ways.close()

    async def live(self, app: App, span: timedelta, step: timedelta = MINUTE) -> None:
        """Live for a while, and look at everything at each step."""
        ends = self.machine.true + span
        while self.machine.true < ends:
            next_step = self.machine.true + step
            await self.look(app)
            self.machine.leap(next_step)

    async def look(self, app: App) -> None:
        await app.patrol.tick()
        await app.patrol.idle()
        await app.announcing.watch()
        await app.announcing.release()
        await app.health.watch()
        await app.timekeeping.look()
        await app.upkeep.watch_disk()
        await app.courier.drain(timedelta(seconds=15))
        if app.fallback:
            await app.fallback.tick()

    def told(self, channel: str = "news") -> list[str]:
        """Return which of the published titles stand in a channel, in order, as often as they do."""
        standing = [json.dumps(one.get("blocks")) + one["text"] for one in self.slack.channel(channel).messages]
        return [title for says in standing for title in self.published if title in says]

    @property
    def ops(self) -> list[str]:
        """Return how each message in the ops channel begins."""
        return [text.splitlines()[0] for text in self.slack.texts("ops")]

    @property
    def hooked(self) -> list[str]:
        """Return which of the published titles the webhook was told of, in order."""
        said = [got.body.decode() for got in self.hook.got]
        return [title for one in said for title in self.published if title in one]

    def _look_up(self, _host: str, port: int, *_: Any) -> list[Any]:
        if self.nameless:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", port))]


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    machine = Machine()
    channels = (*news(), Channel(id="C0OPS00001", name="ops"))
    options = Options(channels=channels, now=lambda: machine.true)
    async with NewsServer() as web, SlackStandin(options) as slack, Receiver() as hook:
        yield Town(tmp_path, web, slack, hook, machine)
        assert slack.report().doubled == {}
        assert slack.report().inversions == ()


FIRST = ("Invasion begins at dawn", "Rare earths rise in Oslo")
SECOND = ("Island wakes to invasion", "A mine of rare earths floods near Perth")


# ---------------------------------------------------------------- the disk


async def limit(app: App, pages: int) -> None:
    """Let the database have so many pages, as a full disk does."""
    assert app.store._writer is not None
    await app.store._writer.run(lambda connection: connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}"))


async def test_a_disk_that_is_full_loses_nothing_and_what_was_left_undone_is_done(town: Town) -> None:
    async with town.app() as app:
        town.publish("wire", *FIRST)
        await town.live(app, 6 * MINUTE)
        await limit(app, 1)
        town.publish("gazette", *SECOND, *(f"Harbour report {n}: {'words ' * 400}" for n in range(30)))
        await town.live(app, 12 * MINUTE, step=3 * MINUTE)
        assert app.patrol.counts["refused"]
        assert (await app.store.overview(app.clock.now())).stories == len(FIRST)
        await limit(app, 1_000_000)
        await town.live(app, 6 * MINUTE)
    assert town.told() == [*FIRST, *SECOND]


async def test_before_the_disk_is_full_collecting_stops_and_the_ops_channel_says_so(town: Town) -> None:
    free = 10**12
    async with town.app() as app:
        app.upkeep.guard = DiskGuard(app.store.path, measure=lambda _: free)
        await town.live(app, MINUTE)
        free = 0
        await town.live(app, 2 * MINUTE)
        assert app.upkeep.pulse.paused
        assert [("Nothing is collected" in one) for one in town.ops] == [True]
        free = 10**12
        await town.live(app, 2 * MINUTE)
    assert not app.upkeep.pulse.paused
    assert [("visited again" in one) for one in town.ops] == [True]


# ---------------------------------------------------------------- the clock


async def test_a_clock_that_is_set_back_by_an_hour_puts_nothing_off(town: Town) -> None:
    async with town.app() as app:
        town.publish("wire", *FIRST)
        await town.live(app, 6 * MINUTE)
        town.machine.wrong = -HOUR
        town.publish("gazette", *SECOND)
        await town.live(app, 11 * MINUTE)  # twice as long as a visit is away, for our own clock goes half as fast
        assert town.told() == [*FIRST, *SECOND]
        assert [("clock was set back by" in one) for one in town.ops] == [True]
        await town.live(app, 2 * HOUR, step=10 * MINUTE)
    assert [("clock and the machine's agree again" in one) for one in town.ops] == [True]


async def test_a_restart_while_the_clock_is_behind_puts_nothing_off_either(town: Town) -> None:
    async with town.app() as app:
        town.publish("wire", *FIRST)
        await town.live(app, 6 * MINUTE)
    town.machine.wrong = -HOUR
    town.publish("gazette", *SECOND)
    async with town.app() as app:
        await town.live(app, 11 * MINUTE)
    assert town.told() == [*FIRST, *SECOND]
    assert [("clock was set back by" in one) for one in town.ops] == [True]


# ---------------------------------------------------------------- names


async def test_an_hour_without_names_loses_nothing_and_is_one_message(town: Town) -> None:
    async with town.app() as app:
        await town.live(app, 6 * MINUTE)
    town.nameless = True
    town.publish("wire", *FIRST)
    town.publish("gazette", *SECOND)
    async with town.app() as app:  # a new process, which remembers no address and keeps no connection
        await town.live(app, HOUR, step=5 * MINUTE)
        assert town.told() == []
        assert [("Most sources fail together" in one) for one in town.ops] == [True]
        town.nameless = False
        await town.live(app, 40 * MINUTE, step=5 * MINUTE)  # a network that is away is tried each half hour at least
    assert sorted(town.told()) == sorted([*FIRST, *SECOND])
    assert [("answer again" in one) for one in town.ops] == [True]


# ---------------------------------------------------------------- Slack


async def test_a_day_without_slack_loses_nothing_and_critical_news_takes_the_other_way(town: Town) -> None:
    calls = frozenset({"chat.postMessage", "chat.update", "conversations.history"})
    async with town.app() as app:
        await town.live(app, 6 * MINUTE)
        town.slack.options = replace(town.slack.options, faults={"500_before": 1.0}, faulty=calls)
        town.publish("wire", *FIRST)
        await town.live(app, 21 * MINUTE, step=3 * MINUTE)
        assert town.hooked == [FIRST[0]]
        assert [("cannot be reached" in got.body.decode()) for got in town.hook.got].count(True) == 1
        await town.live(app, 11 * HOUR, step=HOUR)
        town.publish("gazette", *SECOND)
        await town.live(app, 12 * HOUR, step=HOUR)
        assert town.told() == []
        assert town.hooked == [FIRST[0], SECOND[0]]
        town.slack.options = replace(town.slack.options, faults={})
        await town.live(app, 30 * MINUTE, step=5 * MINUTE)
        states = {row.delivery.state for row in await app.store.deliveries(limit=100)}
    assert sorted(town.told()) == sorted([*FIRST, *SECOND])
    assert states == {State.SENT}


# ---------------------------------------------------------------- the store


async def test_a_store_that_is_put_back_from_a_copy_tells_nothing_twice_and_goes_on(town: Town) -> None:
    async with town.app() as app:
        town.publish("wire", *FIRST)
        await town.live(app, 6 * MINUTE)
        database = app.store.path
        copy = backup.make(database, town.folder / "copies" / "one.db").path
        town.publish("gazette", *SECOND)  # which the copy knows nothing of
        await town.live(app, 6 * MINUTE)
    backup.restore(copy, database, town.machine.true)
    async with town.app() as app:
        await town.live(app, 6 * MINUTE)
        town.publish("herald", "Parliament calls it invasion")
        await town.live(app, 6 * MINUTE)
        stories = (await app.store.overview(app.clock.now())).stories
    assert town.told() == [*FIRST, *SECOND, "Parliament calls it invasion"]
    assert stories == len(town.published)


async def test_a_lost_store_that_was_begun_anew_tells_nothing_twice_once_the_copy_is_back(town: Town) -> None:
    async with town.app() as app:
        town.publish("wire", *FIRST)
        town.publish("gazette", *SECOND)
        await town.live(app, 6 * MINUTE)
        database = app.store.path
        copy = backup.make(database, town.folder / "copies" / "one.db").path
    away(database)
    async with town.app() as app:  # it reads all of them as if they were new, and is stopped before it tells
        await app.patrol.tick()
        await app.patrol.idle()
        assert (await app.store.overview(app.clock.now())).outbox[State.PENDING] > 0
    done = backup.restore(copy, database, town.machine.true)
    assert done.twins == len(town.published)
    async with town.app() as app:
        await town.live(app, 10 * MINUTE)
        town.publish("herald", "Parliament calls it invasion")
        await town.live(app, 6 * MINUTE)
    assert sorted(town.told()) == sorted([*FIRST, *SECOND, "Parliament calls it invasion"])


def away(database: Path) -> None:
    """Move a store away, as people do who want to begin anew."""
    for one in database.parent.glob(database.name + "*"):
        one.rename(one.with_name("lost-" + one.name))
