from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from alerts.errors import StoreError
from alerts.slack.actions import value
from alerts.slack.client import open_session
from alerts.slack.replies import BUSY
from alerts.slack.socket import Socket, check_socket
from tests.fakes import FakeClock
from tests.fakes_desk import KEY, MemoryDesk
from tests.fakes_outbox import until
from tests.slack_socket import ADA, SocketStandin, with_buttons
from tests.slack_views import block_errors
from tests.slack_workspace import SCOPES, Token

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

BOB = "U0BOB00001"
APP = "xapp-test"
LOG = logging.getLogger("test")
PATIENCE = timedelta(seconds=5)


class World:
    """A stand-in for Slack, a desk, and the socket between them."""

    def __init__(self, slack: SocketStandin, desk: MemoryDesk, socket: Socket, clock: FakeClock) -> None:
        self.slack, self.desk, self.socket, self.clock = slack, desk, socket, clock

    async def told(self, envelope: Any, count: int = 1) -> list[str]:
        await self.slack.until(lambda slack: len(slack.told(envelope)) >= count)
        return self.slack.told(envelope)


@asynccontextmanager
async def world(
    *,
    admins: tuple[str, ...] = (),
    queue: int = 100,
    app_token: str = APP,
    wait: bool = True,
    connect: float = 10.0,
    **standin: Any,
) -> AsyncIterator[World]:
    clock, desk = FakeClock(), MemoryDesk()
    async with SocketStandin(with_buttons(now=clock.now), **standin) as slack:
        socket = Socket(
            app_token,
            "xoxb-test",
            slack.api_url,
            open_session(),
            desk=desk,
            admins=admins,
            clock=clock,
            log=LOG,
            queue=queue,
            ping=0.05,
            connect=connect,
        )
        running = asyncio.create_task(socket.run())
        try:
            if wait:
                await slack.until(lambda one: one.greeted == 1)
            yield World(slack, desk, socket, clock)
        finally:
            desk.gate.set()
            await socket.stop(PATIENCE)
            await running


async def test_a_click_is_acknowledged_done_answered_and_kept_with_who_did_it() -> None:
    async with world() as w:
        click = await w.slack.click("fb_no", value(KEY, "raa-watch"))
        assert await w.told(click) == ["Noted as not relevant. Thank you."]
        assert w.slack.answers[click.body["payload"]["response_url"].rpartition("=")[2]].bodies[0]["response_type"] == (
            "ephemeral"
        )
        (audit,) = w.desk.audits
        assert (audit.user, audit.at, audit.on, audit.detail) == (ADA, w.clock.now(), KEY, "raa-watch")
        assert w.slack.strange_acks == []


async def test_what_takes_long_does_not_hold_up_an_acknowledgement() -> None:
    async with world() as w:
        w.desk.gate.clear()
        clicks = [await w.slack.click("fb_yes", value(KEY, "raa-watch")) for _ in range(20)]
        await w.slack.until(lambda _: all(click.acked.is_set() for click in clicks))
        assert w.desk.called == []
        w.desk.gate.set()
        for click in clicks:
            await w.told(click)
        assert len(w.desk.audits) == 20
        assert w.slack.unacknowledged == 0


async def test_a_full_queue_says_so_at_once_and_loses_nothing_that_was_taken() -> None:
    async with world(queue=2) as w:
        w.desk.gate.clear()
        first = await w.slack.click("fb_yes", value(KEY, "raa-watch"))
        await until(lambda: w.socket.counts.taken == 1)
        await first.acked.wait()
        waiting = [await w.slack.click("fb_yes", value(KEY, "raa-watch")) for _ in range(2)]
        await w.slack.until(lambda _: all(click.acked.is_set() for click in waiting))
        refused, typed = await w.slack.click("fb_yes", value(KEY, "raa-watch")), await w.slack.slash("status")
        assert await w.told(refused) == [BUSY]
        await w.slack.until(lambda _: typed.acked.is_set())
        assert typed.answer == {"response_type": "ephemeral", "text": BUSY}
        w.desk.gate.set()
        for click in (first, *waiting):
            assert await w.told(click) == ["Noted as relevant. Thank you."]
        assert (len(w.desk.audits), w.socket.counts.busy) == (3, 2)


async def test_a_deed_that_comes_in_two_envelopes_is_done_once() -> None:
    async with world() as w:
        sent = [await w.slack.click("fb_no", value(KEY, "raa-watch")), await w.slack.slash("mute raa-watch")]
        again = [await w.slack.repeat(one) for one in sent]
        await w.slack.until(lambda _: all(one.acked.is_set() for one in again))
        await w.told(sent[1])
        assert [audit.deed for audit in w.desk.audits] == ["fb_no", "mute_rule_24h"]
        assert w.socket.counts.repeated == 2


