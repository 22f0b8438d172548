"""A limit on how long one look into the database may take, for others wait for the same connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.exc import DBAPIError

from alerts.errors import TooSlow

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

T = TypeVar("T")

_STEPS = 10_000  # of SQLite's machine between two looks at the time: some tenths of a millisecond
_CANCELLED = "57014"  # https://www.postgresql.org/docs/current/errcodes-appendix.html


def within(connection: Connection, work: Callable[[Connection], T], seconds: float, elapsed: Callable[[], float]) -> T:
    """Return what ``work`` reads; raises TooSlow when a statement is still at work after so many seconds.

    ``elapsed`` tells seconds, from anywhere on. SQLite is asked to stop by its progress handler
    (https://sqlite.org/c3ref/progress_handler.html), PostgreSQL stops by ``statement_timeout``, for this transaction.
    """
    limited = _by_postgres if connection.dialect.name == "postgresql" else _by_sqlite
    try:
        return limited(connection, work, seconds, elapsed)
    except DBAPIError as error:
        if not _was_stopped(error):
            raise
        raise TooSlow(f"That took too long: narrow it, with rarer words or a shorter time ({seconds:g} s)") from error


def _by_sqlite(
    connection: Connection, work: Callable[[Connection], T], seconds: float, elapsed: Callable[[], float]
) -> T:
    driven: Any = connection.connection.driver_connection
    until = elapsed() + seconds
    driven.set_progress_handler(lambda: elapsed() > until, _STEPS)
    try:
        return work(connection)
    finally:
        driven.set_progress_handler(None, 0)


def _by_postgres(connection: Connection, work: Callable[[Connection], T], seconds: float, _: Callable[[], float]) -> T:
    connection.exec_driver_sql(f"SET LOCAL statement_timeout = {round(seconds * 1000)}")
    return work(connection)


def _was_stopped(error: DBAPIError) -> bool:
    cause = error.orig
    return getattr(cause, "sqlite_errorname", "") == "SQLITE_INTERRUPT" or getattr(cause, "sqlstate", "") == _CANCELLED
