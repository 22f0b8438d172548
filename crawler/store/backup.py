"""Copies of the database: made while others write, verified, and put back."""

from __future__ import annotations

import os
import shutil
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from alerts.errors import StoreError
from crawler.store import carrying, deliveries, doubled, engine, migrate
from crawler.store.schema import HEAD
from crawler.store.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection

T = TypeVar("T")

_COUNTED = ("source", "story", "seen", "verdict", "outbox")
_NEWEST = ("SELECT max(id) FROM story", "SELECT max(key) FROM outbox", "SELECT max(id) FROM poll_log")
_SPARE = 32_000_000  # bytes that a copy leaves free: it must not be what fills the disk
_STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """A copy that was verified."""

    path: Path
    size: int  # bytes
    schema: str
    counts: Mapping[str, int]  # rows, by table


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What putting a copy back did."""

    copy: Copied
    aside: Path | None  # where the replaced database is now; None: there was none
    carried: Mapping[str, int]  # rows that the replaced one had and the copy did not, by table
    unread: str  # what of the replaced one could not be read; "": all could
    twins: int = 0  # entries that both had taken in, as two stories: the copy's go on
    withdrawn: int = 0  # messages about these that are not sent after all


def free_at(folder: Path) -> int:
    """Return how many bytes are free for us where a folder is; raises OSError."""
    return shutil.disk_usage(folder).free


def make(database: Path, target: Path, *, measure: Callable[[Path], int] = free_at) -> Copied:
    """Copy a database to a file that is not there yet; others may write meanwhile.

    It is there only once it is whole, on the disk and verified. Takes some four seconds for each GB, and then seven to
    verify it. Raises StoreError.
    """
    if not database.exists():
        raise StoreError(f"there is no store at {database} yet: `tocsin run` or `tocsin once` makes it")
    try:
        with landing(target) as part:
            require_room(target.parent, database.stat().st_size, measure)
            with closing(_open(database)) as connection:
                newest = _newest(connection)
                connection.execute("VACUUM INTO ?", (str(part),))
            part.chmod(0o600)
            sync(part)
            copied = verify(part)
            with closing(_open(part)) as connection:
                if any(before > after for before, after in zip(newest, _newest(connection), strict=True)):
                    lacks = "lacks what was there before it was begun: it was thrown away"
                    raise StoreError(f"the copy of {database} {lacks}")
    except engine.Error as error:
        raise StoreError(f"{database} cannot be copied to {target}: {error}") from error
    return replace(copied, path=target)


@contextmanager
def landing(target: Path) -> Iterator[Path]:
    """Yield where to write what is to be at ``target`` only once it is whole; whatever fails leaves nothing there.

    Raises StoreError where it cannot be written.
    """
    part = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part.unlink(missing_ok=True)
        yield part
        part.replace(target)
        sync(target.parent)
    except OSError as error:
        raise StoreError(f"{target} cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def verify(copy: Path) -> Copied:
    """Read every page of a copy, its indexes and the index of words; raises StoreError where something is wrong."""
    if not copy.exists():
        raise StoreError(f"there is no {copy}")
    try:
        with closing(_open(copy)) as connection:
            found = [row[0] for row in connection.execute("PRAGMA integrity_check(3)")]
            if found != ["ok"]:
                raise StoreError(f"{copy} is damaged: {'; '.join(map(str, found))}")
            if connection.execute("PRAGMA foreign_key_check").fetchone():
                raise StoreError(f"{copy} is damaged: rows refer to others that are not there")
            schema = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            counts = {name: int(_one(connection, f"SELECT count(*) FROM {name}")) for name in _COUNTED}  # noqa: S608 -- the names are our own
    except engine.Error as error:
        raise StoreError(f"{copy} is no copy of a store of Tocsin, or it is damaged: {error}") from error
    return Copied(path=copy, size=copy.stat().st_size, schema=schema[0] if schema else "", counts=counts)


def before_migration(database: Path, found: str | None) -> Path | None:
    """Copy a database of the schema ``found`` where it is about to be migrated, and return where to.

    None when it is new, or of this program's schema or a newer one. Raises StoreError.
    """
    if found is None or found >= HEAD:
        return None
    target = database.with_name(f"{database.stem}.schema-{found}.db")
    if target.exists():  # of a start that did not end well
        target.unlink()
    return make(database, target).path


def bring_up(database: Path) -> tuple[str | None, Path | None]:
    """Migrate a database after it was copied, and return its schema from before and the copy; None where none is.

    The caller holds the DataLock. Raises StoreError.
    """
    if not database.exists():
        raise StoreError(f"there is no store at {database} yet: `tocsin run` or `tocsin once` makes it")
    worker = Worker(engine.writer(database), database, "store-migrate")
    try:
        found = worker.run_now(migrate.revision)
        copy = before_migration(database, found)
        worker.run_now(migrate.upgrade)
    finally:
        worker.close()
    return found, copy


def restore(copy: Path, database: Path, now: datetime, *, measure: Callable[[Path], int] = free_at) -> Restored:
    """Put a copy in the place of a database, which is kept aside, and carry over what only that one knows.

    The caller holds the DataLock. Nothing is changed before the copy is verified and ready. Raises StoreError.
    """
    copied = verify(copy)
    stage = database.with_name(database.name + ".restoring")
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        for leftover in _family(stage):
            leftover.unlink(missing_ok=True)
        replaced = sum(one.stat().st_size for one in _family(database) if one.exists())
        require_room(database.parent, copied.size + replaced, measure)
        shutil.copyfile(copy, stage)
        _work_on(stage, migrate.upgrade)
        carried = carrying.carry(database, stage) if database.exists() else carrying.Carried(rows={})
        withdrawn = _work_on(stage, partial(doubled.settle, twins=carried.twins, at=now))
        _work_on(stage, partial(deliveries.look_first, now=now, keys=carried.strange))
        verify(stage)
        sync(stage)
        aside = _set_aside(database, now) if database.exists() else None
        stage.replace(database)
        sync(database.parent)
    except OSError as error:
        raise StoreError(f"{database} cannot be replaced: {error.strerror}; it is as it was") from error
    finally:
        for leftover in _family(stage):
            with suppress(OSError):
                leftover.unlink(missing_ok=True)
    return Restored(
        copy=copied,
        aside=aside,
        carried=carried.rows,
        unread=carried.unread,
        twins=len(carried.twins),
        withdrawn=withdrawn,
    )


def require_room(folder: Path, size: int, measure: Callable[[Path], int]) -> None:
    """Raise StoreError where so many bytes are not free, and some to spare."""
    free = measure(folder)
    if free < size + _SPARE:
        room = f"{size / 1e6:,.0f} MB are needed, and {free / 1e6:,.0f} MB are free"
        raise StoreError(f"there is no room for a copy in {folder}: {room}")


def _work_on(stage: Path, step: Callable[[Connection], T]) -> T:
    """Do something to a copy, and fold its WAL into it."""
    worker = Worker(engine.writer(stage), stage, "store-restore")
    try:
        return worker.run_now(step)
    finally:
        worker.close()


def _set_aside(database: Path, now: datetime) -> Path:
    """Give a database another name, so that the old one can be taken at once by the next.

    It is whole under both names until then. Only a WAL that cannot be folded, that of a damaged one, is parted from it.
    """
    _fold(database)
    aside = database.with_name(f"{database.name}.replaced-{now.strftime(_STAMP)}")
    try:
        os.link(database, aside)
    except OSError:  # no links on this disk
        shutil.copyfile(database, aside)
    for suffix in ("-wal", "-shm"):
        beside = database.with_name(database.name + suffix)
        if beside.exists():
            beside.rename(aside.with_name(aside.name + suffix))
    return aside


def _fold(database: Path) -> None:
    """Write a WAL into its database; raises StoreError while somebody reads it."""
    try:
        with closing(engine.connect(database.absolute(), "rw", 30.0)) as connection:
            busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except engine.Error as error:
        if engine.name_of(error) == "SQLITE_FULL":
            raise StoreError(f"{database} cannot be set aside: {engine.way_out(error)}") from error
        return
    if busy:
        raise StoreError(f"another program reads {database}: close it, and restore again; it is as it was")


def _family(database: Path) -> tuple[Path, ...]:
    return tuple(database.with_name(database.name + suffix) for suffix in ("", "-wal", "-shm", "-journal"))


def _open(database: Path) -> Any:
    """Return a connection that changes nothing and folds no WAL; not ``query_only``, which forbids VACUUM INTO."""
    connection = engine.connect(database.absolute(), "ro", 30.0)
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    return connection


def _newest(connection: Any) -> tuple[str, ...]:
    """Return the newest ids, as texts that sort as the ids do: what is older may be removed meanwhile."""
    return tuple(str(_one(connection, query) or "").rjust(30) for query in _NEWEST)


def _one(connection: Any, query: str) -> Any:
    return connection.execute(query).fetchone()[0]


def sync(path: Path) -> None:
    """Wait until a file or a folder is on the disk; raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
