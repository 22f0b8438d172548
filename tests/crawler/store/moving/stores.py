"""Stores to be moved: one with rows in every table there is, and what of two stores must be the same."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, BigInteger, Boolean, Float, Integer, LargeBinary, insert, inspect, select

from crawler.store import engine, months, postgres
from crawler.store.base import Instant, from_ms
from crawler.store.moving.move import LEFT, carried
from crawler.store.schema import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Column, Connection, Engine

AWKWARD = "tab\there, \\backslash\\n, \"quotes\", '—', 鉱物, \N{GRINNING FACE}, \\N, line\nend\r\n"


def opened(url: str) -> Engine:
    return postgres.guest(postgres.locate(url)) if postgres.is_meant(url) else engine.guest(engine.locate(url), 5)


def fill(url: str, rows: int = 3) -> None:
    """Write rows into every table; those that have leases have taken ones."""
    with closing(opened(url).connect()) as connection, connection.begin():
        for table in metadata.sorted_tables:
            made = [{one.name: value(one, number) for one in table.c} for number in range(1, rows + 1)]
            connection.execute(insert(table), made)


def value(column: Column[Any], number: int) -> Any:
    """Return what stands in a column: another thing for each number, and of a reference what is there."""
    if column.foreign_keys:
        return value(next(iter(column.foreign_keys)).column, number)
    if column.nullable and not column.primary_key and number % 3 == 0 and not isinstance(column.type, JSON):
        return None
    kinds: dict[type, Any] = {
        Instant: from_ms(1_790_000_000_000 + number),
        Boolean: bool(number % 2),
        Float: number / 3,
        JSON: [number, AWKWARD, {"nul": "\0", "half": "\ud800"}, None, 1.5],
        LargeBinary: bytes([number % 256, number // 256, 0, 255, 92, 10]),
        Integer: number,
        BigInteger: number if column.primary_key else (1 << 62) + number,
    }
    return next(
        (made for kind, made in kinds.items() if isinstance(column.type, kind)), f"{column.name} {number} {AWKWARD}"
    )


def contents(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return all that is carried over, as the program reads it."""
    with closing(opened(url).connect()) as connection, connection.begin():
        return {table.name: sorted(rows(connection, table.name), key=repr) for table in carried()}


def rows(connection: Connection, name: str) -> Iterator[tuple[Any, ...]]:
    table = metadata.tables[name]
    chosen = [one for one in table.c if one.name != "lease_until"]
    return (tuple(row) for row in connection.execute(select(*chosen)))


def frame(url: str) -> dict[str, Any]:
    """Return which indexes and references there are."""
    with closing(opened(url).connect()) as connection:
        found = inspect(connection)
        return {
            name: (
                sorted(
                    (one["name"] or "", tuple(one["column_names"]), one["unique"]) for one in found.get_indexes(name)
                ),
                sorted((one["name"] or "", str(one["options"])) for one in found.get_foreign_keys(name)),
            )
            for name in metadata.tables
        }


def tables(url: str) -> set[str]:
    with closing(opened(url).connect()) as connection:
        return {name for name in inspect(connection).get_table_names() if not months.is_part(name)}


LEFT_NAMES = {table.name for table in LEFT}
