"""What people do in Slack, end to end: from a click in the stand-in to a row in the store and its effect."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from alerts.outbox import Receipt
from alerts.routing.silence import Matcher
from alerts.slack.actions import value
from crawler.app import App
from crawler.cli import tocsin
from crawler.cli.daemon import notifier
from crawler.config import load
from tests.daemon import HURRIED
from tests.fakes import AheadClock
from tests.fakes_outbox import until
from tests.server import NewsServer
from tests.slack_socket import ADA, SocketStandin, with_buttons
from tests.slack_views import view_errors
from tests.test_walk import RAA, News, rss

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.slack_socket import Envelope

APP = "xapp-test"
BOB = "U0BOB00001"
CONFIG = """
store: sqlite:///tocsin.db
timezone: UTC
slack: {{token: xoxb-test, app_token: {app_token}, api_url: "{slack}", admins: [{admins}]}}
fetch: {{allow_private: [127.0.0.0/8], per_host: {{concurrency: 4, delay: 0s}}, timeout: 2s}}
defaults: {{every: 1h, to: ["#news"], fulltext: never}}
sources:
  - {{id: wire, name: Pacific Wire, kind: feed, url: "{web}/wire.xml"}}
rules:
  - {{id: raa, name: Reciprocal Access, when: Reciprocal Access Agreement, severity: high}}
  - {{id: minerals, name: Minerals, when: rare earths}}
