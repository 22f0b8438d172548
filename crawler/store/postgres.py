"""Opens PostgreSQL so that what a transaction decides from what it read still holds when it commits."""

from __future__ import annotations

from os import environ
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from alerts.errors import StoreError
from crawler.extras import way_to
from crawler.store.heard import listen

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine import URL
    from sqlalchemy.exc import DBAPIError

OLDEST = 15
SCHEME = "postgresql+psycopg"
WRITERS = 0x746F6373696E  # "tocsin": the advisory lock that one writing transaction of a database holds at a time
DAEMON = WRITERS + 1  # … and the one that a daemon holds for as long as it is connected
READS = "tocsin_reads"  # the execution option of an engine that changes nothing
# A machine that vanishes must not hold the lock for two hours, as the system's own defaults would have it.
_KEPT_ALIVE = {
    "connect_timeout": 10,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,  # milliseconds
    "application_name": "tocsin",
}
# … and a server that the network hides from us must not keep our session, and its lock, as long: over a Unix socket
# it passes over these. They come before what the user's own address asks for, which has the last word.
_MISSED = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 -c tcp_user_timeout=25000"
# Whoever has waited for its turn must see what the one before it wrote, whatever the server's own default is.
_LATEST = "-c default_transaction_isolation=read\\ committed"
# Whoever is stopped in the midst of a transaction, or is on a machine that vanished, must not keep the others waiting.
_NEVER_IDLE = "-c idle_in_transaction_session_timeout=10000"  # milliseconds
_NOT_TWO = "two would tell everything twice: stop that one first, or give this one a `store:` of its own"
# By the class of SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html
_WAYS_OUT = {
    "08": "the connection was lost: nothing was written, and what was left undone is done again",
    "57014": "the server ended a statement that took it too long: nothing was written; give our user its time, by "
    "ALTER ROLE … SET statement_timeout = 0",
    "57P": "the server is being stopped or started: nothing was written, and what was left undone is done again",
    "53": "the server has no room left, or no connection: look at its disk and at max_connections",
    "28": "the server does not let us in: look at the user and the password in `store:`, and at pg_hba.conf",
    "3D": "there is no such database: make it with createdb, or name another one as `store:`",
    "42501": "the user may not do this: make it the owner of the database",
    "40": "two transactions stood in each other's way: nothing was written, and it is done again",
    "2BP01": "a view of yours depends on a table that is made anew: drop it, start again, and make it again",
    "55P03": "somebody reads for long what is to be changed: nothing was written, and it is done again",
    "25P03": "the server ended a transaction in which we did nothing for ten seconds: nothing was written",
    "25006": "the server only lets us read: name the one that is written to",
}


def is_meant(url: str) -> bool:
    """Say whether a store's URL names a PostgreSQL database."""
    return url.startswith(("postgresql:", "postgresql+", "postgres:"))


def locate(url: str) -> URL:
    """Return the address of a database; raises StoreError when psycopg is not there, or the URL is none."""
    try:
        import psycopg  # noqa: F401  the extra [scale]
    except ImportError:
        raise StoreError(f"PostgreSQL needs psycopg: {way_to('scale')}") from None
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreError(f"the store's address is no URL: write `store: {SCHEME}://user@host/database`") from None
    return parsed.set(drivername=SCHEME)


def conninfo(url: str) -> str:
    """Return an address as the driver itself takes it; raises StoreError as ``locate`` does."""
    asked = {name: str(value) for name, value in (_KEPT_ALIVE | {"connect_timeout": 5}).items()}
    return locate(url).set(drivername="postgresql").update_query_dict(asked).render_as_string(hide_password=False)


def spelled(url: URL) -> str:
    """Return an address for people, without its password."""
    return url.render_as_string(hide_password=True)


def writer(url: URL) -> Engine:
    """Return an engine for the one connection by which a daemon writes: nobody else has such a connection.

    The lock goes with the connection, so that a daemon which lost it writes nothing once another has taken over.
    """
    engine = guest(url)
    _lock_as(engine, "pg_try_advisory_lock", f"{spelled(url)} is in use by another Tocsin; {_NOT_TWO}")
    return engine


def member(url: URL) -> Engine:
    """Return an engine for the connection by which one of several workers writes; a daemon alone keeps all off."""
    engine = guest(url, _NEVER_IDLE)
    _share(engine, url)
    return engine


def unordered(url: URL) -> Engine:
    """Return an engine for what workers may write at any time: it changes nothing that others decide by."""
    engine = create_engine(url, poolclass=NullPool, connect_args=_connecting(url, _LATEST, _NEVER_IDLE))
    _share(engine, url)
    return engine


def _share(engine: Engine, url: URL) -> None:
    refusal = f"{spelled(url)} is in use by a Tocsin that works alone; {_NOT_TWO}"
    _lock_as(engine, "pg_try_advisory_lock_shared", refusal)


def _lock_as(engine: Engine, how: str, refusal: str) -> None:
    @event.listens_for(engine, "connect")
    def _lock(connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {how}({DAEMON})")
            is_let_in = cursor.fetchone()[0]
        connection.rollback()  # the lock is the session's, and stays
        if not is_let_in:
            raise StoreError(refusal)


def guest(url: URL, *options: str) -> Engine:
    """Return an engine for connections whose transactions take turns, in this process and in all others.

    That is what SQLite's BEGIN IMMEDIATE gives: whatever a transaction reads stays as it is until its end.
    """
    engine = create_engine(url, poolclass=NullPool, connect_args=_connecting(url, _LATEST, *options))

    listen(engine)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS})")

    return engine


def reader(url: URL) -> Engine:
    """Return an engine for connections that cannot write."""
    options = "-c default_transaction_read_only=on -c default_transaction_isolation=repeatable\\ read"
    engine = create_engine(url, poolclass=NullPool, connect_args=_connecting(url, options))
    return engine.execution_options(**{READS: True})


def _connecting(url: URL, *needed: str) -> dict[str, Any]:
    """Return how to connect: with the server's options that are ``needed``, and those that the user asked for."""
    own = url.query.get("options") or environ.get("PGOPTIONS", "")  # the driver would leave these out
    asked = own if isinstance(own, str) else " ".join(own)
    return _KEPT_ALIVE | {"options": " ".join(filter(None, (_MISSED, asked, *needed)))}


def require_supported(connection: Connection) -> None:
    """Raise StoreError for a server that is too old, and for a database that cannot hold every letter."""
    number = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one())
    if number < OLDEST * 10_000:
        raise StoreError(f"PostgreSQL {number // 10_000} is too old: Tocsin needs {OLDEST} or newer")
    if (encoding := connection.exec_driver_sql("SHOW server_encoding").scalar_one()) != "UTF8":
        raise StoreError(f"the database has the encoding {encoding}: make one with createdb -T template0 -E UTF8 NAME")


def explained(error: DBAPIError, place: object) -> Exception:
    """Return a StoreError for what a user can mend or only has to wait for, and the error itself for a bug."""
    state: str = getattr(error.orig, "sqlstate", None) or ""
    way_out = next((text for prefix, text in _WAYS_OUT.items() if state.startswith(prefix)), None)
    if way_out is None and (error.connection_invalidated or _never_connected(error.orig)):
        way_out = "the server cannot be reached: look whether it runs, and what it logs"
    return StoreError(f"{place}: {way_out} ({str(error.orig).strip()})") if way_out else error


def _never_connected(error: Any) -> bool:
    import psycopg

    return isinstance(error, psycopg.OperationalError) and getattr(error, "sqlstate", None) is None
