"""What a database keeps beside its rows, taken down while many are written: indexes, references, numbers to come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, ForeignKeyConstraint, func, inspect, literal, select
from sqlalchemy.schema import AddConstraint, DropConstraint

from alerts.errors import StoreError
from crawler.store import search
from crawler.store.fulltext import WORDS, story_search
from crawler.store.schema import metadata

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, Table

    Work = Callable[[Connection], object]


def loosen(connection: Connection, *, anew: bool) -> None:
    """Take down what would refuse rows that come in another order than they were written; ``anew``: all indexes.

    Into an empty database rows go far faster without its indexes. SQLite's references are not checked on a
    connection that says so.
    """
    found = inspect(connection)
    is_postgres = connection.dialect.name == "postgresql"
    for table in metadata.sorted_tables:
        there = _indexes(connection, table)
        for index in table.indexes:
            if index.name in there and (anew or index.unique):
                index.drop(connection)
        if is_postgres:
            kept = {one["name"] for one in found.get_foreign_keys(table.name)}
            for key in table.foreign_key_constraints:
                if key.name in kept:
                    connection.execute(DropConstraint(key))
    if anew and is_postgres:
        connection.exec_driver_sql(f"DROP INDEX IF EXISTS {WORDS}")


def missing(connection: Connection) -> Iterator[tuple[str, Work]]:
    """Yield what is to be made again, each with its name, in an order that works; each can be a transaction."""
    is_postgres = connection.dialect.name == "postgresql"
    for table in metadata.sorted_tables:
        there = _indexes(connection, table)
        for index in sorted(table.indexes, key=lambda one: str(one.name)):
            if index.name not in there:
                yield f"index {index.name}", index.create
    if not is_postgres:
        return
    if WORDS not in _indexes(connection, story_search):
        yield f"index {WORDS}", search.create
    for table in metadata.sorted_tables:
        kept = {one["name"] for one in inspect(connection).get_foreign_keys(table.name)}
        for key in sorted(table.foreign_key_constraints, key=lambda one: str(one.name)):
            if key.name not in kept:
                yield f"reference {key.name}", _adding(key)
    yield "numbers to come", _count_on
    yield "statistics", _analyze


def size(connection: Connection) -> int:
    """Return how many bytes a database has."""
    if connection.dialect.name == "postgresql":
        return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    return int(pages * connection.exec_driver_sql("PRAGMA page_size").scalar_one())


def require_references(connection: Connection) -> None:
    """Raise StoreError where a row refers to one that is not there; PostgreSQL has looked by itself."""
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise StoreError(f"a row of {broken[0]} refers to one of {broken[2]} that is not there")


def _adding(key: ForeignKeyConstraint) -> Work:
    return lambda connection: connection.execute(AddConstraint(key))


def _analyze(connection: Connection) -> None:
    connection.exec_driver_sql("ANALYZE")  # or the server would plan as if the tables were empty


def _count_on(connection: Connection) -> None:
    """Let PostgreSQL number new rows after those there are."""
    for table in metadata.sorted_tables:
        column = table.autoincrement_column
        if column is None:
            continue
        sequence = connection.scalar(select(func.pg_get_serial_sequence(table.name, column.name)))
        if sequence is not None:
            last = connection.scalar(select(func.max(column)))
            connection.execute(select(func.setval(sequence, literal(last or 1, BigInteger), last is not None)))


def _indexes(connection: Connection, table: Table) -> set[str | None]:
    return {one["name"] for one in inspect(connection).get_indexes(table.name)}
