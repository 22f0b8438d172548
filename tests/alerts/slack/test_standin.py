"""The stand-in is only worth what it refuses: here it shows its teeth."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from alerts.slack.check import OPTIONAL_SCOPES
from alerts.slack.check import SCOPES as NEEDED
from tests import slack_rules
from tests.fakes import FakeClock
from tests.slack_standin import Options, SlackStandin, inversions
from tests.slack_workspace import SCOPES, Channel, Rate, Reading, Token

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    Ask = Callable[..., Coroutine[Any, Any, dict[str, Any]]]

CONTEXT: dict[str, Any] = {"type": "context", "elements": [{"type": "mrkdwn", "text": "x", "verbatim": True}]}
IMAGE = {"type": "image", "slack_file": {"id": "F0FILE0001"}, "alt_text": "a chart"}
METADATA = {"event_type": "tocsin_delivery", "event_payload": {"key": "K1"}}


@asynccontextmanager
async def slack(**options: Any) -> AsyncIterator[tuple[SlackStandin, Ask, FakeClock]]:
    clock = FakeClock()
    async with SlackStandin(Options(now=clock.now, **options)) as standin, aiohttp.ClientSession() as session:

        async def ask(method: str, token: str = "xoxb-test", **arguments: Any) -> dict[str, Any]:  # noqa: S107  no secret
            headers = {"Authorization": f"Bearer {token}"}
            async with session.post(f"{standin.api_url}{method}", json=arguments, headers=headers) as answer:
                body: dict[str, Any] = await answer.json()
                return body | {"status": answer.status, "scopes": answer.headers["x-oauth-scopes"]}

        yield standin, ask, clock


async def refusal(message: dict[str, Any]) -> str:
    async with slack() as (_, ask, _clock):
        answer = await ask("chat.postMessage", channel="C0NEWS0001", **message)
    return str(answer.get("error", "ok"))


def rich(run: dict[str, Any]) -> dict[str, Any]:
    section = {"type": "rich_text_section", "elements": [run]}
    return {"text": "x", "blocks": [{"type": "rich_text", "elements": [section]}]}


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ({"text": "x"}, "ok"),
        ({"blocks": [CONTEXT]}, "ok"),
        ({}, "no_text"),
        ({"blocks": "nonsense"}, "invalid_blocks_format"),
        ({"blocks": [CONTEXT] * 51}, "invalid_blocks"),
        ({"blocks": [IMAGE]}, "invalid_blocks"),  # nobody uploaded it
        ({"blocks": [{"type": "image", "image_url": "https://a.example/1.png", "alt_text": "x"}]}, "invalid_blocks"),
        ({"blocks": [CONTEXT | {"block_id": "a"}] * 2}, "invalid_blocks"),
        ({"blocks": [CONTEXT | {"block_id": "a" * 256}]}, "invalid_blocks"),
        ({"blocks": [CONTEXT | {"colour": "red"}]}, "invalid_blocks"),
        ({"blocks": [CONTEXT | {"elements": []}]}, "invalid_blocks"),
        ({"blocks": [CONTEXT | {"elements": CONTEXT["elements"] * 11}]}, "invalid_blocks"),
        ({"blocks": [CONTEXT | {"elements": [{"type": "mrkdwn", "text": ""}]}]}, "invalid_blocks"),
        ({"blocks": [CONTEXT | {"elements": [{"type": "mrkdwn", "text": "x" * 3001}]}]}, "invalid_blocks"),
        ({"blocks": [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}]}, "invalid_blocks"),
        ({"blocks": [{"type": "section"}]}, "invalid_blocks"),
        (rich({"type": "text", "text": ""}), "invalid_blocks"),
        (rich({"type": "link", "url": "javascript:alert(1)"}), "invalid_blocks"),
        (rich({"type": "link", "url": "https://a.example/" + "x" * 3000}), "invalid_blocks"),
        (rich({"type": "text", "text": "x" * 12_000}), "msg_blocks_too_long"),
        ({"text": "x", "metadata": {"event_type": "a"}}, "invalid_metadata_format"),
        ({"text": "x", "metadata": METADATA | {"event_payload": {"key": "x" * 9000}}}, "metadata_too_large"),
    ],
)
async def test_a_message_is_judged_as_slack_would(message: dict[str, Any], error: str) -> None:
    assert await refusal(message) == error


@pytest.mark.parametrize(
    ("token", "error"),
    [("", "not_authed"), ("xapp-1", "not_allowed_token_type"), ("junk", "invalid_auth"), ("xoxb-old", "token_expired")],
)
async def test_a_token_must_be_known_and_alive(token: str, error: str) -> None:
    async with slack(tokens={"xoxb-old": Token(error="token_expired")}) as (_, ask, _clock):
        assert (await ask("auth.test", token))["error"] == error


async def test_scopes_are_told_and_demanded() -> None:
    async with slack(tokens={"xoxb-test": Token(scopes=frozenset({"chat:write"}))}) as (_, ask, _clock):
        assert (await ask("auth.test"))["scopes"] == "chat:write"
        for method in ("conversations.list", "conversations.history", "conversations.join", "conversations.info"):
            assert (await ask(method, channel="C0NEWS0001"))["error"] == "missing_scope"


async def test_who_is_not_in_a_channel_cannot_write_or_read_there() -> None:
    channels = (
        Channel(id="C1", name="open", member=False),
        Channel(id="C2", name="secret", private=True, member=False),
        Channel(id="C3", name="old", archived=True),
    )
    async with slack(channels=channels) as (_, ask, _clock):
        answers = [(await ask("chat.postMessage", channel=c, text="x"))["error"] for c in ("C1", "C2", "C3", "C4")]
        assert answers == ["not_in_channel", "channel_not_found", "is_archived", "channel_not_found"]
        assert (await ask("conversations.history", channel="C1"))["error"] == "not_in_channel"
        assert (await ask("conversations.join", channel="C2"))["error"] == "channel_not_found"
        assert (await ask("conversations.join", channel="C1"))["ok"]
        assert (await ask("chat.postMessage", channel="#open", text="x"))["channel"] == "C1"
        listed = await ask("conversations.list", types="public_channel,private_channel")
        assert [item["name"] for item in listed["channels"]] == ["open", "old"]


async def test_metadata_is_shown_whole_only_to_those_who_ask() -> None:
    async with slack() as (_, ask, _clock):
        await ask("chat.postMessage", channel="C0NEWS0001", text="x", metadata=METADATA)
        (plain,) = (await ask("conversations.history", channel="C0NEWS0001"))["messages"]
        (whole,) = (await ask("conversations.history", channel="C0NEWS0001", include_all_metadata=True))["messages"]
    assert plain["metadata"] == {"event_type": "tocsin_delivery"}
    assert whole["metadata"] == METADATA


async def test_history_can_lag_behind() -> None:
    async with slack(history_lag=timedelta(seconds=2)) as (_, ask, clock):
        await ask("chat.postMessage", channel="C0NEWS0001", text="x")
        assert (await ask("conversations.history", channel="C0NEWS0001"))["messages"] == []
        clock.advance(timedelta(seconds=2))
        assert len((await ask("conversations.history", channel="C0NEWS0001"))["messages"]) == 1


async def test_pages_follow_each_other_newest_first_and_since_is_kept_to() -> None:
    async with slack() as (_, ask, clock):
        stamps = []
        for n in range(5):
            stamps.append((await ask("chat.postMessage", channel="C0NEWS0001", text=str(n)))["ts"])
            clock.advance(timedelta(seconds=1))
        asked = {"channel": "C0NEWS0001", "oldest": stamps[0], "limit": 3}
        first = await ask("conversations.history", **asked)
        rest = await ask("conversations.history", cursor=first["response_metadata"]["next_cursor"], **asked)
        assert [item["text"] for item in first["messages"] + rest["messages"]] == ["4", "3", "2", "1"]
        assert rest["response_metadata"]["next_cursor"] == ""
        assert (await ask("conversations.history", channel="C0NEWS0001", cursor="x"))["error"] == "invalid_cursor"


async def test_too_fast_a_channel_closes_the_method_and_calls_inside_are_impolite() -> None:
    async with slack(rate=Rate(messages=1, burst=2)) as (standin, ask, clock):
        answers = [(await ask("chat.postMessage", channel="C0NEWS0001", text="x"))["status"] for _ in range(4)]
        assert answers == [200, 200, 429, 429]
        assert standin.report().impolite == 1
        clock.advance(timedelta(seconds=3))
        assert (await ask("chat.postMessage", channel="C0NEWS0001", text="x"))["status"] == 200


async def test_faults_are_the_same_for_the_same_seed() -> None:
    journals = []
    for _ in range(2):
        async with slack(
            faults={"500_after": 0.3, "empty_before": 0.2}, faulty=frozenset({"auth.test"}), seed=5
        ) as all_:
            standin, _, _ = all_
            async with aiohttp.ClientSession() as session:
                for _ in range(20):
                    await (await session.post(f"{standin.api_url}auth.test")).read()
            journals.append([call.fault for call in standin.journal])
    assert journals[0] == journals[1]
    assert {"500_after", "empty_before", None} == set(journals[0])


async def test_a_misspelt_fault_is_refused() -> None:
    with pytest.raises(AssertionError):
        SlackStandin(Options(faults={"reset": 0.5}))


async def test_its_report_counts_copies_and_what_is_missing() -> None:
    async with slack() as (standin, ask, _):
        for _ in range(2):
            await ask("chat.postMessage", channel="C0NEWS0001", text="x", metadata=METADATA)
        assert standin.report().doubled == {"K1": 2}
        assert standin.report().missing({"K1", "K2"}) == {"K2"}
        async with aiohttp.ClientSession() as session, session.get(standin.api_url.replace("api/", "report")) as answer:
            assert (await answer.json())["doubled"] == {"K1": 2}
        async with (
            aiohttp.ClientSession() as session,
            session.get(standin.api_url.replace("api/", "journal")) as answer,
        ):
            assert [call["key"] for call in await answer.json()] == ["K1", "K1"]


@pytest.mark.parametrize(
    "message",
    [
        {"text": "<!channel> x"},
        {"text": "<@U0ALICE001>"},
        {"text": "<!subteam^S1|x>"},
        {"text": "@here x", "parse": "full"},
        {"text": "@here x", "link_names": True},
        {"text": "x", "blocks": [CONTEXT | {"elements": [{"type": "mrkdwn", "text": "@everyone"}]}]},
        rich({"type": "broadcast", "range": "here"}),
        rich({"type": "user", "user_id": "U0ALICE001"}),
    ],
)
def test_what_would_ping_people_is_seen(message: dict[str, Any]) -> None:
    assert slack_rules.mentions(message)


@pytest.mark.parametrize(
    "message",
    [
        {"text": "<https://evil.example|https://reuters.com>"},
        {"text": "<https://evil.example|reuters.com>"},
        {"text": "<https://reuters.com@evil.example/>"},
        rich({"type": "link", "url": "https://evil.example", "text": "See www.reuters.com"}),
        rich({"type": "link", "url": "javascript:alert(1)", "text": "x"}),
    ],
)
def test_what_would_deceive_people_is_seen(message: dict[str, Any]) -> None:
    assert slack_rules.deceptive_links(message)


def test_escaped_text_and_honest_links_are_let_pass() -> None:
    link = {"type": "link", "url": "https://www.reuters.com/a", "text": "reuters.com: talks"}
    message = rich(link) | {
        "text": "&lt;!channel&gt; &lt;https://evil.example|reuters.com&gt; <https://a.example|talks>"
    }
    assert slack_rules.mentions(message) == []
    assert slack_rules.deceptive_links(message) == []


def test_the_usual_scopes_are_the_ones_that_are_needed() -> None:
    assert {*NEEDED, *OPTIONAL_SCOPES} == SCOPES


async def test_only_its_own_messages_can_be_deleted_and_each_once() -> None:
    async with slack() as (standin, ask, _):
        ts = (await ask("chat.postMessage", channel="C0NEWS0001", text="x", metadata=METADATA))["ts"]
        standin.channel("news").messages.append({"ts": "1.0", "type": "message", "text": "hi", "user": "U0ALICE001"})
        answers = [
            (await ask("chat.delete", channel=channel, ts=one)).get("error", "ok")
            for channel, one in (("C0NEWS0001", ts), ("C0NEWS0001", ts), ("C0NEWS0001", "1.0"), ("C0NONE0001", ts))
        ]
        assert answers == ["ok", "message_not_found", "cant_delete_message", "channel_not_found"]
        assert standin.report().deleted == {"K1": 1}
        assert standin.report().posted == {}


async def test_history_may_be_read_once_a_minute_and_a_few_messages_at_a_time() -> None:
    async with slack(reading=Reading()) as (standin, ask, clock):
        for n in range(20):
            await ask("chat.postMessage", channel="C0NEWS0001", text=str(n))
        first = await ask("conversations.history", channel="C0NEWS0001", limit=200)
        assert len(first["messages"]) == 15
        cursor = first["response_metadata"]["next_cursor"]
        clock.advance(timedelta(seconds=20))
        assert (await ask("conversations.history", channel="C0NEWS0001", cursor=cursor))["error"] == "ratelimited"
        assert standin.report().impolite == 0
        clock.advance(timedelta(seconds=40))
        assert len((await ask("conversations.history", channel="C0NEWS0001", cursor=cursor))["messages"]) == 5


async def test_channels_are_archived_and_tokens_revoked_while_it_runs() -> None:
    async with slack() as (standin, ask, _):

        async def post(token: str = "xoxb-test") -> str:  # noqa: S107  no secret
            return str((await ask("chat.postMessage", token, channel="C0NEWS0001", text="x")).get("error", "ok"))

        standin.archive("news")
        assert await post() == "is_archived"
        standin.restore("news")
        standin.revoke()
        assert await post() == "token_revoked"
        standin.issue("xoxb-new")
        assert await post("xoxb-new") == "ok"


async def test_its_report_sees_what_stands_out_of_order_and_what_hangs_in_the_air() -> None:
    async with slack() as (standin, ask, _):

        async def post(key: str, **more: Any) -> str:
            metadata = {"event_type": "tocsin_delivery", "event_payload": {"key": key}}
            more = {"text": "x"} | more
            return str((await ask("chat.postMessage", channel="C0NEWS0001", metadata=metadata, **more))["ts"])

        root = await post("K2")
        await post("K3", text="CRITICAL: x")  # goes before others
        await post("K1")
        await post("K5", thread_ts=root)
        await post("K4", thread_ts=root)
        assert standin.report().inversions == ("K1", "K4")
        assert standin.report().dangling == ()
        await ask("chat.delete", channel="C0NEWS0001", ts=root)
        assert standin.report().dangling == ("K5", "K4")


def test_what_was_tried_again_may_stand_behind_younger_ones() -> None:
    assert inversions(["K1", "K3", "storm-K1", "K2"]) == ["K2"]
    assert inversions(["K1", "K3", "K2"], excused={"K2"}) == []
    assert inversions(["K3", "K1", "K2"], excused={"K3"}) == []


async def test_a_file_is_shown_only_when_it_was_uploaded_completed_and_looked_at() -> None:
    async with slack(looking=timedelta(seconds=2)) as (_, ask, clock), aiohttp.ClientSession() as session:
        post = {"channel": "C0NEWS0001", "text": "x", "blocks": [IMAGE]}
        place = await ask("files.getUploadURLExternal", filename="a.png", length=3)
        files = json.dumps([{"id": place["file_id"]}])
        early = await ask("files.completeUploadExternal", files=files)
        statuses = []
        for content in (b"1234", b"123"):
            async with session.post(place["upload_url"], data=content) as answer:
                statuses.append(answer.status)
        await ask("files.completeUploadExternal", files=files)
        before = await ask("files.info", file=place["file_id"]), await ask("chat.postMessage", **post)
        clock.advance(timedelta(seconds=2))
        after = await ask("files.info", file=place["file_id"]), await ask("chat.postMessage", **post)
    assert (early["error"], statuses) == ("file_not_found", [400, 200])
    assert (before[0]["file"]["mimetype"], before[1]["error"]) == ("", "invalid_blocks")
    assert before[1]["errors"] == ["invalid slack file [json-pointer:/blocks/0/slack_file]"]
    assert (after[0]["file"]["mimetype"], after[1]["ok"]) == ("image/png", True)


@pytest.mark.parametrize(
    "change",
    [{"alt_text": ""}, {"alt_text": "x" * 2001}, {"slack_file": {}}, {"title": {"type": "mrkdwn", "text": "x"}}],
)
def test_an_image_needs_a_description_and_a_file(change: dict[str, Any]) -> None:
    assert slack_rules.refusal({"blocks": [IMAGE]}) is None
    assert slack_rules.refusal({"blocks": [IMAGE | change]})
