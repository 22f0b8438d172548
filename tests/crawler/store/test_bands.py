from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from crawler.store.kinship import band
from tests.crawler.store.makers import MINUTE, Newsroom, WordJudge, entry, source

if TYPE_CHECKING:
    from crawler.store import Store
    from tests.fakes import FakeClock

# Signatures are made of long texts only.
AGROUND, BEETLE = (" ".join(f"{word}{n}" for n in range(400)) + "." for word in ("aground", "beetle"))


async def test_an_edit_that_is_taken_back_after_a_restore_hinders_nothing(store: Store, clock: FakeClock) -> None:
    """The copy had the bands of the first text; what is carried over to it adds those of the second."""
    room = Newsroom(store, WordJudge({"fire": ("#news",)}), clock)
    await room.add(source())
    await room.visit("bbc", entry("a", "One", AGROUND))
    of_copy = [
        dict(row._mapping) for row in await store.read(lambda connection: connection.execute(select(band)).all())
    ]
    assert of_copy
    await room.visit("bbc", entry("a", "One", BEETLE))
    await store._write(lambda connection: connection.execute(insert(band), of_copy))
    clock.advance(MINUTE)
    await room.visit("bbc", entry("a", "One", AGROUND), entry("n", "a fire", "Walls fell."))
    assert [title for _, title, _ in await room.told()] == ["a fire"]
