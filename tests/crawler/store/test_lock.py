from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from alerts.errors import StoreError
from crawler.store import Store
from tests.crawler.store.makers import Newsroom, WordJudge, entry, source
from tests.fakes import NOON, FakeClock

DAEMON = """
import asyncio, sys
from crawler.store import Store
from tests.crawler.store.makers import source
from tests.fakes import NOON, FakeClock
store = Store.open(sys.argv[1], clock=FakeClock())
asyncio.run(store.sync_sources([source()], NOON))
print("open", flush=True)
sys.stdin.read()
"""


async def test_a_second_daemon_refuses_to_start_and_names_the_first(sqlite_url: str) -> None:
    first = Store.open(sqlite_url, clock=FakeClock())
    with pytest.raises(StoreError, match=f"process {os.getpid()} since 2026-11-02 12:00:00 UTC.*stop that one"):
        Store.open(sqlite_url, clock=FakeClock())
    await first.close()
    second = Store.open(sqlite_url, clock=FakeClock())
    await second.close()


async def test_readers_work_beside_a_daemon_and_without_one(sqlite_url: str) -> None:
    daemon = Store.open(sqlite_url, clock=FakeClock())
    newsroom = Newsroom(daemon, WordJudge({"talks": ("#news",)}), FakeClock())
    await newsroom.add(source())
    await newsroom.visit("bbc", entry())
    for daemon_runs in (True, False):
        reader = Store.open(sqlite_url, clock=FakeClock(), exclusive=False)
        assert (await reader.overview(NOON)).stories == 1
        assert len(await reader.deliveries()) == 1
        with pytest.raises(StoreError, match="opened only to read"):
            await reader.outbox.recover(NOON)
        await reader.close()
        if daemon_runs:
            await daemon.close()


def test_a_killed_daemon_leaves_its_data_and_no_lock(sqlite_url: str) -> None:
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", DAEMON, sqlite_url], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        with pytest.raises(StoreError, match=f"process {process.pid} since"):
            Store.open(sqlite_url, clock=FakeClock())
        process.kill()
    assert asyncio.run(_source_ids(sqlite_url)) == ["bbc"]


async def _source_ids(url: str) -> list[str]:
    store = Store.open(url, clock=FakeClock())
    try:
        return [one.id for one in await store.sources()]
    finally:
        await store.close()


def test_a_lock_that_cannot_be_written_says_where_to_look(tmp_path: Path) -> None:
    (tmp_path / "tocsin.db.lock").mkdir()
    with pytest.raises(StoreError, match=r"tocsin\.db\.lock cannot be written: .*; look at its owner"):
        Store.open(f"sqlite:///{tmp_path}/tocsin.db", clock=FakeClock())


def test_to_read_what_was_never_made_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"there is no store at .*tocsin\.db yet: `tocsin run`"):
        Store.open(f"sqlite:///{tmp_path}/tocsin.db", clock=FakeClock(), exclusive=False)


async def test_missing_folders_are_made(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/var/lib/tocsin.db", clock=FakeClock())
    await store.close()
    assert (tmp_path / "var/lib/tocsin.db").exists()
