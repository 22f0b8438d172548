"""Opens a store, whatever database it is: to have it, to read it, or to change it beside the one that has it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from alerts.errors import StoreError
from crawler.store import backup, engine, heard, migrate, pages, postgres, visits
from crawler.store.lock import DataLock
from crawler.store.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection

Opened = tuple[Worker, Worker, DataLock | None]  # the reader, the writer, and what keeps a second daemon off


def to_have(url: str, now: datetime) -> Opened:
    """Open a store for the one daemon that may have it: it is made or migrated as needed.

    Every lease of the last daemon is taken back. Raises StoreError, which says what to do.
    """
    if postgres.is_meant(url):
        address = postgres.locate(url)
        writer = Worker(postgres.writer(address), postgres.spelled(address), "store-writer")
        _prepare(writer, postgres.require_supported, migrate.upgrade, visits.free_all, pages.free_all)
        return Worker(postgres.reader(address), postgres.spelled(address), "store-reader"), writer, None
    path = engine.locate(url)
    engine.require_supported()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{path.parent} cannot be made: {error.strerror}; name another `store:`") from error
    lock = DataLock(path, now)
    writer = Worker(engine.writer(path), path, "store-writer")
    copied = partial(_copy_before_migration, path)
    _prepare(writer, copied, migrate.upgrade, visits.free_all, pages.free_all, lock=lock)
    # Where the library cannot bear two connections at work on one WAL, reads share the writer's.
    safe = engine.wal_reset_is_safe(engine.version())
    return (Worker(engine.reader(path), path, "store-reader") if safe else writer), writer, lock


def to_share(url: str, prepare: Callable[[Any], None]) -> tuple[Worker, Worker, Worker]:
    """Open a store for one of several workers that have it together: it is made or migrated as needed.

    ``prepare`` makes further tables, on a connection of the driver. Returns the reader, the writer, and one for what
    need not wait for the writer's turn. Raises StoreError.
    """
    if not postgres.is_meant(url):
        raise StoreError(f"{url} is a file, which one process has: workers share a PostgreSQL database")
    address, place = postgres.locate(url), postgres.spelled(postgres.locate(url))
    writer = Worker(postgres.member(address), place, "store-writer")
    further = partial(_further, prepare)
    _prepare(writer, postgres.require_supported, migrate.upgrade, further)
    return (
        Worker(postgres.reader(address), place, "store-reader"),
        writer,
        Worker(postgres.unordered(address), place, "store-shared"),
    )


def to_read(url: str, patience: float = engine.BUSY_TIMEOUT) -> Worker:
    """Open a store that is there, to read it beside a daemon or not; ``patience`` for its lock is in seconds."""
    if postgres.is_meant(url):
        address = postgres.locate(url)
        reader = Worker(postgres.reader(address), postgres.spelled(address), "store-reader")
    else:
        path = _there(url)
        engine.require_supported()
        reader = Worker(engine.reader(path, patience), path, "store-reader")
    _prepare(reader, migrate.require_head)
    return reader


def beside(
    url: str, now: datetime, patience: float, library: engine.Version | None = None
) -> tuple[Worker, DataLock | None]:
    """Open a store for changes of a moment, whether a daemon runs or not.

    Where the SQLite ``library``, by default the one in use, cannot bear two connections at work on one WAL, no
    daemon may run. Raises StoreError, which says what to do.
    """
    if postgres.is_meant(url):
        address = postgres.locate(url)
        writer = Worker(postgres.guest(address), postgres.spelled(address), "store-guest")
        _prepare(writer, migrate.require_head)
        return writer, None
    path = _there(url)
    lock = None if engine.wal_reset_is_safe(library or engine.version()) else _lock(path, now)
    writer = Worker(engine.guest(path, patience), path, "store-guest")
    _prepare(writer, migrate.require_head, lock=lock)
    return writer, lock


def others_wrote(connection: Connection) -> int:
    """Return a number that changes whenever another process has written, or has deliveries changed."""
    if connection.dialect.name == "postgresql":
        return heard.others_wrote(connection)
    return engine.others_wrote(connection)


def _further(prepare: Callable[[Any], None], connection: Connection) -> None:
    prepare(connection.connection.driver_connection)


def _copy_before_migration(path: Path, connection: Connection) -> None:
    backup.before_migration(path, migrate.revision(connection))


def _there(url: str) -> Path:
    path = engine.locate(url)
    if not path.exists():
        raise StoreError(f"there is no store at {path} yet: `tocsin run` or `tocsin once` makes it")
    return path


def _prepare(worker: Worker, *steps: Callable[[Connection], None], lock: DataLock | None = None) -> None:
    try:
        for step in steps:
            worker.run_now(step)
    except BaseException:
        worker.close()
        if lock:
            lock.release()
        raise


def _lock(path: Path, now: datetime) -> DataLock:
    try:
        return DataLock(path, now)
    except StoreError as error:
        way_out = f"{engine.library()} may damage a database that two programs write: stop the daemon for this"
        raise StoreError(f"{way_out}, or install pysqlite3 ({error})") from error
