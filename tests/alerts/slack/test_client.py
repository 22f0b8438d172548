from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from alerts import samples
from alerts.bulletin import Topic
from alerts.card import card_for
from alerts.errors import CardRefused, ChannelRefused, Later, RouteRefused, Unclear
from alerts.face import face_for
from alerts.outbox import Receipt
from alerts.slack import client
from alerts.slack.blocks import Rung
from alerts.slack.check import scope_findings, scopes_in
from alerts.slack.client import SlackNotifier, open_session
from tests.fakes import NOON, FakeClock
from tests.fakes_outbox import alert, delivery
from tests.slack_standin import Options, SlackStandin
from tests.slack_workspace import SCOPES, Channel, Token

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LOG = logging.getLogger("test")
SINCE = NOON - timedelta(seconds=60)


@asynccontextmanager
async def connected(*channels: Channel, **options: Any) -> AsyncIterator[tuple[SlackStandin, SlackNotifier, FakeClock]]:
    clock = FakeClock()
    if channels:
        options["channels"] = channels
    async with SlackStandin(Options(now=clock.now, **options)) as slack:
        notifier = SlackNotifier("xoxb-test", slack.api_url, open_session(), clock=clock, log=LOG)
        yield slack, notifier, clock
        await notifier.close()


async def post(notifier: SlackNotifier, key: str = "K1", channel: str = "#news", **changes: Any) -> Receipt:
    one = delivery(key, alert(channel=channel), **changes)
    return await notifier.send(one, card_for(one.alert))


def without(*scopes: str) -> dict[str, Token]:
    return {"xoxb-test": Token(scopes=SCOPES - set(scopes))}


@pytest.mark.parametrize("name", ["#news", "news", "C0NEWS0001"])
async def test_a_card_is_posted_and_its_receipt_says_where(name: str) -> None:
    async with connected() as (slack, notifier, _):
        receipt = await post(notifier, channel=name)
        assert receipt == Receipt(channel="C0NEWS0001", message=slack.channel("news").messages[0]["ts"])
        assert slack.report().posted == {"K1": 1}


async def test_channels_are_listed_once_for_many_messages_over_all_pages() -> None:
    channels = [Channel(id=f"C0OTHER{n:03d}", name=f"other-{n}") for n in range(5)]
    async with connected(*channels, Channel(id="C0NEWS0001", name="news"), page=2) as (slack, notifier, _):
        for key in ("K1", "K2"):
            await post(notifier, key)
        assert len(slack.calls("conversations.list")) == 3
        assert slack.report().posted == {"K1": 1, "K2": 1}


async def test_a_name_that_is_unknown_is_looked_up_once_more_and_then_refused() -> None:
    async with connected() as (slack, notifier, _):
        await post(notifier)
        with pytest.raises(ChannelRefused, match=r"#gone is not among the channels"):
            await post(notifier, channel="#gone")
        assert len(slack.calls("conversations.list")) == 2
        slack.channels["C0GONE0001"] = Channel(id="C0GONE0001", name="gone")
        assert (await post(notifier, channel="#gone")).channel == "C0GONE0001"


async def test_a_channel_made_anew_is_found_after_one_refusal() -> None:
    async with connected() as (slack, notifier, _):
        await post(notifier)
        del slack.channels["C0NEWS0001"]
        slack.channels["C0NEWS0002"] = Channel(id="C0NEWS0002", name="news")
        with pytest.raises(ChannelRefused):
            await post(notifier)
        assert (await post(notifier)).channel == "C0NEWS0002"


async def test_a_public_channel_is_joined_once() -> None:
    async with connected(Channel(id="C0NEWS0001", name="news", member=False)) as (slack, notifier, _):
        await post(notifier, "K1")
        await post(notifier, "K2")
        assert slack.report().posted == {"K1": 1, "K2": 1}
        assert len(slack.calls("conversations.join")) == 1


async def test_a_channel_that_may_not_be_joined_refuses() -> None:
    channel = Channel(id="C0NEWS0001", name="news", member=False)
    async with connected(channel, tokens=without("channels:join")) as (_, notifier, _clock):
        with pytest.raises(ChannelRefused, match="not_in_channel"):
            await post(notifier)


async def test_when_joining_or_listing_goes_wrong_nothing_was_posted_and_later_will_do() -> None:
    async with connected(Channel(id="C0NEWS0001", name="news", member=False)) as (slack, notifier, _):
        for method in ("conversations.list", "conversations.join"):
            slack.answer_next(method, "500_before")
            with pytest.raises(Later):
                await post(notifier)
        assert slack.report().posted == {}
        await post(notifier)
        assert slack.report().posted == {"K1": 1}


