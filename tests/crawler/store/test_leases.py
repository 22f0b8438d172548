from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from crawler.store.shared import fence
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from crawler.store import Store

LENGTH = timedelta(minutes=5)
OVER = timedelta(0)  # ends as it begins: a server goes by its own clock, which no test sets


async def test_what_one_has_no_other_gets(store: Store) -> None:
    shared = store.shared
    assert await shared.take("lead", "one", LENGTH, NOON) == 1
    assert await shared.take("lead", "two", LENGTH, NOON) is None
    assert await shared.take("deliver", "two", LENGTH, NOON) == 1


async def test_it_is_another_s_when_it_ends(store: Store) -> None:
    shared = store.shared
    await shared.take("lead", "one", OVER, NOON)
    assert await shared.take("lead", "two", LENGTH, NOON) == 2


async def test_it_is_another_s_when_it_is_given_back(store: Store) -> None:
    shared = store.shared
    await shared.take("lead", "one", LENGTH, NOON)
    await shared.give(["lead"], "two")
    assert await shared.take("lead", "two", LENGTH, NOON) is None
    await shared.give(["lead"], "one")
    assert await shared.take("lead", "two", LENGTH, NOON) == 2


async def test_all_that_somebody_has_is_kept_at_once(store: Store) -> None:
    shared = store.shared
    await shared.take("lead", "one", OVER, NOON)
    await shared.take("deliver", "one", OVER, NOON)
    await shared.take("shard:7", "two", OVER, NOON)
    assert await shared.keep(["lead", "deliver", "shard:7"], "one", LENGTH, NOON) == {"lead": 1, "deliver": 1}
    assert [(one.name, one.holder) for one in await shared.held(NOON)] == [("deliver", "one"), ("lead", "one")]


async def test_what_another_has_by_now_is_not_kept(store: Store) -> None:
    shared = store.shared
    await shared.take("lead", "one", OVER, NOON)
    await shared.take("lead", "two", LENGTH, NOON)
    assert await shared.keep(["lead"], "one", LENGTH, NOON) == {}
    assert [one.holder for one in await shared.held(NOON)] == ["two"]


async def test_a_fence_lets_through_who_has_it_still(store: Store) -> None:
    token = await store.shared.take("deliver", "one", LENGTH, NOON)
    clock = FakeClock()
    assert await store.read(fence("deliver", "one", lambda: token, clock))
    assert not await store.read(fence("deliver", "one", lambda: None, clock))
    assert not await store.read(fence("deliver", "two", lambda: token, clock))


async def test_a_fence_stops_who_had_it_once(store: Store) -> None:
    token = await store.shared.take("deliver", "one", OVER, NOON)
    await store.shared.take("deliver", "two", OVER, NOON)
    await store.shared.take("deliver", "one", LENGTH, NOON)
    assert not await store.read(fence("deliver", "one", lambda: token, FakeClock()))


async def test_what_somebody_does_not_know_of_ends_by_itself(store: Store) -> None:
    await store.shared.take("lead", "one", OVER, NOON)
    assert await store.shared.keep(["deliver"], "one", LENGTH, NOON) == {}
    assert await store.shared.take("lead", "two", LENGTH, NOON) == 2