async def test_a_mute_can_be_undone_with_the_button_of_its_answer() -> None:
    async with world() as w:
        click = await w.slack.click("mute_rule_24h", value(KEY, "raa-watch"))
        (said,) = await w.told(click)
        assert said == "Rule raa-watch is muted until 2026-11-03 12:00 UTC. What it finds is still kept."
        (body,) = w.slack.answers[click.body["payload"]["response_url"].rpartition("=")[2]].bodies
        assert block_errors(body["blocks"]) == []
        (undo,) = body["blocks"][-1]["elements"]
        assert await w.told(await w.slack.click(undo["action_id"], undo["value"])) == ["raa-watch is no longer muted."]
        assert w.desk.mutes == {}


async def test_the_menu_answers_and_a_long_answer_comes_in_parts_with_a_word_about_the_rest() -> None:
    async with world() as w:
        assert await w.told(await w.slack.choose(value(KEY, "why"))) == [f"why {KEY}"]
        w.desk.says = "line of text\n" * 2000
        parts = await w.told(await w.slack.choose(value(KEY, "text")), 5)
        assert len(parts) == 5
        assert parts[-1].endswith("more characters do not fit here.")
        assert w.slack.refused_answers == []


async def test_commands_are_answered() -> None:
    async with world() as w:
        assert await w.told(await w.slack.slash("search “rare earths” &amp; Japan")) == [
            'search "rare earths" &amp; Japan'
        ]
        assert (await w.told(await w.slack.slash("")))[0].startswith("/tocsin status — ")
        assert "no rule nope" in (await w.told(await w.slack.slash("mute nope")))[0]
        assert w.desk.called[0] == 'search "rare earths" & Japan'


async def test_only_admins_mute_where_there_are_some_and_everybody_gives_an_opinion() -> None:
    async with world(admins=(ADA,)) as w:
        refused = [
            await w.slack.click("mute_rule_24h", value(KEY, "raa-watch"), user=BOB),
            await w.slack.slash("mute raa-watch", user=BOB),
            await w.slack.choose(value(KEY, "snooze"), user=BOB),
        ]
        for one in refused:
            assert (await w.told(one))[0].startswith("Only those whom slack.admins names")
        await w.told(await w.slack.click("fb_yes", value(KEY, "raa-watch"), user=BOB))
        await w.told(await w.slack.slash("mute raa-watch", user=ADA))
        assert [(audit.user, audit.deed) for audit in w.desk.audits] == [(BOB, "fb_yes"), (ADA, "mute_rule_24h")]


async def test_a_button_of_another_version_gets_a_polite_answer() -> None:
    async with world() as w:
        assert "another version" in (await w.told(await w.slack.click("fb_yes", "v2:x:y")))[0]
        assert "does not know" in (await w.told(await w.slack.click("launch", value(KEY))))[0]
        assert w.desk.called == []


async def test_what_fails_is_said_to_who_asked_and_the_next_one_is_served() -> None:
    async with world() as w:
        w.desk.error = StoreError("the store is locked")
        assert "the store is locked" in (await w.told(await w.slack.slash("status")))[0]
        w.desk.error = None
        assert await w.told(await w.slack.slash("status")) == ["status"]
        assert w.socket.counts.failed == 1


async def test_a_thumb_down_under_our_message_counts_and_under_another_does_not() -> None:
    async with world() as w:
        w.desk.standing = {"1.000001": KEY}
        for name, ts in (("tada", "1.000001"), ("thumbsdown", "9.000009"), ("-1", "1.000001")):
            await w.slack.react(name, ts)
        await until(lambda: bool(w.desk.audits))
        assert w.desk.called == [f"not relevant {KEY} "]


async def test_the_home_page_is_published_when_it_is_opened_and_after_a_change_made_there() -> None:
    async with world() as w:
        await w.slack.open_home(tab="messages")
        await w.told(await w.slack.slash("mute raa-watch"))
        assert w.slack.published == 0
        await w.slack.open_home()
        await w.slack.until(lambda slack: slack.published == 1)
        undo = next(block["accessory"] for block in w.slack.views[ADA]["blocks"] if "accessory" in block)
        await w.slack.click_at_home(undo["action_id"], undo["value"])
        await w.slack.until(lambda slack: slack.published == 2)
        assert not any("accessory" in block for block in w.slack.views[ADA]["blocks"])


async def test_a_home_page_opened_again_and_again_is_published_once_in_a_while() -> None:
    async with world() as w:
        await w.slack.open_home()
        await w.slack.until(lambda slack: slack.published == 1)
        for _ in range(3):
            await w.slack.open_home()
        await w.told(await w.slack.slash("status"))
        assert w.slack.published == 1
        w.clock.advance(timedelta(seconds=5))
        await w.slack.open_home()
        await w.slack.until(lambda slack: slack.published == 2)