@pytest.mark.parametrize("state", ["archived", "restricted"])
async def test_a_channel_that_takes_nothing_refuses(state: str) -> None:
    channel = Channel(id="C0NEWS0001", name="news", archived=state == "archived", restricted=state == "restricted")
    async with connected(channel) as (_, notifier, _clock):
        with pytest.raises(ChannelRefused):
            await post(notifier)


async def test_without_leave_to_list_channels_a_name_still_works() -> None:
    async with connected(tokens=without("channels:read", "groups:read")) as (slack, notifier, _):
        assert (await post(notifier)).channel == "C0NEWS0001"
        assert await notifier.find("#news", ["K1"], SINCE) is None
        assert len(slack.texts("news")) == 1


async def test_without_leave_to_see_private_channels_public_ones_are_found() -> None:
    async with connected(tokens=without("groups:read")) as (_, notifier, _clock):
        assert (await post(notifier)).channel == "C0NEWS0001"


async def test_a_plainer_form_is_posted_after_a_refusal() -> None:
    async with connected() as (slack, notifier, _):
        await post(notifier, rung=Rung.TEXT)
        assert "blocks" not in slack.channel("news").messages[0]


async def test_a_lost_message_is_found_by_its_key_on_any_page() -> None:
    async with connected(page=3) as (slack, notifier, clock):
        for n in range(10):
            await post(notifier, f"K{n}")
            clock.advance(timedelta(seconds=1))
        found = await notifier.find("#news", ["K1", "K8", "K99"], SINCE)
        stamps = {
            message["metadata"]["event_payload"]["key"]: message["ts"] for message in slack.channel("news").messages
        }
        assert found == {key: Receipt(channel="C0NEWS0001", message=stamps[key]) for key in ("K1", "K8")}
        assert len(slack.calls("conversations.history")) == 4


async def test_reading_stops_when_all_is_found() -> None:
    async with connected(page=3) as (slack, notifier, _):
        for n in range(10):
            await post(notifier, f"K{n}")
        assert (await notifier.find("#news", ["K9"], SINCE) or {}).keys() == {"K9"}
        assert len(slack.calls("conversations.history")) == 1


async def test_of_searches_that_nobody_comes_back_for_only_the_last_are_remembered() -> None:
    async with connected() as (slack, notifier, clock):
        for number in range(client._UNFINISHED + 1):
            slack.answer_next("conversations.replies", "429")
            with pytest.raises(Later):
                await notifier.find("#news", ["K1"], SINCE, thread=f"1700000000.{number:06}")
            clock.advance(timedelta(minutes=1))
        assert len(notifier._unfinished) == client._UNFINISHED


async def test_what_stands_there_since_before_is_not_looked_at() -> None:
    async with connected() as (_, notifier, clock):
        await post(notifier)
        assert await notifier.find("#news", ["K1"], clock.now() + timedelta(seconds=1)) == {}


@pytest.mark.parametrize("channel", ["#news", "C0NEWS0001"])
async def test_what_slack_dates_earlier_than_we_do_is_found_by_the_first_who_looks(channel: str) -> None:
    clock = FakeClock()
    async with SlackStandin(Options(now=lambda: clock.now() - timedelta(minutes=20))) as slack:
        for key in ("K1", "K2"):
            notifier = SlackNotifier("xoxb-test", slack.api_url, open_session(), clock=clock, log=LOG)
            if key == "K1":
                await post(notifier)
            assert (await notifier.find(channel, ["K1"], SINCE) or {}).keys() == {"K1"}
            await notifier.close()


async def test_messages_of_others_are_passed_over() -> None:
    async with connected() as (slack, notifier, _):
        await post(notifier)
        ts = slack.channel("news").messages[0]["ts"]
        others: list[dict[str, Any]] = [
            {"metadata": {"event_type": "other", "event_payload": {"key": "K2"}}},
            {"metadata": None},
            {},
        ]
        slack.channel("news").messages.extend({"ts": ts, "text": "x", **other} for other in others)
        assert (await notifier.find("#news", ["K1", "K2"], SINCE) or {}).keys() == {"K1"}


async def test_a_copy_that_stands_there_twice_is_noticed(caplog: pytest.LogCaptureFixture) -> None:
    async with connected() as (slack, notifier, _):
        first = await post(notifier)
        await post(notifier)
        assert await notifier.find("#news", ["K1"], SINCE) == {"K1": first}
        assert len(slack.texts("news")) == 2
    assert [(record.getMessage(), vars(record)["key"]) for record in caplog.records] == [("stands-twice", "K1")]


async def test_without_leave_to_read_history_nobody_can_look() -> None:
    async with connected(tokens=without("channels:history")) as (_, notifier, _clock):
        await post(notifier)
        assert await notifier.find("#news", ["K1"], SINCE) is None


