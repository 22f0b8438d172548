from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from crawler.store import crew
from crawler.store.crew import SHOWN, SILENT, ranges
from crawler.store.shared import Member
from tests.crawler.store.makers import source
from tests.fakes import NOON

if TYPE_CHECKING:
    from typing import Any

    from crawler.store import Store

LENGTH = timedelta(minutes=5)


def member(name: str = "one", **changes: Any) -> Member:
    values: dict[str, Any] = {"place": f"{name}:17", "roles": ("crawl",), "release": "1", "started": NOON, "beat": NOON}
    return Member(id=name, **(values | changes))


async def test_where_no_worker_works_there_is_no_crew(store: Store) -> None:
    assert await store.read(partial(crew.look, now=NOON)) is None
    await store.shared.join(member())
    await store.shared.beat(member(ended=NOON))
    assert await store.read(partial(crew.look, now=NOON)) is None


async def test_it_is_seen_who_has_what_and_what_waits(store: Store) -> None:
    await store.sync_sources([source("bbc"), source("nhk")], NOON)
    shards = await store.shared.waiting_shards(NOON)
    await store.shared.join(member())
    await store.shared.take("lead", "one", LENGTH, NOON)
    await store.shared.take(f"shard:{shards[0]}", "one", LENGTH, NOON)
    found = await store.read(partial(crew.look, now=NOON))
    assert found is not None
    (hand,) = found.hands
    assert (hand.posts, hand.shards, hand.is_dead) == (("lead",), (shards[0],), False)
    assert (found.due, found.waiting, found.oldest) == (2, (shards[1],), NOON)


async def test_who_gives_no_sign_of_life_is_taken_to_be_dead_and_forgotten_after_an_hour(store: Store) -> None:
    await store.shared.join(member())
    late = await store.read(partial(crew.look, now=NOON + SILENT + timedelta(seconds=1)))
    assert late is not None
    assert [one.is_dead for one in late.hands] == [True]
    assert await store.read(partial(crew.look, now=NOON + SHOWN)) is None


@pytest.mark.parametrize(
    ("shards", "said"), [((), ""), ((3,), "3"), ((1, 2, 3, 7), "1-3, 7"), ((9, 8, 0), "0, 8-9"), ((4, 6), "4, 6")]
)
def test_numbers_are_written_as_people_do(shards: tuple[int, ...], said: str) -> None:
    assert ranges(shards) == said