"""


class Office:
    """A running program that has told of one story, and the Slack in which people answer it."""

    def __init__(self, app: App, slack: SocketStandin, web: NewsServer, file: Path) -> None:
        self.app, self.slack, self.web, self.file = app, slack, web, file
        self.key = ""

    async def told(self, envelope: Envelope) -> str:
        """Return what the asker of an envelope was told."""
        await self.slack.until(lambda slack: bool(slack.told(envelope)))
        return "\n".join(self.slack.told(envelope))

    async def click(self, deed: str, rule: str = "raa", **more: Any) -> str:
        return await self.told(await self.slack.click(deed, value(self.key, rule), **more))

    async def choose(self, entry: str, **more: Any) -> str:
        return await self.told(await self.slack.choose(value(self.key, entry), **more))

    async def type(self, text: str, **more: Any) -> str:
        return await self.told(await self.slack.slash(text, **more))

    async def publish(self, *items: News) -> None:
        """Let the source say something else, and the program take it in."""
        self.web.publish("/wire.xml", rss(*items))
        await self.app.store.visit_soon("wire", self.app.clock.now())
        await self.app.patrol.tick()
        await self.app.patrol.idle()

    async def undo_at_home(self, button: dict[str, Any]) -> None:
        before = self.slack.published
        await self.slack.click_at_home(button["action_id"], button["value"])
        await self.slack.until(lambda slack: slack.published > before)

    async def audit(self) -> list[tuple[str, str]]:
        return [(one.user, one.deed) for one in reversed(await self.app.store.people.audits(99))]

    async def muted(self) -> list[Matcher]:
        return [one.matcher for one in await self.app.store.people.silences(self.app.clock.now())]


@asynccontextmanager
async def office(
    folder: Path, *, admins: str = "", app_token: str = APP, connects: bool = True, **standin: Any
) -> AsyncIterator[Office]:
    clock = AheadClock()
    async with NewsServer() as web, SocketStandin(with_buttons(now=clock.now), **standin) as slack:
        web.publish("/wire.xml", rss(News(title=RAA)))
        file = folder / "config.yaml"
        urls = {"slack": slack.api_url, "web": web.url("").rstrip("/")}
        file.write_text(CONFIG.format(admins=admins, app_token=app_token, **urls))
        config = load(file, {})
        async with notifier(config) as teller, App(config, teller, clock, pace=HURRIED, console=False) as app:
            await app.once()
            one = Office(app, slack, web, file)
            one.key = (await app.store.deliveries())[0].delivery.key
            stop = asyncio.Event()
            running = asyncio.create_task(app.run(stop))
            if connects:
                await slack.until(lambda slack: slack.greeted == 1)
            yield one
            stop.set()
            await running


async def test_a_mute_is_a_silence_with_who_asked_and_its_undo_ends_it(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        click = await o.slack.click("mute_rule_24h", value(o.key, "raa"))
        assert "Rule raa is muted until" in await o.told(click)
        (silence,) = await o.app.store.people.silences(o.app.clock.now())
        assert (silence.matcher, silence.author) == (Matcher(rules=("raa",)), ADA)
        assert silence.end - silence.start == timedelta(hours=24)
        assert f"by {ADA} ({silence.id})" in await o.type("rules")
        (body,) = o.slack.answers[click.body["payload"]["response_url"].rpartition("=")[2]].bodies
        (undo,) = body["blocks"][-1]["elements"]
        assert "no longer muted" in await o.told(await o.slack.click(undo["action_id"], undo["value"]))
        assert await o.muted() == []
        assert await o.audit() == [(ADA, "mute_rule_24h"), (ADA, "unmute_rule")]


@pytest.mark.parametrize("deed", ["click", "type", "snooze"])
async def test_what_is_silenced_tells_nobody_and_is_kept_with_the_reason(tmp_path: Path, deed: str) -> None:
    async with office(tmp_path) as o:
        if deed == "snooze":
            await o.choose("snooze")
        elif deed == "click":
            await o.click("mute_rule_24h")
        else:
            await o.type("mute raa 2h")
        await o.publish(News(title=RAA), News(title="France signs a Reciprocal Access Agreement"))
        (silence,) = await o.app.store.people.silences(o.app.clock.now())
        await o.type(f"unmute {silence.id}")
        await o.publish(News(title=RAA), News(title="Reciprocal Access Agreement in force"))
        await o.slack.until(lambda slack: len(slack.texts("news")) == 2)
        assert "in force" in o.slack.texts("news")[1]
        outcomes = {one.title: one for one in await o.app.store.outcomes(o.app.clock.now() - timedelta(hours=1))}
        (ruling,) = outcomes["France signs a Reciprocal Access Agreement"].rulings
        assert ruling.reason == "silenced"


async def test_a_snooze_silences_the_source_and_its_id_ends_it(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        assert "source is snoozed" in await o.choose("snooze")
        assert await o.muted() == [Matcher(sources=("wire",))]
        (silence,) = await o.app.store.people.silences(o.app.clock.now())
        assert f"{silence.id} source wire until" in await o.type("status")
        assert "no longer muted" in await o.type(f"unmute {silence.id.lower()}")
        assert await o.muted() == []


async def test_opinions_by_button_and_by_thumb_count_in_the_list_of_rules(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        assert "Noted as relevant" in await o.click("fb_yes")
        assert "Noted as not relevant" in await o.click("fb_no", user=BOB)
        assert "1 disputed" in await o.type("rules")
        (message,) = o.slack.channel("news").messages
        channel = o.slack.channel("news").id
        assert await o.app.store.people.standing_at(Receipt(channel=channel, message=message["ts"])) == o.key
        await o.slack.react("thumbsdown", message["ts"], channel=channel)
        assert "0 of 1 relevant, 0 % (0 to 79 %)" in await o.type("rules")
        assert "no such message" in await o.told(await o.slack.click("fb_yes", value("NOBODY", "raa")))
        assert await o.audit() == [(ADA, "fb_yes"), (BOB, "fb_no"), (ADA, "fb_no")]


async def test_the_first_who_acknowledges_looks_after_it(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        assert "Acknowledged" in await o.choose("ack")
        assert f"Nothing was done: {ADA} acknowledged it" in await o.choose("ack", user=BOB)
        assert f"Acknowledged by {ADA}" in await o.choose("why")


async def test_why_sources_and_text_come_from_what_was_written_down(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        why = await o.choose("why")
        assert "matched “Reciprocal Access Agreement”" in why
        assert "first: the channel had not heard of this story" in why
        assert "sent: accepted" in why
        assert await o.type(f"why {o.key[-8:]}") == why
        assert "There is no message NOBODY12" in await o.type("why NOBODY12")
        assert "Pacific Wire" in await o.choose("sources")
        assert f"HIGH: {RAA}" in await o.choose("text")


async def test_the_rules_in_force_are_tried_also_after_a_reload(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        assert "Rule minerals: does not hold" in await o.type("test minerals Lithium is dear")
        assert "there is no rule mineral: did you mean minerals?" in await o.type("test mineral x")
        assert "Rule raa" in await o.type(f"test all {RAA}")
        o.file.write_text(o.file.read_text().replace("rare earths", "lithium"))
        await o.app.adopt(load(o.file, {}))
        assert "Rule minerals: holds" in await o.type("test minerals Lithium is dear")


async def test_words_are_searched_and_a_bad_search_is_explained(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        assert RAA in await o.type("search “reciprocal access”")
        assert "Nothing found" in await o.type("search submarine")
        assert "That did not work" in await o.type("search source:nowhere")
        assert "no digests" in await o.type("digest")


async def test_only_admins_keep_alerts_from_others(tmp_path: Path) -> None:
    async with office(tmp_path, admins=ADA) as o:
        for refused in (
            await o.click("mute_rule_24h", user=BOB),
            await o.choose("snooze", user=BOB),
            await o.type("mute raa", user=BOB),
            await o.type("unmute raa", user=BOB),
        ):
            assert "Only those whom slack.admins names" in refused
        assert await o.muted() == []
        assert "Noted" in await o.click("fb_no", user=BOB)
        assert "is muted until" in await o.type("mute raa 2h", user=ADA)


async def test_the_home_page_shows_sources_and_silences_each_with_its_undo(tmp_path: Path) -> None:
    async with office(tmp_path, admins=ADA) as o:
        await o.type("mute raa")
        await o.choose("snooze")
        await o.slack.open_home()
        await o.slack.until(lambda slack: ADA in slack.views)
        seen = o.slack.views[ADA]
        assert view_errors({key: part for key, part in seen.items() if key != "hash"}) == []
        assert "Pacific Wire" in json.dumps(seen)
        for _ in range(2):
            undo = next(block["accessory"] for block in o.slack.views[ADA]["blocks"] if "accessory" in block)
            await o.undo_at_home(undo)
        assert await o.muted() == []


async def test_a_deed_in_two_envelopes_is_done_once_and_a_strange_button_does_nothing(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        click = await o.slack.click("fb_yes", value(o.key, "raa"))
        again = await o.slack.repeat(click)
        await o.told(click)
        await o.slack.until(lambda _: again.acked.is_set())
        assert "another version" in await o.told(await o.slack.click("fb_yes", "v9:x:y"))
        assert await o.audit() == [(ADA, "fb_yes")]


async def test_clicks_count_again_when_slack_wanted_another_connection(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        await o.slack.refresh()
        await o.slack.until(lambda slack: slack.greeted == 2 and len(slack.sockets) == 1)
        assert "Noted" in await o.click("fb_yes")


async def test_what_commands_write_beside_the_daemon_takes_effect(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with office(tmp_path) as o:
        command = ["--config", str(o.file), "silence", "add", "--rule", "raa", "--for", "2h"]
        done = await asyncio.to_thread(CliRunner().invoke, tocsin, command)
        assert done.exit_code == 0, done.output
        assert "rule raa until" in await o.type("status")
        refusals = ["error:invalid_blocks"] * 2 + ["error:no_text"]  # of every form of the card
        o.slack.answer_next("chat.postMessage", *refusals)
        await o.publish(News(title=RAA), News(title="Rare earths found"))
        await until(lambda: "delivery-dead" in caplog.messages)
        replay = ["--config", str(o.file), "outbox", "replay", "--dead"]
        done = await asyncio.to_thread(CliRunner().invoke, tocsin, replay)
        assert done.exit_code == 0, done.output
        await o.slack.until(lambda slack: len(slack.texts("news")) == 2)


async def test_a_refused_app_token_is_told_once_and_alerts_go_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with office(tmp_path, app_token="xapp-revoked", connects=False) as o:
        await o.slack.until(lambda slack: bool(slack.calls("apps.connections.open")))
        await o.publish(News(title=RAA), News(title="Rare earths found"))
        await o.slack.until(lambda slack: len(slack.texts("news")) == 2)
    (refused,) = [record for record in caplog.records if record.message == "socket-refused"]
    assert refused.levelname == "WARNING"
    assert "connections:write" in refused.__dict__["way_out"]
    assert "xapp-revoked" not in caplog.text