async def test_a_channel_that_was_left_is_joined_again_to_look() -> None:
    async with connected() as (slack, notifier, _):
        await post(notifier)
        slack.channel("news").member = False
        assert (await notifier.find("#news", ["K1"], SINCE) or {}).keys() == {"K1"}


async def test_a_revoked_token_does_not_pass_for_an_empty_history() -> None:
    async with connected() as (slack, notifier, _):
        await post(notifier)
        slack.tokens["xoxb-test"] = Token(error="token_revoked")
        with pytest.raises(RouteRefused):
            await notifier.find("#news", ["K1"], SINCE)


async def test_an_unreadable_history_does_not_pass_for_an_empty_one() -> None:
    async with connected() as (slack, notifier, _):
        for fault in ("html_before", "bare_before"):
            slack.answer_next("conversations.history", fault)
            with pytest.raises(Unclear):
                await notifier.find("#news", ["K1"], SINCE)


async def test_no_call_is_made_inside_a_retry_after_window() -> None:
    async with connected(retry_after=30) as (slack, notifier, clock):
        slack.answer_next("chat.postMessage", "429")
        for wait in (30, 20):
            with pytest.raises(Later) as caught:
                await post(notifier)
            assert caught.value.after == timedelta(seconds=wait)
            clock.advance(timedelta(seconds=10))
        assert await notifier.find("#news", ["K1"], SINCE) == {}  # another method, another window
        clock.advance(timedelta(seconds=10))
        await post(notifier)
        assert len(slack.calls("chat.postMessage")) == 2
        assert slack.report().impolite == 0


async def test_an_acceptance_without_ts_is_unclear() -> None:
    async with connected() as (slack, notifier, _):
        slack.answer_next("chat.postMessage", "bare_after")
        with pytest.raises(Unclear):
            await post(notifier)


async def test_a_message_slack_dislikes_is_the_cards_fault() -> None:
    async with connected() as (slack, notifier, _):
        slack.answer_next("chat.postMessage", "error:invalid_blocks")
        with pytest.raises(CardRefused):
            await post(notifier)


async def test_a_check_of_a_good_workspace_finds_no_problem() -> None:
    async with connected() as (_, notifier, _clock):
        findings = await notifier.check(["#news", "#duty"])
    assert all(finding.ok for finding in findings)
    assert [finding.subject for finding in findings] == [
        "token", "chat:write", "channels:read", "channels:history", "channels:join", "groups:read", "groups:history",
        "files:write", "files:read", "#news", "#duty",
    ]  # fmt: skip


async def test_a_check_names_each_problem_and_the_way_out() -> None:
    channels = (
        Channel(id="C0OLD00001", name="old", archived=True),
        Channel(id="C0OUT00001", name="out", member=False),
        Channel(id="C0SECRET01", name="secret", private=True, member=False),
    )
    async with connected(*channels, tokens=without("channels:join", "groups:history")) as (_, notifier, _clock):
        findings = await notifier.check(["#old", "#out", "#secret", "C0OUT00001"])
    problems = {finding.subject: finding for finding in findings if not finding.ok}
    assert problems.keys() == {"channels:join", "groups:history", "#old", "#out", "#secret", "C0OUT00001"}
    assert all(finding.way_out for finding in problems.values())
    assert problems["#secret"].text == "not found"


async def test_what_can_be_done_without_is_no_problem_but_what_is_lost_is_said() -> None:
    async with connected(tokens=without("files:write")) as (_, notifier, _clock):
        findings = await notifier.check(["#news"])
    assert all(finding.ok for finding in findings)
    (said,) = [finding for finding in findings if finding.subject == "files:write"]
    assert "digests draw their chart in text" in said.text
    assert said.way_out


async def test_a_probe_is_posted_and_deleted_at_once() -> None:
    async with connected(Channel(id="C0NEWS0001", name="news", member=False)) as (slack, notifier, _):
        findings = await notifier.probe("#news")
        assert slack.texts("news") == []
        ((_, posted),) = slack.workspace.deleted
    assert "TEST of `tocsin slack check`" in posted["text"]
    assert [(one.ok, one.subject, one.text) for one in findings] == [
        (True, "test message in #news", "posted"),
        (True, "test message in #news", "deleted again"),
    ]


@pytest.mark.parametrize(
    ("fault", "way_out"),
    [
        ("error:restricted_action", "who may post"),
        ("error:missing_scope", "install the app again"),
        ("error:token_revoked", "copy the Bot User OAuth Token"),
        ("500_after", "delete the message where it stands"),
        ("429", "wait a minute"),
    ],
)
async def test_a_probe_that_is_not_posted_says_the_way_out(fault: str, way_out: str) -> None:
    async with connected() as (slack, notifier, _):
        slack.answer_next("chat.postMessage", fault)
        (finding,) = await notifier.probe("#news")
    assert not finding.ok
    assert finding.text.startswith("not posted: ")
    assert way_out in (finding.way_out or "")


