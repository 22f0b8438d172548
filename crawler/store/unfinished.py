"""The mark in a database that a store is being copied to: until the copy is whole, nobody may work on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Boolean, Column, MetaData, Table, Text, delete, insert, inspect, select, update

from alerts.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy import Connection

# No migration makes it: it is there from the first row that is copied until the first program that works on the copy.
_mark = Table("moving", MetaData(), Column("source", Text, nullable=False), Column("whole", Boolean, nullable=False))


class Mark(NamedTuple):
    """From where a database is copied, and whether all of it is there."""

    source: str
    whole: bool


def read(connection: Connection) -> Mark | None:
    """Return the mark of a database; None where nobody copies to it."""
    if not inspect(connection).has_table(_mark.name):
        return None
    row = connection.execute(select(_mark)).one()
    return Mark(row.source, row.whole)


def begin(connection: Connection, source: str) -> None:
    """Mark a database as one that a copy of ``source`` is being made in."""
    _mark.create(connection, checkfirst=True)
    connection.execute(delete(_mark))
    connection.execute(insert(_mark).values(source=source, whole=False))


def finish(connection: Connection) -> None:
    """Note that the copy is whole."""
    connection.execute(update(_mark).values(whole=True))


def heed(connection: Connection) -> None:
    """Raise StoreError in an unfinished copy; let go of the mark of a whole one, if this connection may write."""
    found = read(connection)
    if found is None:
        return
    if not found.whole:
        raise StoreError(
            f"this is an unfinished copy of {found.source}: run the same `tocsin migrate --to …` again, which goes on "
            f"where it stopped, or go on with `store:` as it was"
        )
    if _writes(connection):
        _mark.drop(connection)


def _writes(connection: Connection) -> bool:
    if connection.dialect.name == "postgresql":
        return bool(connection.exec_driver_sql("SHOW transaction_read_only").scalar_one() == "off")
    return not connection.exec_driver_sql("PRAGMA query_only").scalar_one()
