from __future__ import annotations

import asyncio
from threading import current_thread
from typing import TYPE_CHECKING

import pytest

from crawler.console.pages_stories import EVERYTHING
from crawler.store.browse import Browse
from crawler.store.search import Search
from tests.crawler.engines import sqlite_only
from tests.fakes import NOON

if TYPE_CHECKING:
    from crawler.store import Store

EVERY = Search(query=EVERYTHING, limit=1)


@sqlite_only  # PostgreSQL looks at the time itself
async def test_searches_and_pages_have_threads_of_their_own(store: Store) -> None:
    if store.more_readers() is None:
        pytest.skip("all take turns on one connection here")
    looked: set[str] = set()

    def elapsed() -> float:
        looked.add(current_thread().name.rpartition("_")[0])
        return 0.0

    browse = Browse.beside(store, elapsed=elapsed)
    try:
        await browse.search(EVERY)
        assert looked == {"store-search"}
        await browse.gauge(NOON)
        assert looked == {"store-search", "store-console"}
    finally:
        browse.close()


async def test_pages_are_read_on_a_thread_of_their_own(store: Store) -> None:
    if store.more_readers() is None:
        pytest.skip("all take turns on one connection here")
    browse = Browse.beside(store)
    try:
        assert (await browse.ask(lambda _: current_thread().name)).startswith("store-console")
    finally:
        browse.close()


async def test_no_page_waits_for_a_search(store: Store) -> None:
    begun = asyncio.Event()

    async def never(work: object) -> None:
        del work
        begun.set()
        await asyncio.Event().wait()

    browse = Browse(store.read, search=never)  # type: ignore[arg-type]  # it returns nothing, as it never does
    searching = asyncio.create_task(browse.search(EVERY))
    await begun.wait()
    assert await browse.sources(NOON) == []
    searching.cancel()
