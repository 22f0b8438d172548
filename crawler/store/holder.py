"""Who has a store: the daemon that holds its lock."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from crawler.store import lock, postgres

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from crawler.store import Store

# An advisory lock with one number has it in two halves: https://www.postgresql.org/docs/current/view-pg-locks.html
_HOLDERS = f"""SELECT a.pid, host(a.client_addr) AS host, a.backend_start AS since
    FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.classid = {postgres.DAEMON >> 32}
        AND l.objid = {postgres.DAEMON & 0xFFFFFFFF}
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    ORDER BY a.backend_start"""  # noqa: S608  numbers of our own


async def holder(store: Store) -> str | None:
    """Return who has a store, for people; None when nobody does. Raises StoreError."""
    return lock.holder(store.file) if store.file else await store.read(on_server)


def on_server(connection: Connection) -> str | None:
    """Return who has the store of a PostgreSQL database."""
    held = connection.exec_driver_sql(_HOLDERS).all()
    if not held:
        return None
    more = f", and {len(held) - 1} more" if len(held) > 1 else ""
    return f"connected from {held[0].host or 'the server itself'} since {_spelled(held[0].since)}{more}"


def _spelled(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if moment else "nobody knows when"
