"""What can be asked of a PostgreSQL server about itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from crawler.store import holder, migrate, postgres
from crawler.store.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

_WAYS = 5  # that are timed


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """What was found out about a server and the database on it."""

    version: int  # such as 150004
    encoding: str
    size: int  # bytes
    connections: int  # that it takes, of everybody
    way: timedelta  # there and back, half the time
    ahead: timedelta  # its clock of ours
    schema: str | None  # of the store in it; None: there is none yet
    holder: str | None  # who has it; None: nobody


def look(url: str, now: Callable[[], datetime]) -> Server:
    """Ask a server about itself and a database, with ``now`` for the time here; raises StoreError."""
    address = postgres.locate(url)
    worker = Worker(postgres.reader(address), postgres.spelled(address), "store-doctor")
    try:
        return worker.run_now(lambda connection: _asked(connection, now))
    finally:
        worker.close()


def _asked(connection: Connection, now: Callable[[], datetime]) -> Server:
    ways = []
    for _ in range(_WAYS):
        left = now()
        there = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
        back = now()
        ways.append((back - left, there.astimezone(UTC) - (left + (back - left) / 2)))
    facts = connection.exec_driver_sql(
        "SELECT current_setting('server_version_num')::int, pg_encoding_to_char(encoding), "
        "pg_database_size(datname), current_setting('max_connections')::int "
        "FROM pg_database WHERE datname = current_database()"
    ).one()
    return Server(
        version=facts[0],
        encoding=facts[1],
        size=facts[2],
        connections=facts[3],
        way=sorted(ways)[_WAYS // 2][0],
        ahead=min(ways)[1],
        schema=migrate.revision(connection),
        holder=holder.on_server(connection),
    )