async def test_when_slack_wants_another_connection_there_is_one_before_the_old_one_goes() -> None:
    async with world() as w:
        await w.slack.refresh("warning")
        await w.slack.until(lambda slack: slack.greeted == 2 and len(slack.sockets) == 1)
        assert await w.told(await w.slack.slash("status")) == ["status"]
        assert w.socket.connected
        assert w.slack.peak == 2


async def test_after_a_cut_connection_it_comes_back_and_clicks_count_again() -> None:
    async with world() as w:
        await w.slack.drop()
        await w.slack.until(lambda slack: slack.greeted == 2)
        assert await w.told(await w.slack.slash("status")) == ["status"]
        assert w.socket.counts.connections == 2


async def test_with_too_many_websockets_it_waits_and_tries_again() -> None:
    async with world(most=0, wait=False) as w:
        await w.slack.until(lambda slack: len(slack.calls("apps.connections.open")) >= 2)
        assert not w.socket.connected
        w.slack.most = 10
        await w.slack.until(lambda slack: slack.greeted == 1)


@pytest.mark.parametrize(
    ("token", "code"),
    [("xoxb-test", "not_allowed_token_type"), ("xapp-no", "invalid_auth"), ("xapp-off", "link_disabled")],
)
async def test_a_token_that_is_refused_is_told_of_once_and_tried_again_only_every_five_minutes(
    token: str, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with world(app_token=token, app_tokens={"xapp-off": "link_disabled"}, wait=False) as w:
        start = w.clock.now()
        await until(lambda: len(w.slack.calls("apps.connections.open")) >= 3)
        tries = len(w.slack.calls("apps.connections.open"))
        assert w.clock.now() - start >= timedelta(minutes=5) * (tries - 1)
        assert w.slack.greeted == 0
    (told,) = [record for record in caplog.records if record.message == "socket-refused"]
    assert code in told.__dict__["detail"]
    assert told.levelname == "WARNING"


async def test_a_refusal_after_a_connection_is_told_again(caplog: pytest.LogCaptureFixture) -> None:
    async with world(app_tokens={"xapp-test": "token_revoked"}, wait=False) as w:
        await until(lambda: caplog.messages.count("socket-refused") == 1)
        w.slack.app_tokens["xapp-test"] = None
        await w.slack.until(lambda slack: slack.greeted == 1)
        w.slack.app_tokens["xapp-test"] = "token_revoked"
        await w.slack.drop()
        await until(lambda: caplog.messages.count("socket-refused") == 2)


async def test_who_sees_a_newer_home_page_already_keeps_it(caplog: pytest.LogCaptureFixture) -> None:
    async with world() as w:
        await w.slack.open_home()
        await w.slack.until(lambda slack: slack.published == 1)
        stale = w.slack.views[ADA] | {"hash": "older"}
        event = {"type": "app_home_opened", "user": ADA, "tab": "home", "channel": "D0ADA00001", "view": stale}
        w.clock.advance(timedelta(seconds=5))
        await w.slack.send("events_api", {"type": "event_callback", "event_id": "Ev9", "event": event})
        assert await w.told(await w.slack.slash("status")) == ["status"]
        assert w.slack.published == 1
        assert w.socket.counts.failed == 0
    assert "deed-failed" not in caplog.messages


async def test_a_token_that_is_mended_is_taken_up() -> None:
    async with world(app_tokens={"xapp-test": "token_revoked"}, wait=False) as w:
        await until(lambda: len(w.slack.calls("apps.connections.open")) >= 2)
        w.slack.app_tokens["xapp-test"] = None
        await w.slack.until(lambda slack: slack.greeted == 1)
        assert await w.told(await w.slack.slash("status")) == ["status"]


async def test_stopping_does_what_was_taken() -> None:
    async with world() as w:
        w.desk.gate.clear()
        clicks = [await w.slack.click("fb_yes", value(KEY, "raa-watch")) for _ in range(3)]
        await w.slack.until(lambda _: all(click.acked.is_set() for click in clicks))
        stopping = asyncio.create_task(w.socket.stop(PATIENCE))
        await until(lambda: not w.socket.connected)
        w.desk.gate.set()
        await stopping
        assert len(w.desk.audits) == 3


async def test_what_cannot_be_done_in_time_is_counted_when_it_stops(caplog: pytest.LogCaptureFixture) -> None:
    async with world() as w:
        w.desk.gate.clear()
        clicks = [await w.slack.click("fb_yes", value(KEY, "raa-watch")) for _ in range(3)]
        await w.slack.until(lambda _: all(click.acked.is_set() for click in clicks))
        await w.socket.stop(timedelta(0))
        assert w.desk.audits == []
    assert "left-undone" in caplog.messages


async def test_an_answer_too_late_for_its_address_is_counted_and_not_sent() -> None:
    async with world() as w:
        w.desk.gate.clear()
        click = await w.slack.click("fb_yes", value(KEY, "raa-watch"))
        await w.slack.until(lambda _: click.acked.is_set())
        w.clock.advance(timedelta(minutes=31))
        w.desk.gate.set()
        await until(lambda: w.socket.counts.unanswered == 1)
        assert len(w.desk.audits) == 1
        assert w.slack.refused_answers == []


async def test_an_envelope_without_sense_is_acknowledged_and_forgotten() -> None:
    async with world() as w:
        odd = [await w.slack.send(kind, payload) for kind, payload in (("news", {}), ("interactive", {"actions": 7}))]
        await w.slack.until(lambda _: all(one.acked.is_set() for one in odd))
        assert await w.told(await w.slack.slash("status")) == ["status"]


async def test_a_connection_on_which_slack_says_nothing_is_given_up() -> None:
    async with world(connect=0.05, wait=False) as w:
        w.slack.deaf = True
        await w.slack.until(lambda slack: len(slack.calls("apps.connections.open")) >= 2)
        assert not w.socket.connected


async def test_an_answer_that_slack_refuses_and_one_that_reaches_nobody_are_counted() -> None:
    async with world() as w:
        typed = await w.slack.slash("status")
        await w.told(typed)
        for url in (f"{w.slack.api_url}respond?id=unknown", "http://127.0.0.1:1/x", "http://["):
            payload = {"user_id": ADA, "text": "status", "response_url": url}
            await w.slack.send("slash_commands", payload)
        await until(lambda: w.socket.counts.unanswered == 3)
        assert w.socket.counts.answered == 1


async def test_a_home_page_that_slack_refuses_is_logged_and_the_next_deed_is_done(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with world() as w:
        w.slack.answer_next("views.publish", "error:internal_error", None, "error:internal_error")
        await w.slack.open_home()
        await w.told(await w.slack.slash("status"))
        assert w.slack.published == 0
        await w.slack.open_home()
        await w.slack.until(lambda slack: slack.published == 1)
        await w.told(await w.slack.slash("mute raa-watch"))
        await until(lambda: "home-not-shown" in caplog.messages)
        assert await w.told(await w.slack.slash("rules")) == ["rules"]


async def test_a_bug_in_the_desk_is_not_hidden() -> None:
    class Broken(MemoryDesk):
        async def status(self) -> str:
            raise RuntimeError("a bug")

    clock = FakeClock()
    async with SocketStandin(with_buttons(now=clock.now)) as slack:
        socket = Socket(
            APP, "xoxb-test", slack.api_url, open_session(), desk=Broken(), admins=(), clock=clock, log=LOG, ping=0.05
        )
        running = asyncio.create_task(socket.run())
        await slack.until(lambda one: one.greeted == 1)
        await slack.slash("status")
        with pytest.raises(ExceptionGroup, match="TaskGroup") as caught:
            await running
        assert caught.group_contains(RuntimeError, match="a bug")


async def test_stopping_what_never_ran_is_no_trouble() -> None:
    session = open_session()
    socket = Socket(
        APP, "xoxb-test", "http://127.0.0.1:1/", session, desk=MemoryDesk(), admins=(), clock=FakeClock(), log=LOG
    )
    await socket.stop(PATIENCE)
    await session.close()


async def test_a_check_finds_a_good_socket_and_the_scopes_of_buttons() -> None:
    async with SocketStandin() as slack, open_session() as session:
        findings = await check_socket("xapp-test", "xoxb-test", slack.api_url, session)
    assert [(finding.subject, finding.ok) for finding in findings] == [
        ("socket", True), ("commands", True), ("reactions:read", True)
    ]  # fmt: skip


async def test_a_check_names_a_wrong_token_a_missing_scope_and_the_way_out() -> None:
    poor = with_buttons(tokens={"xoxb-test": Token(scopes=SCOPES)})
    async with SocketStandin(poor, app_tokens={"xapp-off": "link_disabled"}) as slack, open_session() as session:
        wrong, *scopes = await check_socket("xoxb-test", "xoxb-test", slack.api_url, session)
        off, *_ = await check_socket("xapp-off", "xoxb-stranger", slack.api_url, session)
    assert "not_allowed_token_type" in wrong.text
    assert "connections:write" in (wrong.way_out or "")
    assert [finding.ok for finding in scopes] == [False, False]
    assert "Socket Mode" in (off.way_out or "")
