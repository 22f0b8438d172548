from __future__ import annotations

from itertools import count
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from alerts.errors import TooSlow
from crawler.store.patience import within

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from crawler.store import Store

LONG = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000) SELECT max(i) FROM n"
ENDLESS = "SELECT length(CAST(pg_sleep(60) AS text))"


def long_one(connection: Connection) -> int:
    return int(connection.scalar(text(ENDLESS if connection.dialect.name == "postgresql" else LONG)) or 0)


def limited(connection: Connection) -> int:
    """Let each look at the time be a second later; a server has a twentieth of one."""
    seconds = 0.05 if connection.dialect.name == "postgresql" else 5
    return within(connection, long_one, seconds, count().__next__)


async def test_a_statement_that_does_not_end_is_stopped_and_the_next_is_not(store: Store) -> None:
    for _ in range(2):
        with pytest.raises(TooSlow, match="took too long: narrow it"):
            await store.read(limited)
    if store.file is not None:
        assert await store.read(long_one) == 2_000_000
    assert await store.read(lambda connection: connection.scalar(text("SELECT 1"))) == 1


async def test_the_limit_of_one_look_is_not_that_of_the_next(store: Store) -> None:
    def shown(connection: Connection) -> Any:
        return connection.scalar(text("SHOW statement_timeout")) if store.file is None else "0"

    await store.read(lambda connection: within(connection, lambda _: None, 5, lambda: 0.0))
    assert await store.read(shown) == "0"


async def test_what_else_goes_wrong_stays_what_it_is(store: Store) -> None:
    def wrong(connection: Connection) -> None:
        connection.execute(text("SELECT * FROM nowhere"))

    with pytest.raises(DBAPIError, match="nowhere"):
        await store.read(lambda connection: within(connection, wrong, 5, lambda: 0.0))


class Postgres:
    """A connection that notes what it is told."""

    dialect = SimpleNamespace(name="postgresql")

    def __init__(self) -> None:
        self.told: list[str] = []

    def exec_driver_sql(self, statement: str) -> None:
        self.told.append(statement)


class Cancelled(Exception):
    sqlstate = "57014"


def test_postgres_is_told_the_limit_of_the_transaction() -> None:
    connection = Postgres()

    def work(_: Any) -> str:
        assert connection.told == ["SET LOCAL statement_timeout = 2500"]
        return "read"

    assert within(cast("Connection", connection), work, 2.5, lambda: 0.0) == "read"

    def cancelled(_: Any) -> None:
        raise DBAPIError("SELECT", None, Cancelled())

    with pytest.raises(TooSlow):
        within(cast("Connection", connection), cancelled, 2.5, lambda: 0.0)
