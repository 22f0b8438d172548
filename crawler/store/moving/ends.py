"""The two databases of a copy: the one that is read in one snapshot, and the one that is written a batch at a time."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from alerts.errors import StoreError
from crawler.store import engine, lock, postgres
from crawler.store.lock import DataLock
from crawler.store.place import file_of, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from typing import Any, Self

    from sqlalchemy import Connection, Engine

T = TypeVar("T")

_AGAIN = "what was copied stays: run the same command again, and it goes on from there"
# Whoever else is connected to the database as a Tocsin: a command, or a daemon.
_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'tocsin' "
    "AND pid <> pg_backend_pid()"
)


def name_of(url: str) -> str:
    """Return where a store is, without user and password: the same for all addresses of one database, as a rule."""
    file = file_of(url)
    if file is not None:
        return str(file)
    address = postgres.locate(url)
    query = address.query.get("host", "")
    host = address.host or (query if isinstance(query, str) else ",".join(query)) or "localhost"
    return f"{host}:{address.port or 5432}/{address.database}"


class Source:
    """The store that is read; while nobody works on it, nobody is let in. Use it with ``with``."""

    def __init__(self, url: str, now: datetime) -> None:
        """Raises StoreError when there is none."""
        self.place = shown(url)
        self.company = ""  # who works on it now; "": nobody, and nobody can begin to
        self._lock: DataLock | None = None
        file = file_of(url)
        if file is None:
            self._engine = postgres.reader(postgres.locate(url))
            event.listen(self._engine, "connect", _unhurried)
        elif not file.exists():
            raise StoreError(f"there is no store at {file} yet: nothing is to be moved, write `store:` as you want it")
        else:
            engine.require_supported()
            self._engine = engine.reader(file)
            self.company = self._keep_alone(file, now)
        try:
            self._connection = _connected(self._engine, self.place)
        except BaseException:
            self._release()
            raise
        if file is None:
            self.company = self._look_around()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self._release()

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Give what stands in it at one moment, however long it is read; raises StoreError for what can be mended.

        On SQLite others write on meanwhile, and what they write waits in the WAL.
        """
        with _explained(self._engine, self.place), self._connection.begin():
            if self._connection.dialect.name == "postgresql":
                _read_whole_tables(self._connection)
            yield self._connection

    def _release(self) -> None:
        self._engine.dispose()
        if self._lock:
            self._lock.release()

    def _keep_alone(self, file: Any, now: datetime) -> str:
        holder = lock.holder(file)
        if holder is None:
            self._lock = DataLock(file, now)
            return ""
        return holder

    def _look_around(self) -> str:
        """Say who is there; where nobody is, keep all out. A snapshot from before would miss what they wrote last."""
        with _explained(self._engine, self.place), self._connection.begin():
            alone = self._connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({postgres.DAEMON})").scalar_one()
            others = self._connection.exec_driver_sql(_OTHERS).scalar_one()
        if alone and not others:
            return ""
        return f"{others} connections of Tocsin" if others else "a Tocsin"


class Target:
    """The database that is written; no daemon is let in meanwhile. Use it with ``with``."""

    def __init__(self, url: str, now: datetime) -> None:
        """Raises StoreError when a daemon has it, or it cannot be made."""
        self.place = shown(url)
        self._lock: DataLock | None = None
        file = file_of(url)
        self._second: Engine | None = None
        if file is None:
            address = postgres.locate(url)
            self._engine = postgres.writer(address)
            self._second = postgres.reader(address)
            event.listen(self._engine, "connect", _unhurried)
            event.listen(self._second, "connect", _unhurried)
        else:
            engine.require_supported()
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StoreError(f"{file.parent} cannot be made: {error.strerror}; name another place") from error
            self._lock = DataLock(file, now)
            self._engine = engine.writer(file)
            event.listen(self._engine, "connect", _unchecked)
        try:
            self._connection = _connected(self._engine, self.place)
        except BaseException:
            self._release()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self._release()

    @property
    def takes_nul(self) -> bool:
        """Whether a text may have a NUL in it."""
        return self._engine.dialect.name != "postgresql"

    def run(self, work: Callable[[Connection], T]) -> T:
        """Do something in a transaction; raises StoreError for what a user can mend."""
        with _explained(self._engine, self.place), self._connection.begin():
            return work(self._connection)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that reads on while ``run`` writes: on SQLite the same one, between its transactions."""
        if self._second is None:
            with _explained(self._engine, self.place):
                yield self._connection
            return
        with _explained(self._second, self.place), self._second.connect() as connection, connection.begin():
            _read_whole_tables(connection)
            yield connection

    def _release(self) -> None:
        self._engine.dispose()
        if self._second:
            self._second.dispose()
        if self._lock:
            self._lock.release()


def _connected(of: Engine, place: str) -> Connection:
    try:
        return of.connect()
    except DBAPIError as error:
        if "FATAL" in str(error.orig):  # the server's own word; what it means has no SQLSTATE before one is let in
            raise StoreError(
                f"{place}: the server does not let us in: look at the names of database and user, at the password, and "
                f"at pg_hba.conf; createdb makes a database ({str(error.orig).strip()})"
            ) from error
        raise _meant(of, error, place) or error from error


def _unchecked(connection: Any, _record: object) -> None:
    """Let SQLite take rows before those that they refer to; all references are checked at the end."""
    connection.execute("PRAGMA foreign_keys = OFF")


def _unhurried(connection: Any, _record: object) -> None:
    """Let PostgreSQL take its time: a great index is made in minutes, and sooner with memory."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SET maintenance_work_mem = '256MB'")
    connection.commit()


def _read_whole_tables(connection: Connection) -> None:
    """Let the server plan for all rows of a cursor, not for the first."""
    connection.exec_driver_sql("SET LOCAL cursor_tuple_fraction = 1")
    connection.exec_driver_sql("SET LOCAL work_mem = '64MB'")


@contextmanager
def _explained(of: Engine, place: str) -> Iterator[None]:
    bare: type[Exception] = of.dialect.loaded_dbapi.Error  # of COPY, which SQLAlchemy does not know
    try:
        yield
    except (DBAPIError, bare) as error:
        known = error if isinstance(error, DBAPIError) else DBAPIError("COPY", None, error)
        meant = _meant(of, known, place)
        if meant is None:
            raise
        raise StoreError(f"{meant}; {_AGAIN}") from error


def _meant(of: Engine, error: DBAPIError, place: str) -> StoreError | None:
    """Return what a user can do about an error; None for a bug."""
    explain = postgres.explained if of.dialect.name == "postgresql" else engine.explained
    explained = explain(error, place)
    return explained if isinstance(explained, StoreError) else None
