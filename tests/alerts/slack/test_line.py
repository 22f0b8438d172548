from __future__ import annotations

import json
import logging
from typing import Any

import aiohttp
import pytest

from alerts.slack.line import Line


def text(data: Any) -> aiohttp.WSMessage:
    return aiohttp.WSMessage(aiohttp.WSMsgType.TEXT, data, None)


async def line(taken: list[dict[str, Any]]) -> Line:
    return Line("ws://127.0.0.1:1/x", take=taken.append, log=logging.getLogger("test"), ping=5)


async def test_what_comes_while_it_is_hung_up_is_left_for_the_next_connection() -> None:
    taken: list[dict[str, Any]] = []
    one = await line(taken)
    await one.hang_up()
    await one._receive(text(json.dumps({"envelope_id": "e", "type": "interactive", "payload": {}})))
    assert taken == []


@pytest.mark.parametrize("data", ["", "no json", "[]", "7", '{"envelope_id": 7}', "{}"])
async def test_what_is_no_envelope_is_not_taken(data: str) -> None:
    taken: list[dict[str, Any]] = []
    one = await line(taken)
    await one._receive(text(data))
    await one.hang_up()
    assert taken == []


async def test_the_reason_that_slack_gives_is_kept_and_greeting_is_noticed() -> None:
    one = await line([])
    await one._receive(text('{"type": "hello"}'))
    assert one.decided.is_set()
    assert not one.ended.is_set()
    await one._receive(text('{"type": "disconnect", "reason": "refresh_requested"}'))
    await one.connect_to_new_endpoint(force=True)
    assert one.ended.is_set()
    assert one.reason == "refresh_requested"
    await one.hang_up()
