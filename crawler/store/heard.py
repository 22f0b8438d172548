"""What a connection to PostgreSQL hears of others: a NOTIFY for each transaction that changed deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import event

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import Connection, Engine

CHANNEL = "tocsin_outbox"  # on which the trigger `outbox_changed` tells
_COUNT = "heard"  # the key of the count among what SQLAlchemy keeps with a connection


def listen(engine: Engine) -> None:
    """Let every connection of an engine count what it hears of others, and not of itself."""

    @event.listens_for(engine, "connect")
    def _listen(connection: Any, record: Any) -> None:
        own = connection.info.backend_pid
        record.info[_COUNT] = 0

        def hear(said: Any) -> None:
            record.info[_COUNT] += said.pid != own

        connection.add_notify_handler(hear)
        with connection.cursor() as cursor:
            cursor.execute(f"LISTEN {CHANNEL}")
        connection.commit()


def others_wrote(connection: Connection) -> int:
    """Return a number that changes whenever somebody else queued or changed a delivery, or the connection is new.

    What was told is read with the answer to any statement, and the transaction that asks begins with one.
    """
    driven: Any = connection.connection.driver_connection
    return int(driven.info.backend_pid) << 32 | int(connection.info[_COUNT])
