"""Opens SQLite so that nothing is lost, with the one driver that this process may use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool

from alerts.errors import StoreError

try:
    from pysqlite3 import dbapi2 as driver
except ImportError:  # no wheel for this platform
    from sqlite3 import dbapi2 as driver  # noqa: TID251 -- the one place that chooses; never both in one process

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

Version = tuple[int, int, int]
Error: type[Exception] = driver.Error  # what a connection raises that ``connect`` returned

OLDEST: Version = (3, 35, 0)  # UPDATE … RETURNING
BUSY_TIMEOUT = 5.0  # seconds
JOURNAL_LIMIT = 64 * 1024 * 1024  # bytes that a grown WAL may keep after a checkpoint

_WAYS_OUT = {
    "SQLITE_FULL": "the disk is full: nothing was written; free some space, and what was left undone is done again",
    "SQLITE_BUSY": "another program keeps the database locked: close it, or wait until it is done",
    "SQLITE_LOCKED": "another program keeps the database locked: close it, or wait until it is done",
    "SQLITE_READONLY": "the database cannot be written: look at the owner and the mode of the file and its folder",
    "SQLITE_CANTOPEN": "the database cannot be opened: look at the owner and the mode of the file and its folder",
    "SQLITE_PERM": "the database cannot be opened: look at the owner and the mode of the file and its folder",
    "SQLITE_IOERR": "the disk does not do as told: look at the system's log before anything else",
    "SQLITE_CORRUPT": "the database is damaged: move it away together with its -wal and -shm, and restore a backup",
    "SQLITE_NOTADB": "this file is no SQLite database: name another one as `store:`",
}


def version() -> Version:
    """Return the version of the SQLite library in use."""
    major, minor, patch = driver.sqlite_version_info[:3]
    return major, minor, patch


def library() -> str:
    """Return the name of the SQLite library in use, for people."""
    return f"SQLite {driver.sqlite_version} ({driver.__name__.partition('.')[0]})"


def require_supported() -> None:
    """Raise StoreError where the library is too old for us."""
    if version() < OLDEST:
        raise StoreError(f"{library()} is too old: Tocsin needs 3.35, and 3.51.3 is best")


def wal_reset_is_safe(number: Version) -> bool:
    """Say whether two connections may work on one WAL at the same time.

    SQLite 3.7.0 to 3.51.2 can damage a database when one connection checkpoints while another writes;
    3.51.3 repaired it, and so did the backports 3.44.6 and 3.50.7 (https://sqlite.org/wal.html).
    """
    repaired_in = {(3, 44): 6, (3, 50): 7}
    return number >= (3, 51, 3) or number[2] >= repaired_in.get(number[:2], number[2] + 1)


def locate(url: str) -> Path:
    """Return the file that a store's URL names; raises StoreError when it names none."""
    from pathlib import Path

    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreError(f"{url!r} is no address of a store: write `store: sqlite:///tocsin.db`") from None
    if parsed.get_backend_name() != "sqlite":
        raise StoreError(f"{parsed.get_backend_name()} is not yet available as a store: write sqlite:///tocsin.db")
    if not parsed.database or parsed.database == ":memory:":
        raise StoreError("a store in memory forgets what it told: write `store: sqlite:///tocsin.db`")
    return Path(parsed.database).absolute()


def writer(path: Path) -> Engine:
    """Return an engine for the one connection that writes; it makes the file when there is none."""
    engine = _engine(path, "rwc")

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # has an effect on a new file only, so it comes first
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA journal_size_limit = {JOURNAL_LIMIT}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A transaction that reads first and then wants to write fails at once, whatever the timeout.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def reader(path: Path, patience: float = BUSY_TIMEOUT) -> Engine:
    """Return an engine for connections that can neither write nor checkpoint; ``patience`` is in seconds."""
    engine = _engine(path, "ro", patience)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA wal_autocheckpoint = 0")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def guest(path: Path, patience: float) -> Engine:
    """Return an engine for short changes beside the process that has the database; ``patience`` is in seconds.

    It makes no file and folds no WAL into it while others have it open: that is its owner's work.
    """
    engine = _engine(path, "rw", patience)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA wal_autocheckpoint = 0")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def others_wrote(connection: Connection) -> int:
    """Return a number that changes whenever another connection than this one has written."""
    return int(connection.exec_driver_sql("PRAGMA data_version").scalar_one())


def explained(error: DBAPIError, path: object) -> Exception:
    """Return a StoreError for what a user can mend, and the error itself for what is a bug."""
    meant = way_out(error.orig)
    return StoreError(f"{path}: {meant} ({error.orig})") if meant else error


def way_out(error: BaseException | None) -> str | None:
    """Return what a user can do about an error of the driver; None for a bug."""
    name = name_of(error)
    return next((text for prefix, text in _WAYS_OUT.items() if name.startswith(prefix)), None)


def name_of(error: BaseException | None) -> str:
    """Return what SQLite calls an error of the driver, such as SQLITE_FULL; "" for any other."""
    return getattr(error, "sqlite_errorname", None) or ""


def connect(path: Path, mode: str, patience: float = BUSY_TIMEOUT) -> Any:
    """Return a bare connection, ``ro`` or ``rw``, in which every statement is a transaction of its own."""
    return driver.connect(f"{path.as_uri()}?mode={mode}", uri=True, timeout=patience, isolation_level=None)


def _engine(path: Path, mode: str, patience: float = BUSY_TIMEOUT) -> Engine:
    def creator() -> Any:
        return connect(path, mode, patience)

    return create_engine("sqlite://", module=driver, creator=creator, poolclass=NullPool)
