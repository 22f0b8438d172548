"""Bad days of a channel, from a feed or an outbox to what stands in Slack: lag, limits, archives, tokens, storms."""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from contextlib import asynccontextmanager
from datetime import timedelta
from email.utils import format_datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from slack_sdk.http_retry.builtin_interval_calculators import FixedValueRetryIntervalCalculator
from slack_sdk.web.async_client import AsyncWebClient

from alerts.card import MAY_REPEAT
from alerts.notify.switchboard import Switchboard
from alerts.notify.webhook import WebhookNotifier
from alerts.outbox import FINAL, State
from alerts.pacer import Pace
from alerts.slack.client import SlackNotifier, open_session
from crawler.app import App
from crawler.config import load
from crawler.notifiers import guarded_session
from tests.alerts.slack.test_walk import alerts_for, deliver_all, slack_and_courier
from tests.fakes import LeapingClock
from tests.receiver import Receiver
from tests.server import NewsServer
from tests.slack_standin import Options, SlackStandin, key_of
from tests.slack_workspace import Rate, Reading

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from alerts.outbox import Delivery

LOG = logging.getLogger("test")
UNANSWERED = {"reset_after": 0.09, "500_after": 0.06, "malformed_after": 0.03}  # 18 %
FEEDS, STORIES = 20, 297
CRITICAL = ("Troops cross a border in an invasion", "Island wakes to invasion", "Parliament calls it invasion")
DIFFERENT = (
    "Rare earths rise in Oslo",
    "A mine of rare earths floods near Perth",
    "Court halts rare earths merger",
    "Students find rare earths in old phones",
    "Railway orders motors without rare earths",
    "Tax on rare earths divides the senate",
)
MOST_POSTS = 25  # that three hundred stories may lead to

# ---------------------------------------------------------------- the history does not show what it should


@pytest.mark.parametrize(("lag", "again"), [(2, False), (20, True), (90, True)])
async def test_a_history_that_lags_leaves_nothing_twice(lag: int, again: bool) -> None:
    outbox = alerts_for(("#news", "#duty"), 60)
    behind = timedelta(seconds=lag)
    async with slack_and_courier(outbox, faults=UNANSWERED, seed=3, history_lag=behind) as (slack, courier, _, clock):
        await deliver_all(outbox, courier, clock)
    report = slack.report()
    assert report.posted == dict.fromkeys(outbox.rows, 1)
    assert bool(report.deleted) == again  # sent again, for nobody could see the first
    standing = {message["ts"] for channel in slack.channels.values() for message in channel.messages}
    assert standing == {row.receipt.message for row in outbox.rows.values() if row.receipt}


@pytest.mark.parametrize("seed", range(3))
async def test_where_history_may_hardly_be_read_nothing_is_lost_and_copies_say_that_they_may_be(seed: int) -> None:
    outbox = alerts_for(("#news",), 60)
    limits = {"reading": Reading(), "rate": Rate(messages=1, burst=3)}
    async with slack_and_courier(outbox, Pace(), faults=UNANSWERED, seed=seed, **limits) as (slack, courier, *_):
        await courier.drain(timedelta(days=1))
    report = slack.report()
    assert set(outbox.states()) == {State.SENT}
    assert await outbox.next_due() is None  # no audit goes on for ever
    assert report.missing(outbox.rows) == set()
    assert report.impolite == 0
    for key in report.doubled:
        texts = [message["text"] for message in slack.channel("news").messages if key_of(message) == key]
        assert [MAY_REPEAT in text for text in texts].count(False) <= 1


async def test_a_long_look_goes_on_where_it_had_to_wait() -> None:
    outbox = alerts_for(("#news",), 40)
    async with slack_and_courier(outbox, reading=Reading()) as (slack, courier, _, clock):
        slack.answer_next("chat.postMessage", "reset_after")
        await deliver_all(outbox, courier, clock)
    assert slack.report().posted == dict.fromkeys(outbox.rows, 1)
    assert outbox.reasons("K000")[-1] == "found"  # on the third page, two minutes later
    assert [call.answer for call in slack.calls("conversations.history")].count("ok") == 3


# ---------------------------------------------------------------- against the way Slack's own library goes


