"""Storms against the store: every message that is folded is listed on one page, and once."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.bulletin import Bulletin
from alerts.outbox import State
from alerts.routing.storm import RULE
from crawler.store import Store
from tests.crawler.intake.test_calm import SYLLABLES, Room, make
from tests.crawler.store.makers import MINUTE, WordJudge, source
from tests.crawler.store.test_outbox_machine import migrated
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["make"]  # a fixture


def rules() -> WordJudge:
    return WordJudge(dict.fromkeys(("talks", "mines", "ships"), ("#news",)))


def about(word: str, number: int) -> str:
    """Return a title that has no word in common with another but one."""
    first, second = (f"{SYLLABLES[digit % 10]}{SYLLABLES[number * digit % 10]}{word[0]}{number}" for digit in (3, 7))
    return f"{first} {word} {second}"


async def until_over(room: Room) -> None:
    """Let the time of every storm pass."""
    for _ in range(3):
        room.clock.advance(11 * MINUTE)
        await room.ingest.release()


async def listed(room: Room) -> Counter[str]:
    """Return how often each story is listed on pages of storms."""
    found: Counter[str] = Counter()
    for one in await room.deliveries():
        if isinstance(one.content, Bulletin) and one.content.title.startswith("messages"):
            found.update(item.text for part in one.content.parts for item in part.items)
    return found


async def folded(room: Room) -> list[str]:
    return [one.alert.story.title for one in await room.deliveries() if one.state is State.FOLDED]


async def test_what_waited_before_a_storm_and_is_folded_later_shifts_no_page(make: Callable[..., Room]) -> None:
    room = make(rules())
    await room.add(source())
    await room.publish(*(about("mines", n) for n in range(4)))  # older than all that the storm lists at first
    await room.publish(*(about("talks", n) for n in range(RULE + 1)))
    await room.publish(*(about("mines", n) for n in range(4, RULE + 1)))
    await until_over(room)
    assert sorted((await listed(room)).elements()) == sorted(await folded(room))
    assert len(await folded(room)) == 2 * (RULE + 1)


Step = tuple[str, int, int]


def steps() -> st.SearchStrategy[list[Step]]:
    step = st.tuples(st.sampled_from(["talks", "mines", "ships", "send"]), st.integers(1, 12), st.integers(0, 400))
    return st.lists(step, min_size=3, max_size=7)


async def play(room: Room, moves: list[Step]) -> None:
    numbers = iter(range(10_000))
    await room.add(source())
    for what, number, seconds in moves:
        if what == "send":
            await room.send_all()
        else:
            await room.publish(*(about(what, next(numbers)) for _ in range(number)))
        room.clock.advance(timedelta(seconds=seconds))
        await room.ingest.release()
    await until_over(room)


async def play_in_a_new_store(moves: list[Step], empty: bytes) -> tuple[list[str], list[str]]:
    with TemporaryDirectory() as folder:
        path, clock = Path(folder) / "tocsin.db", FakeClock()
        path.write_bytes(empty)
        store = Store.open(f"sqlite:///{path}", clock=clock)
        try:
            room = Room(store, clock, rules())
            await play(room, moves)
            return sorted((await listed(room)).elements()), sorted(await folded(room))
        finally:
            await store.close()


@settings(max_examples=8)
@given(moves=steps())
def test_every_message_that_is_folded_is_listed_once(moves: list[Step]) -> None:
    on_pages, away = asyncio.run(play_in_a_new_store(moves, migrated()))
    assert on_pages == away
