from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.postgres import Server

WAYS = ["sqlite to postgresql", "postgresql to sqlite", "sqlite to sqlite"]


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Return from where to where a store is moved."""
    source, _, target = str(request.param).partition(" to ")
    return source, target


@pytest.fixture
def source_url(way: tuple[str, str], request: pytest.FixtureRequest) -> str:
    """Return an empty store."""
    return str(request.getfixturevalue("sqlite_url" if way[0] == "sqlite" else "postgres_url"))


@pytest.fixture
def target_url(way: tuple[str, str], request: pytest.FixtureRequest) -> str:
    """Return the address of a database in which nothing is."""
    return str(request.getfixturevalue("new_file" if way[1] == "sqlite" else "new_database"))


@pytest.fixture
def new_file(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/new/moved.db"


@pytest.fixture
def new_database(postgres: Server) -> Iterator[str]:
    name = postgres.make()
    yield postgres.url(name)
    postgres.drop(name)
