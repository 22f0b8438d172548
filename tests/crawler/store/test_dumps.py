from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from alerts.errors import StoreError
from alerts.outbox import State
from crawler.store import Store, backup, dumps, migrate, postgres
from crawler.store.copies import Copies, made_at, require_kind, verify
from crawler.store.schema import HEAD
from tests.crawler.engines import postgresql_only
from tests.crawler.store.makers import Newsroom, entry, source
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.postgres import Server

pytestmark = pytest.mark.skipif(bool(dumps.missing()), reason="pg_dump is not installed")


@pytest.fixture
def empty_url(postgres: Server) -> Iterator[str]:
    name = postgres.make()
    yield postgres.url(name)
    postgres.drop(name)


async def filled(newsroom: Newsroom) -> None:
    await newsroom.add(source())
    await newsroom.visit("bbc", entry("a", "Peace talks"), entry("b", "A cat\\.\n\\.\ntalks\t\\N"))


@postgresql_only
async def test_what_is_copied_is_there_when_it_is_put_back(
    newsroom: Newsroom, store_url: str, empty_url: str, tmp_path: Path
) -> None:
    await filled(newsroom)
    target = tmp_path / "copies" / "one.dump"
    copied = await asyncio.to_thread(dumps.make, store_url, target)
    assert copied.counts == {"source": 1, "story": 2, "seen": 2, "verdict": 2, "outbox": 2}
    assert copied.schema == HEAD
    assert list(target.parent.iterdir()) == [target]
    assert target.stat().st_mode & 0o077 == 0
    assert verify(target) == copied
    assert await asyncio.to_thread(dumps.restore, target, empty_url, NOON) == copied
    restored = Store.open(empty_url, clock=FakeClock())
    overview, before = await restored.overview(NOON), await newsroom.store.overview(NOON)
    assert overview.outbox[State.UNCLEAR] == 2, "the store that is gone may have sent them"
    assert replace(overview, outbox=before.outbox) == before
    await restored.close()


async def test_nothing_is_overwritten(postgres_url: str, tmp_path: Path) -> None:
    copied = await asyncio.to_thread(dumps.make, postgres_url, tmp_path / "one.dump")
    daemon = Store.open(postgres_url, clock=FakeClock())
    with pytest.raises(StoreError, match="in use by another Tocsin"):
        await asyncio.to_thread(dumps.restore, copied.path, postgres_url, NOON)
    await daemon.close()
    with pytest.raises(StoreError, match="is not empty, and nothing is overwritten"):
        await asyncio.to_thread(dumps.restore, copied.path, postgres_url, NOON)


def test_a_copy_that_was_cut_off_or_is_of_something_else_is_not_sound(
    postgres_url: str, empty_url: str, tmp_path: Path
) -> None:
    whole, cut, other = (tmp_path / name for name in ("whole.dump", "cut.dump", "other.dump"))
    dumps.make(postgres_url, whole)
    cut.write_bytes(whole.read_bytes()[: -whole.stat().st_size // 4])
    with pytest.raises(StoreError, match="or it is damaged"):
        dumps.verify(cut)
    with pytest.raises(StoreError, match="no copy of a store of Tocsin"):
        dumps.make(empty_url, other)
    assert not other.exists()
    assert not list(tmp_path.glob("*.part"))


def test_a_failed_copy_leaves_nothing_and_says_no_password(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as raised:
        dumps.make("postgresql+psycopg://ada:hush@127.0.0.1:1/news", tmp_path / "one.dump")
    assert "cannot be copied" in str(raised.value)
    assert "hush" not in str(raised.value)
    assert not list(tmp_path.iterdir())


def test_a_server_that_asks_for_the_password_gets_it(
    postgres: Server, postgres_url: str, empty_url: str, tmp_path: Path
) -> None:
    copy = tmp_path / "one.dump"
    database, other = (url.rpartition("/")[2] for url in (postgres_url, empty_url))
    with postgres.guarded(database) as guarded:
        assert dumps.make(guarded, copy).schema == HEAD
        dumps.restore(copy, guarded.replace(database, other), NOON)
        postgres.drop(other)


def test_without_the_programs_it_says_what_to_install(postgres_url: str, tmp_path: Path) -> None:
    script = "import sys; from pathlib import Path; from crawler.store import dumps; dumps.make(sys.argv[1], Path('x'))"
    done = subprocess.run(
        [sys.executable, "-c", script, postgres_url],
        cwd=tmp_path,
        env={"PATH": "", "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "need pg_dump, which is not on the path: install" in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_database_of_an_older_schema_is_copied_before_it_is_migrated(postgres_url: str, tmp_path: Path) -> None:
    go_back(postgres_url, "0016")
    before, copy = dumps.bring_up(postgres_url, lambda schema: tmp_path / f"{schema}.dump")
    assert (before, copy) == ("0016", tmp_path / "0016.dump")
    assert verify(tmp_path / "0016.dump").schema == "0016"
    assert dumps.bring_up(postgres_url, lambda _: tmp_path / "none") == (HEAD, None)


def test_what_is_no_store_yet_is_not_migrated(empty_url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no store in"):
        dumps.bring_up(empty_url, lambda _: tmp_path / "none")


def test_copies_of_both_kinds_are_told_apart(sqlite_url: str, postgres_url: str, tmp_path: Path) -> None:
    of_file, of_server = Copies(sqlite_url), Copies(postgres_url)
    for copies in (of_file, of_server):
        for hour in range(3):
            copies.make(tmp_path / copies.name_for(NOON + timedelta(hours=hour)))
        (tmp_path / f"{copies.stem}-notes.dump").touch()
    (spare,) = of_server.prune(tmp_path, 2)
    assert (made_at(spare), spare.exists()) == (NOON, False)
    dump, file = of_server.existing(tmp_path)[-1], of_file.existing(tmp_path)[-1]
    assert (len(of_server.existing(tmp_path)), len(of_file.existing(tmp_path))) == (2, 3)
    require_kind(dump, postgres_url)
    require_kind(file, sqlite_url)
    with pytest.raises(StoreError, match="but of a SQLite one"):
        require_kind(file, postgres_url)
    with pytest.raises(StoreError, match="but of a PostgreSQL one"):
        require_kind(dump, sqlite_url)
    assert verify(file).counts == backup.verify(file).counts


def go_back(url: str, revision: str) -> None:
    """Say that a database has an older schema, with what came since taken out of it."""
    engine = postgres.guest(postgres.locate(url))
    with engine.connect() as connection, connection.begin():
        connection.execute(text("DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
        config = migrate._config()
        config.attributes["connection"] = connection
        from alembic import command

        command.upgrade(config, revision)
