from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

import alerts
import crawler
import spiders
from alerts.errors import StoreError
from crawler.store import Store, engine
from crawler.store.schema import source as sources
from tests.crawler.engines import sqlite_only
from tests.crawler.store.makers import Newsroom, entry, source
from tests.fakes import NOON, FakeClock


def pragma(connection: Connection, name: str) -> object:
    return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


def test_the_writer_loses_nothing_and_the_file_can_shrink(tmp_path: Path) -> None:
    with engine.writer(tmp_path / "new.db").connect() as connection:
        assert pragma(connection, "journal_mode") == "wal"
        assert pragma(connection, "synchronous") == 2  # FULL
        assert pragma(connection, "foreign_keys") == 1
        assert pragma(connection, "busy_timeout") == 5000
        assert pragma(connection, "journal_size_limit") == engine.JOURNAL_LIMIT
        connection.execute(text("CREATE TABLE t (x)"))
        assert pragma(connection, "auto_vacuum") == 2  # INCREMENTAL, and kept by a file with tables


@pytest.mark.parametrize(
    ("library", "safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
        ((4, 0, 0), True),
    ],
)
def test_versions_with_the_wal_reset_bug_are_known(library: engine.Version, *, safe: bool) -> None:
    assert engine.wal_reset_is_safe(library) is safe


@pytest.mark.skipif(not importlib.util.find_spec("pysqlite3"), reason="no wheel for this platform")
def test_the_bundled_library_is_preferred_and_has_no_wal_reset_bug() -> None:
    assert engine.library().endswith("(pysqlite3)")
    assert engine.wal_reset_is_safe(engine.version())


def test_only_one_module_imports_a_sqlite_library() -> None:
    packages = [Path(package.__path__[0]) for package in (alerts, crawler, spiders)]
    importers = set()
    for path in (path for package in packages for path in package.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if {name.split(".")[0] for name in names} & {"sqlite3", "pysqlite3", "apsw", "aiosqlite"}:
                importers.add(path.name)
    assert importers == {"engine.py"}


def test_a_transaction_that_reads_first_can_always_write(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    with engine.writer(path).connect() as ours, engine.writer(path).connect() as theirs:
        theirs.exec_driver_sql("PRAGMA busy_timeout = 0")
        theirs.rollback()
        with ours.begin():
            ours.exec_driver_sql("SELECT count(*) FROM sqlite_master")
            with pytest.raises(OperationalError, match="locked"):
                theirs.begin()  # the lock is taken at BEGIN: nobody can write between our read and our write
            ours.exec_driver_sql("CREATE TABLE t (x)")


def test_readers_can_neither_write_nor_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    with engine.writer(path).connect() as connection, connection.begin():
        connection.exec_driver_sql("CREATE TABLE t (x)")
    with engine.reader(path).connect() as connection:
        assert pragma(connection, "query_only") == 1
        assert pragma(connection, "wal_autocheckpoint") == 0
        with pytest.raises(OperationalError, match="readonly"):
            connection.exec_driver_sql("INSERT INTO t VALUES (1)")
        connection.rollback()
        connection.exec_driver_sql("PRAGMA query_only = OFF")  # the file itself is open for reading only
        with pytest.raises(OperationalError, match="readonly"):
            connection.exec_driver_sql("INSERT INTO t VALUES (1)")


@pytest.mark.parametrize("name", ["with blank", "50%25", "q?mode=memory", "#hash", "émile"])
def test_any_file_name_will_do(tmp_path: Path, name: str) -> None:
    with engine.writer(tmp_path / name).connect():
        assert (tmp_path / name).exists()


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("tocsin.db", "no address of a store"),
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("postgresql+psycopg://tocsin@db/tocsin", "not yet available"),
    ],
)
def test_an_address_that_will_not_do_is_refused_with_a_way_out(url: str, complaint: str) -> None:
    with pytest.raises(StoreError, match=complaint) as refused:
        engine.locate(url)
    assert "sqlite:///tocsin.db" in str(refused.value)


def test_what_is_no_database_is_refused_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "tocsin.db").write_text("not a database at all\n" * 100)
    for exclusive in (True, False):
        with pytest.raises(StoreError, match=r"tocsin\.db: this file is no SQLite database"):
            Store.open(f"sqlite:///{tmp_path}/tocsin.db", clock=FakeClock(), exclusive=exclusive)


def test_a_folder_in_the_place_of_the_file_is_refused_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "tocsin.db").mkdir()
    with pytest.raises(StoreError, match="cannot be opened: look at the owner"):
        Store.open(f"sqlite:///{tmp_path}/tocsin.db", clock=FakeClock())


def test_a_file_in_the_place_of_the_folder_is_refused_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("")
    with pytest.raises(StoreError, match=r"var cannot be made: .*; name another `store:`"):
        Store.open(f"sqlite:///{tmp_path}/var/tocsin.db", clock=FakeClock())


@sqlite_only
async def test_a_full_disk_undoes_the_whole_poll_and_passes(newsroom: Newsroom, store: Store) -> None:
    await newsroom.add(source())

    async def limit(pages: int) -> None:
        assert store._writer is not None
        await store._writer.run(lambda connection: connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}"))

    await limit(1)  # no page more than there are
    with pytest.raises(StoreError, match="the disk is full: nothing was written"):
        await newsroom.visit("bbc", *(entry(f"{n}", f"Talks {n}", "words " * 500) for n in range(50)))
    assert (await store.overview(NOON)).stories == 0
    await limit(100_000)
    tally = await newsroom.visit("bbc", *(entry(f"{n}", f"Talks {n}", "words " * 500) for n in range(50)))
    assert tally.new == 50


@sqlite_only
async def test_a_database_that_another_program_keeps_locked_is_an_error_one_can_act_on(
    store: Store, sqlite_url: str
) -> None:
    async def wait_at_most(milliseconds: int) -> None:
        assert store._writer is not None
        await store._writer.run(lambda connection: connection.exec_driver_sql(f"PRAGMA busy_timeout = {milliseconds}"))

    await wait_at_most(0)
    locked = pytest.raises(StoreError, match="another program keeps the database locked")
    with engine.writer(engine.locate(sqlite_url)).connect() as theirs, theirs.begin(), locked:
        await store.sync_sources([source()], NOON)
    await store.sync_sources([source()], NOON)
    assert [one.id for one in await store.sources()] == ["bbc"]


async def test_a_bug_is_not_dressed_up_as_something_a_user_can_mend(store: Store) -> None:
    assert store._writer is not None
    with pytest.raises(Exception, match=r"(?i)not.null") as raised:
        await store._writer.run(lambda connection: connection.execute(sources.insert(), {"id": "x"}))
    assert not isinstance(raised.value, StoreError)
