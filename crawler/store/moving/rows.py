"""Rows of a table as plain values, the same from SQLite and from PostgreSQL, read in the order of their keys."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    Boolean,
    Integer,
    LargeBinary,
    Text,
    and_,
    bindparam,
    cast,
    collate,
    delete,
    func,
    insert,
    null,
    select,
    tuple_,
    type_coerce,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import NullType

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Column, ColumnElement, Connection, Select, Table

    from crawler.store.moving.walk import Key, Row

_WIDE, _NARROW = 1_000, 10_000  # rows of a page: with texts, and without
_PLAIN = NullType()  # values go in and out as the driver has them
_LONE = re.compile("[\x00\ud800-\udfff]")  # NUL, and halves of characters: bytes that are no UTF-8 are read as such
_SIGN, _SIGN_IN_KEY = "\ufffd", "\x01"  # the second keeps the order of keys
LEASES = frozenset({"lease_until"})  # columns that are empty in a copy: who held them works on the other store


class Shape:
    """How a table's rows are read and written."""

    def __init__(self, table: Table, page: int | None = None) -> None:
        """``page`` is how many rows are read at a time; None: by what the table holds."""
        self.table = table
        self.page = page or (
            _WIDE if any(isinstance(one.type, Text | JSON | LargeBinary) for one in table.c) else _NARROW
        )
        self._keys = [position for position, one in enumerate(table.c) if one.primary_key]
        self._texts = [position for position, one in enumerate(table.c) if isinstance(one.type, Text)]

    def key(self, row: Row) -> Key:
        """Return the primary key of a row."""
        return tuple([row[position] for position in self._keys])

    def count(self, connection: Connection) -> int:
        """Return how many rows there are."""
        return connection.scalar(select(func.count()).select_from(self.table)) or 0

    def pages(self, connection: Connection, *, copied: bool = False) -> Iterator[list[Row]]:
        """Yield all rows; ``copied`` as a copy is to have them, without leases.

        SQLite seeks each page by its key. PostgreSQL may hold texts in another order than that of their code points,
        so a cursor of its own sorts them once.
        """
        chosen = select(*(self._read(one, connection.dialect.name, copied) for one in self.table.c))
        if connection.dialect.name == "postgresql":
            return self._streamed(connection, chosen)
        return self._sought(connection, chosen, copied)

    def put(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Write rows that are not there."""
        if connection.dialect.name == "postgresql":
            self._copy_in(connection, rows)
        else:
            connection.exec_driver_sql(str(insert(self.table).compile(dialect=connection.dialect)), list(rows))

    def drop(self, connection: Connection, keys: Sequence[Key]) -> None:
        """Delete rows by their keys."""
        columns = list(self.table.primary_key)
        meant = [
            type_coerce(column, _PLAIN) == bindparam(f"k{number}", type_=_PLAIN)
            for number, column in enumerate(columns)
        ]
        statement = delete(self.table).where(and_(*meant))
        connection.execute(statement, [{f"k{number}": value for number, value in enumerate(key)} for key in keys])

    def cleaned(self, page: list[Row], found: Counter[str], *, nul: bool) -> list[Row]:
        """Put a sign in the place of what the other database cannot keep in a text, and count it by column.

        PostgreSQL takes no ``nul``, neither takes bytes that are no UTF-8.
        """
        return [self._cleaned(row, found, nul) if self._is_dirty(row, nul) else row for row in page]

    def _is_dirty(self, row: Row, nul: bool) -> bool:
        for position in self._texts:
            text = row[position]
            if text and ((nul and "\0" in text) or (not text.isascii() and _is_torn(text))):
                return True
        return False

    def _cleaned(self, row: Row, found: Counter[str], nul: bool) -> Row:
        values = list(row)
        for position in self._texts:
            sign = _SIGN_IN_KEY if position in self._keys else _SIGN
            text = values[position] or ""
            clean, number = _LONE.subn(lambda match, s=sign: match[0] if match[0] == "\0" and not nul else s, text)
            if number and clean != text:
                values[position] = clean
                found[f"{self.table.name}.{self._names[position]}"] += number
        return tuple(values)

    @cached_property
    def _names(self) -> list[str]:
        return [column.name for column in self.table.c]

    def _read(self, column: Column[Any], dialect: str, copied: bool) -> ColumnElement[Any]:
        if copied and column.name in LEASES:
            return null()
        if dialect == "postgresql" and isinstance(column.type, JSON):
            return cast(column, Text)
        if dialect == "postgresql" and isinstance(column.type, Boolean):
            return cast(column, Integer)
        return type_coerce(column, _PLAIN)

    def _streamed(self, connection: Connection, chosen: Select[Any]) -> Iterator[list[Row]]:
        order = [collate(one, "C") if isinstance(one.type, Text) else one for one in self.table.primary_key]
        options = {"stream_results": True, "yield_per": self.page}
        with connection.execute(chosen.order_by(*order), execution_options=options) as result:
            for page in result.partitions():
                yield [tuple(row) for row in page]

    def _sought(self, connection: Connection, chosen: Select[Any], copied: bool) -> Iterator[list[Row]]:
        columns = list(self.table.primary_key)
        chosen = chosen.order_by(*columns).limit(self.page)
        plain = [type_coerce(one, _PLAIN) for one in columns]
        names = [bindparam(f"k{number}", type_=_PLAIN) for number in range(len(columns))]
        later = chosen.where(tuple_(*plain) > tuple_(*names))
        page = _whole(connection, chosen, {})
        while page:
            if not copied:
                connection.rollback()  # others write between two pages
            yield page
            if len(page) < self.page:
                return
            last = {f"k{number}": value for number, value in enumerate(self.key(page[-1]))}
            page = _whole(connection, later, last)
        if not copied:
            connection.rollback()

    def _copy_in(self, connection: Connection, rows: Sequence[Row]) -> None:
        quoted = connection.dialect.identifier_preparer
        names = ", ".join(quoted.quote(name) for name in self._names)
        driver: Any = connection.connection.dbapi_connection
        with (
            driver.cursor() as cursor,
            cursor.copy(f"COPY {quoted.format_table(self.table)} ({names}) FROM STDIN") as to,
        ):
            for row in rows:
                to.write_row(row)


def _whole(connection: Connection, chosen: Select[Any], values: dict[str, Any]) -> list[Row]:
    """Return the rows of a page; bytes that are no UTF-8 as halves of characters."""
    try:
        return [tuple(row) for row in connection.execute(chosen, values)]
    except DBAPIError as error:
        if "decode to UTF-8" not in str(error.orig):
            raise
    driver: Any = connection.connection.dbapi_connection
    driver.text_factory = _torn
    try:
        return [tuple(row) for row in connection.execute(chosen, values)]
    finally:
        driver.text_factory = str


def _torn(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _is_torn(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
