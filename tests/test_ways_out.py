"""Several ways out at once, through every part: a feed on loopback, Slack's stand-in, and a receiver of webhooks."""

from __future__ import annotations

import json
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest

from alerts.errors import ConfigError
from alerts.notify.fallback import PATIENCE, is_copy
from alerts.outbox import State
from crawler.app import App
from crawler.cli.daemon import notifier
from crawler.config import load
from tests.daemon import HURRIED
from tests.fakes import AheadClock
from tests.receiver import Receiver, is_signed
from tests.server import NewsServer
from tests.slack_standin import Options, SlackStandin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from crawler.app import Round

CONFIG = """
store: sqlite:///tocsin.db
slack: {{token: xoxb-test, api_url: "{slack}"}}
fetch: {{allow_private: [127.0.0.0/8], per_host: {{concurrency: 4, delay: 0s}}, timeout: 2s}}
defaults: {{every: 1s, to: ["#news"], fulltext: never}}
sources: [{{id: wire, kind: feed, url: "{web}"}}]
notifiers:
  hook: {{webhook: "{hook}", secret: s3cret}}
  audit: {{jsonl: audit.jsonl}}
fallback: hook
rules:
  - {{id: war, when: invasion, severity: critical, to: ["#news", audit]}}
  - {{id: minerals, when: rare earths}}
"""


class Desk:
    """A configuration, and the servers it speaks of."""

    def __init__(self, folder: Path, web: NewsServer, slack: SlackStandin, hook: Receiver, clock: AheadClock) -> None:
        self.folder, self.web, self.slack, self.hook, self.clock = folder, web, slack, hook, clock

    def publish(self, *titles: str) -> None:
        date = format_datetime(self.clock.now() - timedelta(minutes=1))
        items = "".join(
            f"<item><guid>{one}</guid><title>{one}</title><pubDate>{date}</pubDate></item>" for one in titles
        )
        feed = f'<rss version="2.0"><channel><title>Wire</title>{items}</channel></rss>'
        self.web.publish("/wire.xml", feed)

    async def round(self, **slots: str) -> Round:
        given = {"slack": self.slack.api_url, "web": self.web.url("/wire.xml"), "hook": self.hook.url} | slots
        path = self.folder / "config.yaml"
        path.write_text(CONFIG.format(**given))
        config = load(path, {})
        async with notifier(config) as ways, App(config, ways, self.clock, pace=HURRIED) as app:
            done = await app.once()
            self.rows = {row.delivery.key: row for row in await app.store.deliveries()}
        self.clock.ahead += timedelta(seconds=30)
        return done


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    clock = AheadClock()
    async with SlackStandin(Options(now=clock.now)) as slack, Receiver() as hook, NewsServer() as web:
        yield Desk(tmp_path, web, slack, hook, clock)


async def test_a_rule_tells_slack_and_a_file(desk: Desk) -> None:
    desk.publish("Invasion begins", "Rare earths rise")
    done = await desk.round()
    assert (done.waiting, done.dead) == (0, 0)
    assert len(desk.slack.texts("news")) == 2
    (line,) = (desk.folder / "audit.jsonl").read_text().splitlines()
    assert json.loads(line)["story"]["title"] == "Invasion begins"
    assert desk.hook.got == []


async def test_what_slack_refuses_takes_the_fallback_when_it_is_critical_and_arrives_in_slack_later(desk: Desk) -> None:
    desk.slack.channel("news").archived = True
    desk.publish("Invasion begins", "Rare earths rise")
    await desk.round()
    assert desk.hook.got == []
    desk.clock.ahead += PATIENCE
    await desk.round()
    (got,) = desk.hook.got
    assert is_signed(got, "s3cret")
    assert got.said["story"]["title"] == "Invasion begins"
    assert got.said["remark"].startswith("meant for #news")
    await desk.round()
    assert len(desk.hook.got) == 1
    desk.slack.channel("news").archived = False
    await desk.round()
    told = desk.slack.texts("news")
    assert len(told) == 2
    assert ["also handed to hook at" in text for text in told].count(True) == 1
    assert {row.delivery.state for row in desk.rows.values()} == {State.SENT}
    assert sum(map(is_copy, desk.rows)) == 1
    assert len(desk.hook.got) == 1


async def test_a_webhook_to_a_private_address_is_refused_before_anything_is_sent(desk: Desk) -> None:
    with pytest.raises(ConfigError, match=r"the webhook of `hook` cannot be called: 10\.0\.0\.1 is not a public"):
        await desk.round(hook="https://10.0.0.1/hook")
