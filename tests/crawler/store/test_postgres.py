from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from alerts.errors import StoreError
from crawler.store import postgres
from crawler.store.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import URL, Connection, Engine


ENGINES = (postgres.writer, postgres.member, postgres.unordered, postgres.guest, postgres.reader)
WRITING = (postgres.writer, postgres.member, postgres.unordered, postgres.guest)


def shown(connection: Connection, *names: str) -> list[object]:
    return [connection.exec_driver_sql(f"SHOW {name}").scalar() for name in names]


def set_default(url: str, setting: str) -> None:
    """Give the database a default of its own, as its administrator might."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute(f'ALTER DATABASE "{make_url(url).database}" SET {setting}'.encode())


@pytest.mark.parametrize("opened", ENGINES)
def test_a_server_that_cannot_reach_us_any_more_lets_our_session_go(
    postgres_url: str, opened: Callable[[URL], Engine]
) -> None:
    names = ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count", "tcp_user_timeout")
    with opened(postgres.locate(postgres_url)).connect() as connection:
        assert shown(connection, *names) == ["10", "5", "3", "25000"]


def test_over_a_unix_socket_there_is_nothing_to_keep_alive(postgres_url: str) -> None:
    url = postgres.locate(postgres_url)
    with postgres.guest(url).connect() as connection:
        (folder,) = shown(connection, "unix_socket_directories")
    with postgres.guest(url.set(host="").update_query_dict({"host": str(folder)})).connect() as connection:
        assert shown(connection, "tcp_keepalives_idle", "tcp_user_timeout") == ["0", "0"]


@pytest.mark.parametrize("opened", ENGINES)
def test_options_of_the_users_own_address_stay(postgres_url: str, opened: Callable[[URL], Engine]) -> None:
    own = {"options": "-c tcp_keepalives_idle=99 -c work_mem=5MB"}
    with opened(postgres.locate(postgres_url).update_query_dict(own)).connect() as connection:
        assert shown(connection, "tcp_keepalives_idle", "work_mem", "tcp_keepalives_count") == ["99", "5MB", "3"]


@pytest.mark.parametrize("opened", WRITING)
def test_whoever_writes_sees_what_the_one_before_wrote_whatever_the_database_says(
    postgres_url: str, opened: Callable[[URL], Engine]
) -> None:
    set_default(postgres_url, "default_transaction_isolation = 'repeatable read'")
    with opened(postgres.locate(postgres_url)).connect() as connection:
        assert shown(connection, "transaction_isolation") == ["read committed"]


async def test_a_limit_of_the_server_is_told_with_its_way_out(postgres_url: str) -> None:
    set_default(postgres_url, "statement_timeout = '20ms'")
    worker = Worker(postgres.guest(postgres.locate(postgres_url)), "the store", "test")
    with pytest.raises(StoreError, match=r"the store: .*too long.*statement_timeout = 0"):
        await worker.run(lambda connection: connection.execute(text("SELECT pg_sleep(10)")))
    assert await worker.run(lambda connection: connection.scalar(text("SELECT 1"))) == 1
    worker.close()
