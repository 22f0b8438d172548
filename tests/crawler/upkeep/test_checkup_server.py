from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from crawler.clock import SystemClock
from crawler.store import server
from crawler.store.schema import HEAD
from crawler.upkeep.checkup import Level
from crawler.upkeep.checkup_server import programs
from crawler.upkeep.checkup_server import server as judged

if TYPE_CHECKING:
    from tests.postgres import Server

FINE = server.Server(
    version=150_004,
    encoding="UTF8",
    size=10_000_000,
    connections=100,
    way=timedelta(milliseconds=1),
    ahead=timedelta(milliseconds=-40),
    schema=HEAD,
    holder="connected from 10.0.0.5",
)


def wrong(found: server.Server) -> list[tuple[str, Level]]:
    return [(one.subject, one.level) for one in judged(found, "db/news") if one.level is not Level.OK]


def test_of_a_server_all_that_can_be_wrong_is_said() -> None:
    assert wrong(FINE) == []
    assert wrong(replace(FINE, version=140_011)) == [("postgresql", Level.FAIL)]
    assert wrong(replace(FINE, encoding="SQL_ASCII")) == [("encoding", Level.FAIL)]
    assert wrong(replace(FINE, schema=None)) == [("store", Level.WARN)]
    assert wrong(replace(FINE, way=timedelta(milliseconds=40))) == [("way", Level.WARN)]
    assert wrong(replace(FINE, ahead=timedelta(seconds=-3))) == [("server clock", Level.WARN)]
    assert wrong(replace(FINE, holder=None)) == [("daemon", Level.WARN)]


def test_without_the_programs_there_are_no_copies() -> None:
    assert programs([]).level is Level.OK
    found = programs(["pg_dump"])
    assert (found.level, "pg_dump" in found.text) == (Level.WARN, True)


def test_a_server_is_asked_also_where_there_is_no_store_yet(postgres: Server) -> None:
    name = postgres.make()
    found = server.look(postgres.url(name), SystemClock().now)
    assert (found.schema, found.holder, found.encoding) == (None, None, "UTF8")
    assert found.version >= 150_000
    assert timedelta(0) < found.way
    postgres.drop(name)