async def test_a_probe_whose_deletion_is_unclear_is_deleted_once_more() -> None:
    async with connected() as (slack, notifier, _):
        slack.answer_next("chat.delete", "500_after")
        assert all(finding.ok for finding in await notifier.probe("#news"))
        slack.answer_next("chat.delete", "500_before", "500_before")
        posted, left = await notifier.probe("#news")
        slack.answer_next("chat.delete", "error:token_revoked")
        refused = (await notifier.probe("#news"))[-1]
    assert (posted.ok, left.ok, refused.ok) == (True, False, False)
    assert "delete it in #news by hand" in (left.way_out or "")


async def test_a_check_says_when_the_bot_will_join_by_itself() -> None:
    async with connected(Channel(id="C0OUT00001", name="out", member=False)) as (_, notifier, _clock):
        finding = (await notifier.check(["#out"]))[-1]
    assert finding.ok
    assert "joins when the first alert comes" in finding.text


async def test_a_check_with_a_bad_token_stops_there() -> None:
    async with connected(tokens={"xoxb-test": Token(error="account_inactive")}) as (_, notifier, _clock):
        (finding,) = await notifier.check(["#news"])
    assert not finding.ok
    assert "account_inactive" in finding.text


async def test_a_check_without_leave_to_list_channels_says_it_could_not_look() -> None:
    async with connected(tokens=without("channels:read", "groups:read")) as (_, notifier, _clock):
        finding = (await notifier.check(["#news"]))[-1]
    assert not finding.ok
    assert "channels:read" in finding.text


def test_a_check_behind_a_gateway_that_hides_scopes_says_so() -> None:
    (finding,) = scope_findings(scopes_in({"Date": "today"}))
    assert not finding.ok
    assert "gateway" in (finding.way_out or "")


async def test_when_listing_must_wait_the_message_waits() -> None:
    async with connected() as (slack, notifier, _):
        slack.answer_next("conversations.list", "429")
        with pytest.raises(Later) as caught:
            await post(notifier)
        assert caught.value.after == timedelta(seconds=3)


async def test_when_joining_must_wait_the_message_waits() -> None:
    async with connected(Channel(id="C0NEWS0001", name="news", member=False)) as (slack, notifier, _):
        slack.answer_next("conversations.join", "429")
        with pytest.raises(Later) as caught:
            await post(notifier)
        assert caught.value.after == timedelta(seconds=3)


async def test_a_token_revoked_while_channels_are_listed_is_the_routes_fault() -> None:
    async with connected() as (slack, notifier, _):
        slack.answer_next("conversations.list", "error:token_revoked")
        with pytest.raises(RouteRefused):
            await post(notifier)


async def test_a_check_survives_a_list_that_fails() -> None:
    async with connected() as (slack, notifier, _):
        slack.answer_next("conversations.list", "500_before")
        finding = (await notifier.check(["#news"]))[-1]
    assert finding.text.startswith("cannot be listed: http-500")


async def test_buttons_are_shown_only_where_somebody_hears_them() -> None:
    async with connected() as (slack, quiet, clock):
        heard = SlackNotifier("xoxb-test", slack.api_url, open_session(), clock=clock, log=LOG, buttons=True)
        receipt = await post(quiet, "K1")
        await post(heard, "K2")
        posted = [one["blocks"][-1]["type"] for one in slack.channel("news").messages]
        await heard.edit(delivery("K1", alert(), receipt=receipt), card_for(alert()))
        edited = [one["blocks"][-1]["type"] for one in slack.channel("news").messages]
        await heard.close()
    assert (posted, edited) == (["context", "actions"], ["actions", "actions"])


async def test_a_bulletin_is_posted_edited_and_found_like_a_card() -> None:
    async with connected() as (slack, notifier, clock):
        storm = samples.bulletins("#news", clock.now())[Topic.STORM]
        one = delivery("K1", content=storm)
        receipt = await notifier.send(one, face_for(one))
        over = delivery("K1", content=replace(storm, title="The storm is over"), receipt=receipt)
        await notifier.edit(over, face_for(over))
        (told,) = slack.channel("news").messages
        assert "The storm is over" in told["text"]
        assert told["metadata"]["event_payload"]["kind"] == "storm"
        assert await notifier.find("#news", ["K1"], clock.now() - timedelta(hours=1)) == {"K1": receipt}
