"""Health that speaks, end to end: what is not well on the news web and in Slack, and what the ops channel reads."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from alerts.notify.fallback import PATIENCE
from alerts.outbox import AUDIT_GIVEN_UP, State
from alerts.slack.actions import value
from alerts.slack.blocks import Rung
from alerts.slack.desk import Audit
from crawler.app import App
from crawler.cli.daemon import notifier
from crawler.config import load
from crawler.reload import examine
from tests.daemon import HURRIED
from tests.fakes import AheadClock
from tests.receiver import Receiver
from tests.server import NewsServer
from tests.slack_socket import ADA, SocketStandin, with_buttons
from tests.slack_workspace import Channel, Token, news
from tests.test_walk import RAA, News, rss

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

BOB = "U0BOB00001"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CONFIG = """
store: sqlite:///tocsin.db
slack: {{token: xoxb-test, app_token: xapp-test, api_url: "{slack}", ops_channel: "{ops}", admins: [{ada}]}}
fetch: {{allow_private: [127.0.0.0/8], per_host: {{concurrency: 4, delay: 0s}}, timeout: 2s}}
defaults: {{every: 1s, to: ["#news"], fulltext: never}}
notifiers: {{hook: {{webhook: "{hook}", secret: s3cret}}}}
sources:
  - {{id: wire, name: Pacific Wire, kind: feed, url: "{web}/wire.xml"}}
  - {{id: gazette, name: Gazette, kind: feed, url: "{web}/gazette.xml"}}
  - {{id: herald, name: Herald, kind: feed, url: "{web}/herald.xml"}}
rules:
  - {{id: raa, name: Reciprocal Access, when: Reciprocal Access Agreement, only: {{sources: [wire]}}}}
  - {{id: minerals, name: Minerals, when: rare earths}}
