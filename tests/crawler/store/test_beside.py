"""A command changes the store beside the daemon that has it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from alerts.errors import StoreError
from alerts.routing.silence import Matcher, Silence
from alerts.slack.desk import Audit
from crawler.store import Store, engine
from crawler.store.beside import Neighbours, open_beside
from crawler.store.schema import outbox
from tests.crawler.engines import postgresql_only
from tests.crawler.store.makers import HOUR, Newsroom, entry, source
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from pathlib import Path

WHY = Audit(at=NOON, user="ada", channel=None, deed="silence", on="rule talks")
SILENCE = Silence(id="", matcher=Matcher(rules=("talks",)), author="ada", start=NOON, end=NOON + HOUR)


class Counter:
    """Counts what others wrote, or cannot."""

    def __init__(self, *counts: int | StoreError) -> None:
        self.counts = list(counts)

    async def others_wrote(self) -> int:
        count = self.counts.pop(0)
        if isinstance(count, StoreError):
            raise count
        return count


async def test_both_write_each_sees_it_and_the_daemon_notices_only_the_other(sqlite_url: str, clock: FakeClock) -> None:
    told: list[None] = []
    daemon, command = Store.open(sqlite_url, clock=clock), open_beside(sqlite_url, clock)
    neighbours = Neighbours(daemon, lambda: told.append(None))
    await neighbours.look()
    await daemon.people.silence(SILENCE, WHY)
    await neighbours.look()
    assert told == []
    kept = await command.people.silence(SILENCE, WHY)
    await neighbours.look()
    await neighbours.look()
    assert len(told) == 1
    assert kept in await daemon.people.silences(NOON)
    assert len(await command.people.silences(NOON)) == 2
    await command.close()
    await daemon.close()


@postgresql_only
async def test_on_a_server_the_daemon_hears_of_deliveries_alone_and_never_of_its_own(
    newsroom: Newsroom, store_url: str, clock: FakeClock
) -> None:
    told: list[None] = []
    daemon, command = newsroom.store, open_beside(store_url, clock)
    neighbours = Neighbours(daemon, lambda: told.append(None))
    await neighbours.look()
    await newsroom.add(source())
    await newsroom.visit("bbc", entry("a", "Peace talks"))
    await command.people.silence(SILENCE, WHY)
    await neighbours.look()
    assert told == []
    await command.read(lambda connection: connection.execute(update(outbox).values(looks=1)))
    await neighbours.look()
    await neighbours.look()
    assert len(told) == 1
    await command.close()


async def test_many_changes_from_both_sides_are_all_there(sqlite_url: str, clock: FakeClock) -> None:
    daemon, command = Store.open(sqlite_url, clock=clock), open_beside(sqlite_url, clock)
    await asyncio.gather(*(store.people.silence(SILENCE, WHY) for store in (daemon, command) for _ in range(50)))
    assert len(await daemon.people.silences(NOON)) == 100
    await command.close()
    await daemon.close()


async def test_it_works_without_a_daemon_and_leaves_the_store_to_the_next_one(
    sqlite_url: str, clock: FakeClock
) -> None:
    command = open_beside(sqlite_url, clock)
    await command.people.silence(SILENCE, WHY)
    await command.close()
    daemon = Store.open(sqlite_url, clock=clock)
    assert len(await daemon.people.silences(NOON)) == 1
    await daemon.close()


async def test_while_the_daemon_writes_for_long_a_change_gives_up_and_says_so(
    sqlite_url: str, clock: FakeClock
) -> None:
    daemon = Store.open(sqlite_url, clock=clock)
    command = open_beside(sqlite_url, clock, patience=0.01)
    assert daemon._writer is not None
    begun, done = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def long(_: object) -> None:
        loop.call_soon_threadsafe(begun.set)
        asyncio.run_coroutine_threadsafe(done.wait(), loop).result()

    writing = asyncio.create_task(daemon._writer.run(long))
    await begun.wait()
    with pytest.raises(StoreError, match="locked"):
        await command.people.silence(SILENCE, WHY)
    done.set()
    await writing
    await command.close()
    await daemon.close()


async def test_where_the_library_may_damage_a_shared_database_no_daemon_may_run(
    sqlite_url: str, clock: FakeClock
) -> None:
    daemon = Store.open(sqlite_url, clock=clock)
    with pytest.raises(StoreError, match="stop the daemon for this"):
        open_beside(sqlite_url, clock, library=(3, 45, 0))
    await daemon.close()
    command = open_beside(sqlite_url, clock, library=(3, 45, 0))
    with pytest.raises(StoreError, match="in use"):
        Store.open(sqlite_url, clock=clock)
    await command.people.silence(SILENCE, WHY)
    await command.close()


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path, clock: FakeClock) -> None:
    with pytest.raises(StoreError, match="there is no store"):
        open_beside(f"sqlite:///{tmp_path}/none.db", clock)
    assert list(tmp_path.iterdir()) == []


def test_a_database_of_another_program_is_left_alone(tmp_path: Path, clock: FakeClock) -> None:
    with engine.writer(tmp_path / "other.db").begin() as connection:
        connection.exec_driver_sql("CREATE TABLE a (b)")
    with pytest.raises(StoreError, match="no store in this database yet"):
        open_beside(f"sqlite:///{tmp_path}/other.db", clock)


async def test_a_store_that_cannot_be_asked_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    told: list[None] = []
    neighbours = Neighbours(Counter(1, StoreError("full"), 2), lambda: told.append(None))
    for _ in range(3):
        await neighbours.look()
    assert len(told) == 1
    assert caplog.messages == ["neighbours-unseen"]
