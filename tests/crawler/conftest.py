from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING

import pytest

from crawler.store import Store
from tests.crawler.store.makers import Newsroom, WordJudge
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty, migrated database: to copy it is quicker than to migrate anew for each test."""
    path = tmp_path_factory.mktemp("template") / "tocsin.db"
    asyncio.run(Store.open(f"sqlite:///{path}", clock=FakeClock()).close())
    return path


@pytest.fixture
def sqlite_url(empty_sqlite: Path, tmp_path: Path) -> str:
    path = tmp_path / "tocsin.db"
    shutil.copy(empty_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def one_connection(store: Store) -> Store:
    """Make a store work as it does where the SQLite library cannot bear two connections."""
    assert store._writer is not None
    if store._reader is not store._writer:
        store._reader.close()
        store._reader = store._writer
    return store


@pytest.fixture(params=["sqlite", "sqlite-one-connection"])
def open_store(request: pytest.FixtureRequest, clock: FakeClock) -> Callable[[], Store]:
    """Open the same store again and again; everything that uses this is the contract for every engine."""
    url = request.getfixturevalue("sqlite_url")

    def opener() -> Store:
        store = Store.open(url, clock=clock)
        return one_connection(store) if request.param == "sqlite-one-connection" else store

    return opener


@pytest.fixture
async def store(open_store: Callable[[], Store]) -> AsyncIterator[Store]:
    store = open_store()
    yield store
    await store.close()


@pytest.fixture
def judge() -> WordJudge:
    return WordJudge({"talks": ("#news",), "RARE": ("#news", "#minerals")})


@pytest.fixture
def newsroom(store: Store, judge: WordJudge, clock: FakeClock) -> Newsroom:
    return Newsroom(store, judge, clock)