async def run_with_lost_answers(*, handlers_of_the_sdk: bool) -> int:
    """Send 150 messages of which 18 % are accepted without an answer; return how many copies are left."""
    outbox = alerts_for(("#news", "#duty"), 150)
    async with slack_and_courier(outbox, faults=UNANSWERED, seed=7) as (slack, courier, notifier, clock):
        if handlers_of_the_sdk:
            defaults = AsyncWebClient().retry_handlers
            for handler in defaults:
                handler.interval_calculator = FixedValueRetryIntervalCalculator(0)  # waits change nothing but time
            notifier._client.retry_handlers = defaults
        await deliver_all(outbox, courier, clock)
    assert slack.report().missing(outbox.rows) == set()
    return sum(count - 1 for count in slack.report().doubled.values())


async def test_of_150_messages_18_percent_unanswered_none_is_left_twice() -> None:
    assert await run_with_lost_answers(handlers_of_the_sdk=False) == 0
    assert await run_with_lost_answers(handlers_of_the_sdk=True) > 5


# ---------------------------------------------------------------- through every part

CONFIG = """
store: sqlite:///tocsin.db
slack: {{token: {token}, api_url: "{slack}"}}
fetch: {{allow_private: [127.0.0.0/8], per_host: {{concurrency: 4, delay: 0s}}, timeout: 2s}}
defaults: {{every: 1s, to: ["#news"], fulltext: never, backlog: all}}
sources:
{sources}
notifiers:
  hook: {{webhook: "{hook}", secret: s3cret}}
fallback: hook
rules:
  - {{id: war, when: invasion, severity: critical}}
  - {{id: ores, when: rare earths}}
  - {{id: pact, when: pact}}
"""


class Desk:
    """A feed, a Slack that takes a message a second, a webhook, and the program between them, restarted at will."""

    def __init__(self, folder: Path, slack: SlackStandin, hook: Receiver, web: NewsServer, clock: LeapingClock) -> None:
        self.slack, self.hook, self.clock = slack, hook, clock
        self._folder = folder
        self._web = web
        self._items: dict[int, list[str]] = defaultdict(list)

    def publish(self, *titles: str, feed: int = 0) -> None:
        date = format_datetime(self.clock.now())
        self._items[feed] += [
            f"<item><guid>{one}</guid><title>{one}</title><pubDate>{date}</pubDate></item>" for one in titles
        ]
        self._web.publish(f"/{feed}.xml", f'<rss version="2.0"><channel>{"".join(self._items[feed])}</channel></rss>')

    @asynccontextmanager
    async def app(self, token: str = "xoxb-test") -> AsyncIterator[App]:  # noqa: S107  no secret
        path = self._folder / "config.yaml"
        sources = "\n".join(
            f"  - {{id: wire-{n}, kind: feed, url: '{self._web.url(f'/{n}.xml')}'}}" for n in self._items
        )
        path.write_text(CONFIG.format(token=token, slack=self.slack.api_url, hook=self.hook.url, sources=sources))
        config = load(path, {})
        main = SlackNotifier(token, self.slack.api_url, open_session(), clock=self.clock, log=LOG)
        hook = WebhookNotifier(self.hook.url, "s3cret", guarded_session(config.fetch), clock=self.clock)
        ways = Switchboard(main, {"hook": hook})
        try:
            async with App(config, ways, self.clock) as app:
                yield app
        finally:
            await ways.close()

    async def rows(self, app: App) -> list[Delivery]:
        return [row.delivery for row in await app.store.deliveries(limit=1000)]

    async def until_calm(self, app: App) -> None:
        """Do rounds, an hour apart, until nothing waits and no storm goes on."""
        for _ in range(5):
            done = await app.once()
            self.clock.ahead += timedelta(hours=1)
            storms = await app.store.ask(lambda memory: memory.calm.storms())
            if not (done.waiting or storms) and await app.store.outbox.next_due() is None:
                return
        raise AssertionError("it never became calm")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    clock = LeapingClock()
    options = Options(now=clock.now, rate=Rate(messages=1, burst=3))
    async with SlackStandin(options) as slack, Receiver() as hook, NewsServer() as web:
        yield Desk(tmp_path, slack, hook, web, clock)


def titles(number: int, about: str) -> list[str]:
    return [f"Report {n} from town {n * 7919 % 1000}: {about}" for n in range(number)]


