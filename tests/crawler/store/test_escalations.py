from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import create_engine

from crawler.store import escalations
from tests.crawler.engines import sqlite_only

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from crawler.store import Store


def test_nobody_is_asked_when_nothing_is_watched() -> None:
    connection = create_engine("sqlite://").connect()
    connection.close()
    assert escalations.channels_of(connection, []) == {}


@sqlite_only
async def test_only_what_came_since_the_oldest_watched_message_is_looked_at(store: Store) -> None:
    def steps(connection: Connection) -> list[str]:
        flags = {"literal_binds": True}
        text = escalations._TOLD.params(oldest="0").compile(dialect=connection.dialect, compile_kwargs=flags)
        return [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}".replace("%%", "%"))]

    found = await store._reader.run(steps)
    assert [step.split("(")[1] for step in found] == ["key>?)", "key=?)"]
