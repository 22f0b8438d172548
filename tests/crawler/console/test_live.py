from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from alerts.outbox import State
from crawler.console.live import BEATS, BEHIND, HEARTBEAT, MOST, event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.crawler.console.house import House


async def read(stream: AsyncIterator[bytes], count: int) -> list[bytes]:
    return [await anext(stream) for _ in range(count)]


def titles(chunks: list[bytes]) -> list[str]:
    return [json.loads(chunk.decode().partition("data: ")[2])["title"] for chunk in chunks]


async def test_a_page_is_told_what_stands_and_then_what_comes_and_changes(full: House) -> None:
    stream = full.live.stream()
    retry, *cards = await read(stream, 4)
    assert retry == b"retry: 3000\n\n"
    assert all(b'"known": true' in card for card in cards)
    await full.live.tick()  # nothing is new
    key = await full.tell("e", "Japan again")
    await full.live.tick()
    assert titles(await read(stream, 1)) == ["Japan again"]
    await full.settle(key, State.SENT)
    await full.live.tick()
    (card,) = await read(stream, 1)
    assert b"is-sent" in card
    await stream.aclose()  # type: ignore[attr-defined]  # a generator, whatever it promises
    assert full.live.listeners == 0


async def test_what_came_before_the_first_look_is_not_lost(full: House) -> None:
    stream = full.live.stream()
    await read(stream, 4)
    await full.tell("e", "Japan at once")
    await full.live.tick()
    assert titles(await read(stream, 1)) == ["Japan at once"]
    full.live.close()


async def test_a_sign_of_life_is_sent_when_nothing_happens(full: House) -> None:
    stream = full.live.stream()
    await read(stream, 4)
    for _ in range(BEATS):
        await full.live.tick()
    assert await read(stream, 1) == [HEARTBEAT]
    full.live.close()


async def test_all_pages_are_let_go_at_the_end_and_no_other_is_taken(full: House) -> None:
    streams = [full.live.stream() for _ in range(3)]
    for stream in streams:
        await read(stream, 4)
    full.live.close()
    for stream in streams:
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
    assert [chunk async for chunk in full.live.stream()] == [b"retry: 60000\n\n"]


async def test_too_many_pages_are_asked_to_come_later(empty: House) -> None:
    streams = [empty.live.stream() for _ in range(MOST)]
    for stream in streams:
        await anext(stream)
    assert [chunk async for chunk in empty.live.stream()] == [b"retry: 60000\n\n"]
    empty.live.close()


async def test_a_page_that_does_not_listen_is_let_go(empty: House) -> None:
    stream = empty.live.stream()
    await anext(stream)
    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    for _ in range((BEHIND + 2) * BEATS):
        await empty.live.tick()
    heard = [await waiting, *[chunk async for chunk in stream]]
    assert (set(heard), len(heard) <= BEHIND) == ({HEARTBEAT}, True)
    assert empty.live.listeners == 0


async def test_a_page_that_is_let_in_no_more_is_told_nothing(full: House) -> None:
    welcome = {"here", "there"}
    streams = {name: full.live.stream(lambda name=name: name in welcome) for name in welcome}  # type: ignore[misc]  # mypy wants no default in a lambda
    for stream in streams.values():
        await read(stream, 4)
    welcome.discard("there")
    await full.tell("e", "Japan again")
    await full.live.tick()
    assert titles(await read(streams["here"], 1)) == ["Japan again"]
    assert [chunk async for chunk in streams["there"]] == []
    full.live.close()


def test_an_event_is_one_line_of_data_whatever_it_holds() -> None:
    assert event("card", {"html": "a\nb\r\u2028"}) == 'event: card\ndata: {"html": "a\\nb\\r\u2028"}\n\n'.encode()