async def test_an_archived_channel_waits_and_gets_all_of_it_once_and_in_order(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.publish()
    async with desk.app() as app:
        desk.slack.archive("news")
        for title in DIFFERENT:
            desk.publish(title)
            await app.once()
            desk.clock.ahead += timedelta(minutes=6)
        assert desk.slack.texts("news") == []
        assert len(desk.slack.calls("chat.postMessage")) == 6  # one at each start, however many wait
        assert {row.state for row in await desk.rows(app)} == {State.PENDING}
        refused = [record for record in caplog.records if record.message == "refused"]
        assert [record.levelname for record in refused] == ["ERROR"]
        desk.slack.restore("news")
        await desk.until_calm(app)
    told = desk.slack.texts("news")
    assert [title in text for title, text in zip(DIFFERENT, told, strict=True)] == [True] * len(DIFFERENT)
    assert desk.slack.report().doubled == {}
    assert desk.slack.report().inversions == ()


async def test_a_revoked_token_pauses_slack_alone_and_another_one_tells_all_of_it_once(desk: Desk) -> None:
    desk.publish()
    async with desk.app() as app:
        desk.slack.revoke()
        desk.publish("Invasion begins", "Rare earths rise")
        await app.once()
        calls = len(desk.slack.journal)
        desk.publish("Pact is signed")
        desk.clock.ahead += timedelta(seconds=5)
        assert (await app.once()).stories == 1  # what is found goes on being found
        assert len(desk.slack.journal) == calls + 1  # at each start, however many wait
        assert desk.hook.got == []
        desk.clock.ahead += timedelta(minutes=6)
        await app.once()
        assert [got.said["story"]["title"] for got in desk.hook.got] == ["Invasion begins"]
    desk.slack.issue("xoxb-new")
    async with desk.app("xoxb-new") as app:
        await desk.until_calm(app)
        assert {row.state for row in await desk.rows(app)} == {State.SENT}
    report = desk.slack.report()
    assert sorted(report.posted.values()) == [1, 1, 1]
    assert len(desk.hook.got) == 1
    assert desk.slack.texts("news")[0].startswith("CRITICAL")


async def test_three_hundred_stories_in_a_minute_are_few_posts_and_every_one_is_listed(desk: Desk) -> None:
    wanted = titles(STORIES, "rare earths")
    for feed in range(FEEDS):
        desk.publish(*CRITICAL[feed : feed + 1], *wanted[feed::FEEDS][:8], feed=feed)
    async with desk.app() as app:
        await app.patrol.tick()
        await app.patrol.idle()
        for feed in range(FEEDS):
            desk.publish(*wanted[feed::FEEDS][8:], feed=feed)
        desk.clock.ahead += timedelta(seconds=30)
        await desk.until_calm(app)
        rows = await desk.rows(app)
    messages = desk.slack.channel("news").messages
    assert len(desk.slack.calls("chat.postMessage")) == len(messages) <= MOST_POSTS
    assert {row.state for row in rows} <= set(FINAL)
    assert not [row for row in rows if row.state is State.DEAD]
    pages = [json.dumps(one["blocks"]) for one in messages if one.get("thread_ts")]
    alone = [one["text"] for one in messages if not one.get("thread_ts")]
    assert [title for title in wanted if sum(f"{title} " in page or f'{title}"' in page for page in pages) != 1] == []
    assert [text.split(":")[0] for text in alone] == ["CRITICAL", "CRITICAL", "CRITICAL", "Storm"]
    report = desk.slack.report()
    assert (report.doubled, report.dangling, report.impolite) == ({}, (), 0)
    assert {call.answer for call in desk.slack.journal} == {"ok"}
    assert all(one["ts"] < other["ts"] for one, other in pairwise(messages))


async def test_what_tells_of_a_flood_is_no_line_of_a_storm(desk: Desk) -> None:
    for feed in range(2):
        desk.publish(f"Start of feed {feed}", feed=feed)
    async with desk.app() as app:
        await app.once()
        desk.clock.ahead += timedelta(seconds=30)
        desk.publish(*titles(20, "rare earths"), feed=0)  # more than speak for themselves
        desk.publish(*(f"Ship {n} sails: rare earths" for n in range(9)), feed=1)
        await app.patrol.tick()
        await app.patrol.idle()
        desk.clock.ahead += timedelta(seconds=30)
        desk.publish(*(f"Train {n} leaves: rare earths" for n in range(9)), feed=1)
        await app.patrol.tick()
        await app.patrol.idle()
        await desk.until_calm(app)
    alone = [one["text"] for one in desk.slack.channel("news").messages if not one.get("thread_ts")]
    assert ["Storm:" in text for text in alone].count(True) == 1
    assert ["20 stories that waited" in text for text in alone].count(True) == 1
