from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from alerts.errors import CardRefused, ChannelRefused, DeliveryError, Later, RouteRefused, Unclear
from alerts.slack.errors import CALL_ERRORS, classify, refusal
from tests.slack_standin import FAULTS, SlackStandin
from tests.slack_workspace import Token

if TYPE_CHECKING:
    from collections.abc import Mapping

GOOD = "xoxb-test"


async def failure(url: str, token: str = GOOD, *, patience: float = 10, **arguments: object) -> DeliveryError:
    """Return what a call of chat.postMessage comes to, made as the notifier makes it."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=patience)) as session:
        client = AsyncWebClient(token=token, base_url=url, session=session, retry_handlers=[])
        with pytest.raises(CALL_ERRORS) as caught:
            await client.api_call("chat.postMessage", json={"channel": "C0NEWS0001", "text": "x"} | arguments)
    return classify(caught.value)


@pytest.mark.parametrize("fault", sorted(FAULTS - {"429", "bare_before", "bare_after"}))
async def test_an_answer_that_cannot_be_read_is_unclear(fault: str) -> None:
    async with SlackStandin() as slack:
        slack.answer_next("chat.postMessage", fault)
        assert isinstance(await failure(slack.api_url, patience=0.2 if "timeout" in fault else 10), Unclear)
        assert len(slack.texts("news")) == fault.endswith("_after")


async def test_a_429_says_how_long_to_wait() -> None:
    async with SlackStandin() as slack:
        slack.answer_next("chat.postMessage", "429")
        problem = await failure(slack.api_url)
    assert isinstance(problem, Later)
    assert problem.after == timedelta(seconds=3)


async def test_where_nobody_listens_nothing_was_sent() -> None:
    async with SlackStandin() as slack:
        gone = slack.api_url
    assert isinstance(await failure(gone), Later)


@pytest.mark.parametrize("url", ["not an address/", "ftp://127.0.0.1/"])
async def test_an_api_url_that_cannot_be_called_is_the_routes_fault(url: str) -> None:
    problem = await failure(url)
    assert isinstance(problem, RouteRefused)
    assert "slack.api_url" in problem.detail


@pytest.mark.parametrize("token", ["xapp-1", "xoxb-unknown", "xoxb-revoked"])
async def test_a_bad_token_is_the_routes_fault(token: str) -> None:
    async with SlackStandin() as slack:
        slack.tokens["xoxb-revoked"] = Token(error="token_revoked")
        assert isinstance(await failure(slack.api_url, token), RouteRefused)


async def test_a_refused_message_says_which_part_slack_dislikes() -> None:
    async with SlackStandin() as slack:
        problem = await failure(slack.api_url, blocks=[{"type": "poem"}])
    assert isinstance(problem, CardRefused)
    assert problem.code == "invalid_blocks"
    assert "/blocks/0/type" in problem.detail


async def test_a_missing_scope_is_named() -> None:
    async with SlackStandin() as slack:
        slack.tokens["xoxb-test"] = Token(scopes=frozenset({"channels:read"}))
        problem = await failure(slack.api_url)
    assert isinstance(problem, RouteRefused)
    assert problem.detail == "needed: chat:write, provided: channels:read"


@pytest.mark.parametrize(
    ("codes", "kind"),
    [
        ("ratelimited rate_limited service_unavailable request_timeout team_added_to_org org_login_required", Later),
        ("internal_error fatal_error a_code_of_next_year", Unclear),
        (
            "invalid_blocks invalid_blocks_format msg_blocks_too_long msg_too_long no_text metadata_too_large",
            CardRefused,
        ),
        ("metadata_must_be_sent_from_app invalid_metadata_format invalid_metadata_schema", CardRefused),
        ("markdown_text_conflict too_many_attachments block_mismatch", CardRefused),
        ("channel_not_found not_in_channel is_archived restricted_action restricted_action_read_only", ChannelRefused),
        ("ekm_access_denied messages_tab_disabled cannot_reply_to_message", ChannelRefused),
        ("invalid_auth not_authed account_inactive token_revoked token_expired missing_scope", RouteRefused),
        ("not_allowed_token_type accesslimited two_factor_setup_required message_limit_exceeded", RouteRefused),
    ],
)
def test_each_code_is_somebodys_fault(codes: str, kind: type[DeliveryError]) -> None:
    assert {type(refusal(code)) for code in codes.split()} == {kind}


class Answer:
    """An answer as the SDK hands it over."""

    def __init__(self, status: int, data: object, headers: Mapping[str, str] | None = None) -> None:
        self.status_code, self.data, self.headers = status, data, headers or {}


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("30", 30), ("0", 1), ("-5", 1), ("2.5", 2.5), ("1e12", 86400), ("inf", 86400), ("nan", None), ("soon", None)],
)
def test_any_retry_after_is_understood_or_left_out(value: str, seconds: float | None) -> None:
    problem = _classified(Answer(429, None, {"retry-after": value}))
    assert isinstance(problem, Later)
    assert problem.after == (None if seconds is None else timedelta(seconds=seconds))


def test_any_5xx_is_unclear_whatever_it_says() -> None:
    assert isinstance(_classified(Answer(503, {"ok": False, "error": "invalid_auth"})), Unclear)


@pytest.mark.parametrize("data", [None, b"x", "text", {}, {"error": 7}, {"error": "x", "errors": "y", "needed": None}])
def test_any_body_can_be_judged(data: object) -> None:
    assert isinstance(_classified(Answer(200, data)), Unclear)


def _classified(answer: Answer) -> DeliveryError:
    untyped: Any = SlackApiError
    return classify(untyped("refused", answer))
