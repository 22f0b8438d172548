from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.store import Store
from crawler.store.holder import holder

if TYPE_CHECKING:
    from tests.fakes import FakeClock


async def test_it_is_known_who_has_a_store(store_url: str, clock: FakeClock) -> None:
    store = Store.open(store_url, clock=clock)
    beside = Store.open(store_url, clock=clock, exclusive=False)
    held = await holder(beside)
    assert held
    assert "since 20" in held
    await store.close()
    assert await holder(beside) is None
    await beside.close()
