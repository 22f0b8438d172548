"""How much room a database takes, and how it gives back what it no longer needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection


def taken(connection: Connection) -> tuple[int, int]:
    """Return how many bytes hold something, without SQLite's WAL, and how many are kept for what comes next."""
    if connection.dialect.name == "postgresql":
        return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one()), 0
    pages, size, free = (_asked(connection, name) for name in ("page_count", "page_size", "freelist_count"))
    return (pages - free) * size, free * size


def give_back(connection: Connection, pages: int) -> bool:
    """Give up to so many free pages back to the disk, and say whether there are more; PostgreSQL sees to it itself."""
    if connection.dialect.name == "postgresql":
        return False
    cursor = connection.connection.cursor()  # SQLAlchemy takes a statement without columns for one that is done
    cursor.execute(f"PRAGMA incremental_vacuum({pages})")
    cursor.fetchall()  # it frees a page for each step
    cursor.close()
    return _asked(connection, "freelist_count") > 0


def _asked(connection: Connection, name: str) -> int:
    return int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
