from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from crawler.store import Store
from tests.crawler.store.makers import Newsroom, WordJudge
from tests.fakes import FakeClock
from tests.postgres import Server, programs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator


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


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """Return a server of our own; skip where PostgreSQL is not installed."""
    found = programs()
    if found is None:
        pytest.skip("PostgreSQL is not installed")
    with TemporaryDirectory(prefix="tocsin-pg-") as folder, Server(found, Path(folder)) as server:
        yield server


@pytest.fixture(scope="session")
def empty_postgres(postgres: Server) -> str:
    """Return the name of an empty, migrated database."""
    name = postgres.make()
    asyncio.run(Store.open(postgres.url(name), clock=FakeClock()).close())
    return name


@pytest.fixture
def postgres_url(postgres: Server, empty_postgres: str) -> Iterator[str]:
    name = postgres.make(empty_postgres)
    yield postgres.url(name)
    postgres.drop(name)


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


@pytest.fixture(params=["sqlite", "sqlite-one-connection", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Return what the store is kept in; everything that uses it is the contract for every engine."""
    return str(request.param)


@pytest.fixture
def store_url(database: str, request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue("postgres_url" if database == "postgresql" else "sqlite_url"))


@pytest.fixture
def open_store(database: str, store_url: str, clock: FakeClock) -> Callable[[], Store]:
    """Open the same store again and again."""

    def opener() -> Store:
        store = Store.open(store_url, clock=clock)
        return one_connection(store) if database == "sqlite-one-connection" else store

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
