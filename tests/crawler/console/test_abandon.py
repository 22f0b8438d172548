from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from starlette.requests import Request

from crawler.console.abandon import unless_gone

if TYPE_CHECKING:
    from starlette.types import Message


def request(*messages: Message) -> Request:
    """A request that hears these messages, and then nothing."""
    left = list(messages)

    async def receive() -> Message:
        if left:
            return left.pop(0)
        await asyncio.Event().wait()
        return {}

    return Request({"type": "http", "headers": []}, receive)


async def test_work_is_done_while_somebody_waits() -> None:
    async def work() -> str:
        await asyncio.sleep(0)
        return "done"

    more: Message = {"type": "http.request", "body": b"", "more_body": False}
    assert await unless_gone(request(more), work()) == "done"


async def test_work_that_nobody_waits_for_is_ended() -> None:
    ended: list[str] = []

    async def work() -> str:
        try:
            await asyncio.Event().wait()
            return "never"
        finally:
            ended.append("work")

    assert await unless_gone(request({"type": "http.disconnect"}), work()) is None
    assert ended == ["work"]


async def test_what_goes_wrong_is_told() -> None:
    async def work() -> None:
        raise LookupError("here")

    with pytest.raises(LookupError, match="here"):
        await unless_gone(request(), work())
