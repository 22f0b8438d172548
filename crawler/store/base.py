"""What all tables are made of: their metadata, and how moments and row ids are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Integer, MetaData, TypeDecorator, text
from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from sqlalchemy import Connection, Dialect, Table

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def to_ms(moment: datetime) -> int:
    """Return an aware moment as milliseconds since 1970, rounded down."""
    return (moment - EPOCH) // MILLISECOND


def from_ms(value: int) -> datetime:
    """Return the aware moment, in UTC, of milliseconds since 1970."""
    return EPOCH + value * MILLISECOND


class Instant(TypeDecorator[datetime]):
    """An aware moment, kept as integer milliseconds since 1970 in UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> int | None:
        """Convert on the way in."""
        return None if value is None else to_ms(value)

    def process_result_value(self, value: int | None, _dialect: Dialect) -> datetime | None:
        """Convert on the way out."""
        return None if value is None else from_ms(value)


def insert_or(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT that can say what to do on a conflict, in the words of the database."""
    return (sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert)(table)


metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "fk": "%(table_name)s_%(column_0_name)s_fk",
        "uq": "%(table_name)s_%(column_0_name)s_uq",
        "ix": "%(table_name)s_%(column_0_name)s",
    }
)


def only(condition: str) -> dict[str, Any]:
    """Return what makes an index one of those rows alone for which a condition holds."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


Row = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only an INTEGER primary key