"""
SOURCES = ("wire", "gazette", "herald")


class Desk:
    """The running program, the web it reads and the Slack it writes to."""

    def __init__(self, folder: Path, web: NewsServer, slack: SocketStandin, hook: Receiver, clock: AheadClock) -> None:
        self.web, self.slack, self.hook, self.clock = web, slack, hook, clock
        self.file = folder / "config.yaml"
        self.app: App
        for source in SOURCES:
            self.publish(source)

    def write(self, *, ops: str = "#ops", **changes: str) -> None:
        given = {"slack": self.slack.api_url, "web": self.web.url("").rstrip("/"), "hook": self.hook.url, "ada": ADA}
        text = CONFIG.format(**given, ops=ops)
        for old, new in changes.items():
            text = text.replace(old, new)
        self.file.write_text(text)

    def publish(self, source: str, *titles: str) -> None:
        self.web.publish(f"/{source}.xml", rss(*(News(title=title, text="") for title in titles)))

    def fail(self, *sources: str, status: int = 500) -> None:
        for source in sources:
            self.web.publish(f"/{source}.xml", "sorry", status=status)

    @asynccontextmanager
    async def start(self) -> AsyncIterator[App]:
        config = load(self.file, {})
        reread = partial(examine, self.file, {})
        async with (
            notifier(config) as ways,
            App(config, ways, self.clock, pace=HURRIED, reread=reread, console=False) as self.app,
        ):
            yield self.app

    async def round(self, later: timedelta = HOUR) -> list[str]:
        self.clock.ahead += later
        await self.app.once()
        return self.ops

    async def deliver(self) -> list[str]:
        await self.app.courier.drain(timedelta(seconds=10))
        return self.ops

    async def looks(self) -> list[str]:
        assert self.app.reloader is not None
        for _ in range(2):
            await self.app.reloader.look()
        return await self.deliver()

    @property
    def ops(self) -> list[str]:
        return self.slack.texts("ops")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    clock = AheadClock()
    channels = (*news(), Channel(id="C0OPS00001", name="ops"))
    async with (
        NewsServer() as web,
        Receiver() as hook,
        SocketStandin(with_buttons(now=clock.now, channels=channels)) as slack,
    ):
        desk = Desk(tmp_path, web, slack, hook, clock)
        desk.write()
        async with desk.start():
            await desk.round()
            yield desk


async def test_a_source_that_fails_for_a_day_has_one_message_that_ends_with_how_long_it_was_away(desk: Desk) -> None:
    desk.fail("wire", status=403)
    assert await desk.round() == []
    assert await desk.round(6 * HOUR) == []
    (told,) = await desk.round(25 * HOUR)
    assert "Source down for 31 h: Pacific Wire" in told
    assert "Rules that lose sight: raa\n" in told
    assert "http-403" in told
    await desk.round(HOUR)
    assert desk.ops == [told]
    desk.publish("wire")
    (over,) = await desk.round(25 * HOUR)
    assert "Pacific Wire is back after 2 days" in over
    assert await desk.round(HOUR) == [over]


async def test_most_sources_failing_together_is_one_message_about_the_network(desk: Desk) -> None:
    for source in SOURCES:
        desk.web.reset(f"/{source}.xml")
    await desk.round(HOUR)
    (told,) = await desk.round(10 * MINUTE)
    assert "Most sources fail together: 3 of 3" in told
    assert "all are at 127.0.0.1" in told
    await desk.round(30 * HOUR)
    assert desk.ops == [told]


async def test_what_people_do_about_a_source_that_fails(desk: Desk) -> None:
    desk.fail("wire", status=403)
    await desk.round()
    await desk.round(25 * HOUR)
    (message,) = desk.slack.channel("ops").messages
    key = message["metadata"]["event_payload"]["key"]
    retry, snooze, *_ = message["blocks"][-1]["elements"]
    assert (retry["action_id"], snooze["action_id"]) == ("feed_retry", "feed_snooze_24h")
    assert retry["value"] == value(key)
    requests = desk.web.count("/wire.xml")
    assert await desk.app.clerk.retry(key, audit(desk, "feed_retry", key)) is None
    await desk.round(MINUTE)
    assert desk.web.count("/wire.xml") == requests + 1
    until = desk.clock.now() + DAY
    assert await desk.app.clerk.put_off(key, until, audit(desk, "feed_snooze_24h", key)) is None
    assert "was snoozed before" in str(await desk.app.clerk.put_off(key, until, audit(desk, "feed_snooze_24h", key)))
    (snoozed,) = await desk.deliver()
    assert f"snoozed by {ADA}: told anew at {until:%Y-%m-%d %H:%M} if it lasts" in snoozed
    _, anew = await desk.round(25 * HOUR)
    assert "Source down for" in anew
    deeds = [one.deed for one in reversed(await desk.app.store.people.audits(9))]
    assert deeds == ["feed_retry", "feed_snooze_24h"]


async def test_the_buttons_are_heard_and_only_admins_snooze(desk: Desk) -> None:
    desk.fail("wire", status=403)
    await desk.round()
    await desk.round(25 * HOUR)
    (message,) = desk.slack.channel("ops").messages
    carried = message["blocks"][-1]["elements"][0]["value"]
    stop = asyncio.Event()
    running = asyncio.create_task(desk.app.run(stop))
    await desk.slack.until(lambda slack: slack.greeted == 1)

    async def told(deed: str, user: str) -> str:
        click = await desk.slack.click(deed, carried, user=user)
        await desk.slack.until(lambda slack: bool(slack.told(click)))
        return " ".join(desk.slack.told(click))

    assert "visited now" in await told("feed_retry", BOB)
    assert "Only those whom slack.admins names" in await told("feed_snooze_24h", BOB)
    assert "Snoozed until" in await told("feed_snooze_24h", ADA)
    assert "Nothing was done: it lists no message that waits" in await told("unfold", BOB)
    await desk.slack.until(lambda slack: "snoozed by" in slack.texts("ops")[0])
    stop.set()
    await running


def audit(desk: Desk, deed: str, key: str) -> Audit:
    return Audit(at=desk.clock.now(), user=ADA, channel="C0OPS00001", deed=deed, on=key)


async def test_a_refused_configuration_is_told_once_and_its_message_says_when_it_is_sound(desk: Desk) -> None:
    desk.write(minerals="2 minerals")
    (told,) = await desk.looks()
    assert "The changed configuration was refused: 1 mistake" in told
    assert "config.yaml:" in told
    assert "tocsin check" in told
    desk.write(minerals="3 minerals")
    (still,) = await desk.looks()
    assert "3 minerals" in still
    desk.write(minerals="ores")
    (sound,) = await desk.looks()
    assert "The configuration is sound again" in sound
    assert "Rules added: ores" in sound


async def test_a_new_configuration_says_what_changed_and_what_follows_soon_is_told_with_it(desk: Desk) -> None:
    desk.write(minerals="ores")
    (first,) = await desk.looks()
    assert "A new configuration is in force" in first
    assert "Rules added: ores" in first
    assert "Rules removed: minerals" in first
    assert "Rule ores: new: " in first
    assert "Rule minerals: gone: " in first
    desk.clock.ahead += 10 * MINUTE
    desk.write(minerals="ores", herald="standard")
    (both,) = await desk.looks()
    assert "Rules added: ores" in both
    assert "Rule ores: new: " in both
    assert "Sources added: standard" in both
    desk.clock.ahead += 2 * HOUR
    desk.write(minerals="ores")
    _, anew = await desk.looks()
    assert "Sources removed: standard" in anew
    assert "Rule" not in anew


async def test_what_takes_effect_at_a_restart_is_told_with_what_stays_until_then(desk: Desk) -> None:
    desk.write(**{"tocsin.db": "other.db"})
    (told,) = await desk.looks()
    assert "Needs a restart: store; until then what was there before stays in force" in told
    desk.write(minerals="ores", **{"tocsin.db": "other.db"})
    (both,) = await desk.looks()
    assert "Rules added: ores" in both
    assert "Needs a restart: store" in both
    desk.write(minerals="ores")
    (back,) = await desk.looks()
    assert "restart" not in back
    assert not desk.app.config.waits


async def test_what_moves_nothing_is_not_told(desk: Desk) -> None:
    desk.file.write_text(desk.file.read_text() + "\n# a remark\n")
    assert await desk.looks() == []


async def test_messages_that_were_refused_are_counted_until_they_are_sent_again(desk: Desk) -> None:
    desk.slack.answer_next("chat.postMessage", *["error:no_text"] * len(Rung))
    desk.publish("wire", RAA)
    assert await desk.round() == []
    (told,) = await desk.round(MINUTE)
    assert "1 message was refused" in told
    assert "no_text" in told
    assert "tocsin outbox replay --dead" in told
    await desk.app.store.people.replay(None, audit(desk, "outbox-replay", ""))
    (over,) = await desk.round(MINUTE)
    assert "No message is left that was refused" in over
    assert len(desk.slack.texts("news")) == 1


async def test_a_message_that_nobody_can_look_for_any_more_is_told_once(desk: Desk) -> None:
    desk.slack.answer_next("chat.postMessage", "500_before")
    desk.publish("wire", RAA)
    await desk.round()
    await desk.app.courier.drain(MINUTE / 2)
    outbox, (row, *_) = desk.app.store.outbox, await desk.app.store.deliveries()
    assert (row.delivery.state, row.delivery.resent) == (State.SENT, True)
    await outbox.settle_audit(row.delivery.key, desk.clock.now(), reason=AUDIT_GIVEN_UP, detail="missing_scope")
    (told,) = await desk.round(MINUTE)
    assert "1 message may stand twice" in told
    assert "missing_scope" in told
    assert await desk.round(DAY) == [told]
    (over,) = await desk.round(7 * DAY)
    assert "No message of the last week may stand twice" in over


async def test_a_channel_that_refuses_is_told_of_in_another_one(desk: Desk) -> None:
    desk.slack.channel("news").archived = True
    desk.publish("wire", RAA)
    assert await desk.round(MINUTE) == []
    (told,) = await desk.round(PATIENCE)
    assert "#news refuses messages" in told
    assert "Waiting: 1" in told
    desk.slack.channel("news").archived = False
    await desk.round(2 * HOUR)
    (over,) = await desk.round(MINUTE)
    assert "#news takes messages again after" in over


async def test_a_route_that_refuses_is_told_of_by_another_way_out(desk: Desk) -> None:
    desk.slack.tokens["xoxb-test"] = Token(error="token_revoked")
    desk.publish("wire", RAA)
    await desk.round(MINUTE)
    await desk.round(PATIENCE)
    (got,) = desk.hook.got
    assert got.said["bulletin"]["title"] == "The main way out refuses messages"
    assert desk.ops == []


async def test_after_a_time_in_which_nobody_watched_the_message_says_for_how_long_and_what_was_found(
    desk: Desk,
) -> None:
    await desk.app.announcing.watch()
    await desk.app.health.watch()
    assert await desk.deliver() == []
    desk.clock.ahead += 9 * HOUR
    for source in SOURCES:
        desk.publish(source, *(f"Rare earths of {source}, part {number}" for number in range(4)))
    await desk.app.announcing.watch()
    await desk.app.health.watch()
    (told,) = await desk.deliver()
    assert "Nobody watched for 9 h" in told
    assert "0 of 3 sources, 0 new stories" in told
    await desk.round(MINUTE)
    await desk.app.health.watch()
    (found,) = await desk.deliver()
    assert "3 of 3 sources, 12 new stories" in found
    summary, page = desk.slack.texts("news")
    assert "12 stories that waited, newest first" in summary
    assert page.startswith("stories 11 to 12\n")


async def test_without_an_ops_channel_nothing_is_told_and_all_is_logged_as_ever(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    config = desk.app.config
    desk.app.config = replace(config, slack=replace(config.slack, ops_channel=None))
    desk.fail("wire", status=403)
    await desk.round()
    await desk.round(25 * HOUR)
    await desk.round(25 * HOUR)
    assert desk.ops == []
    assert "down" in caplog.messages
    assert "health" not in caplog.messages
