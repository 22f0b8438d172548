from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from tests.fakes import FakeClock
from tests.slack_socket import ADA, SocketStandin, with_buttons
from tests.slack_views import view_errors

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Client:
    """A bare client that follows no rule it is not told to follow."""

    def __init__(self, slack: SocketStandin, session: aiohttp.ClientSession) -> None:
        self.slack, self.session = slack, session

    async def call(self, method: str, token: str, **arguments: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}"}
        async with self.session.post(self.slack.api_url + method, json=arguments, headers=headers) as response:
            body: dict[str, Any] = await response.json()
            return body

    async def connect(self) -> aiohttp.ClientWebSocketResponse:
        url = (await self.call("apps.connections.open", "xapp-test"))["url"]
        return await self.session.ws_connect(url)


@asynccontextmanager
async def client(**options: Any) -> AsyncIterator[tuple[SocketStandin, Client, FakeClock]]:
    clock = FakeClock()
    async with SocketStandin(with_buttons(now=clock.now), **options) as slack, aiohttp.ClientSession() as session:
        yield slack, Client(slack, session), clock


@pytest.mark.parametrize(
    ("method", "token", "answer"),
    [
        ("apps.connections.open", "xoxb-test", "not_allowed_token_type"),
        ("apps.connections.open", "xapp-stranger", "invalid_auth"),
        ("apps.connections.open", "xapp-off", "link_disabled"),
        ("chat.postMessage", "xapp-test", "not_allowed_token_type"),
        ("views.publish", "xapp-test", "not_allowed_token_type"),
    ],
)
async def test_each_token_opens_its_own_doors_only(method: str, token: str, answer: str) -> None:
    async with client(app_tokens={"xapp-test": None, "xapp-off": "link_disabled"}) as (_, one, _clock):
        assert (await one.call(method, token))["error"] == answer


async def test_a_ticket_is_good_once() -> None:
    async with client() as (_, one, _clock):
        url = (await one.call("apps.connections.open", "xapp-test"))["url"]
        async with one.session.ws_connect(url) as socket:
            assert (await socket.receive_json())["type"] == "hello"
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await one.session.ws_connect(url)


async def test_what_is_not_acknowledged_in_time_comes_again_and_is_counted() -> None:
    async with client(deadline=0.01) as (slack, one, _):
        async with await one.connect() as socket:
            await socket.receive_json()
            await slack.slash("status")
            tries = [await socket.receive_json() for _ in range(3)]
            await slack.until(lambda this: this.unacknowledged == 3)
        assert [envelope["retry_attempt"] for envelope in tries] == [0, 1, 2]
        assert len({envelope["payload"]["trigger_id"] for envelope in tries}) == 1


async def test_an_acknowledgement_of_nothing_is_noticed() -> None:
    async with client() as (slack, one, _), await one.connect() as socket:
        await socket.receive_json()
        await socket.send_json({"envelope_id": "env-999"})
        await slack.until(lambda this: len(this.strange_acks) == 1)


async def test_one_connection_too_many_is_sent_away() -> None:
    async with client(most=1) as (_, one, _clock), await one.connect() as first, await one.connect() as second:
        assert (await first.receive_json())["type"] == "hello"
        assert (await second.receive_json())["reason"] == "too_many_websockets"


async def test_an_address_for_answers_takes_five_within_half_an_hour() -> None:
    async with client() as (slack, one, clock), await one.connect() as socket:
        await socket.receive_json()
        used, old = await slack.slash("a"), await slack.slash("b")
        urls = [envelope.body["payload"]["response_url"] for envelope in (used, old)]
        states = [(await one.session.post(urls[0], json={"text": str(n)})).status for n in range(6)]
        clock.advance(timedelta(minutes=31))
        states.append((await one.session.post(urls[1], json={"text": "late"})).status)
        assert states == [200] * 5 + [404, 404]
        assert slack.refused_answers == ["used_url", "expired_url"]
        assert slack.told(used) == ["0", "1", "2", "3", "4"]


async def test_a_home_page_is_published_over_what_was_seen_and_not_over_another() -> None:
    view = {"type": "home", "blocks": [{"type": "divider"}]}
    async with client() as (slack, one, _):
        first = await one.call("views.publish", "xoxb-test", user_id=ADA, view=view)
        seen = first["view"]["hash"]
        assert (await one.call("views.publish", "xoxb-test", user_id=ADA, view=view, hash=seen))["ok"]
        again = await one.call("views.publish", "xoxb-test", user_id=ADA, view=view, hash=seen)
        assert again["error"] == "hash_conflict"
        assert (await one.call("views.publish", "xoxb-test", user_id=ADA, view={"type": "modal"}))["ok"] is False
        assert slack.published == 2


BUTTON = {"type": "button", "text": {"type": "plain_text", "text": "x"}, "action_id": "a", "value": "v"}


def of(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "home", "blocks": [{"type": "actions", "elements": list(elements)}]}


@pytest.mark.parametrize(
    "view",
    [
        of(),
        of(BUTTON, BUTTON),
        of(*({**BUTTON, "action_id": str(n)} for n in range(26))),
        of(BUTTON | {"value": "v" * 2001}),
        of(BUTTON | {"text": {"type": "mrkdwn", "text": "x"}}),
        of(BUTTON | {"text": {"type": "plain_text", "text": "x" * 76}}),
        of(BUTTON | {"colour": "red"}),
        of({"type": "overflow", "action_id": "a", "options": []}),
        of({"type": "slider"}),
        {"type": "home", "blocks": [{"type": "divider"}] * 101},
        {"type": "home", "blocks": [{"type": "divider", "block_id": "a"}] * 2},
        {"type": "modal", "blocks": [{"type": "divider"}]},
    ],
)
def test_what_slack_refuses_is_refused(view: dict[str, Any]) -> None:
    assert view_errors(view)
    assert view_errors(of(BUTTON)) == []
