from __future__ import annotations

import asyncio
import resource
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.errors import StoreError
from alerts.outbox import Settlement, State
from alerts.rules.spec import QuietSpec, Rate
from crawler.store import Store, backup, carrying
from crawler.store.copies import Copies
from crawler.store.engine import connect, locate
from tests.crawler.store.makers import Newsroom, WordJudge, entry, source
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def database(sqlite_url: str) -> Path:
    return locate(sqlite_url)


async def tell(store: Store, *titles: str) -> list[str]:
    """Let one source publish, and return the titles that are to be told."""
    newsroom = Newsroom(store, WordJudge({"talks": ("#news",)}), FakeClock())
    await newsroom.add(source())
    await newsroom.visit("bbc", *(entry(title, f"talks {title}") for title in titles))
    return sorted(title for _, title, _ in await newsroom.told())


async def test_a_copy_made_while_others_write_is_whole_and_has_all_from_before(store: Store, tmp_path: Path) -> None:
    newsroom = Newsroom(store, WordJudge({"talks": ("#news",)}), FakeClock())
    await newsroom.add(source())
    stop = asyncio.Event()

    async def write() -> int:
        number = 0
        while not stop.is_set():
            await newsroom.visit("bbc", entry(f"n{number}", f"talks number {number}"))
            number += 1
        return number

    await newsroom.visit("bbc", entry("before", "talks before"))
    writing = asyncio.create_task(write())
    copied = await asyncio.to_thread(backup.make, store.path, tmp_path / "copies" / "one.db")
    stop.set()
    written = await writing
    assert 1 <= copied.counts["story"] <= written + 1
    assert backup.verify(copied.path).counts == copied.counts
    assert list((tmp_path / "copies").iterdir()) == [copied.path]
    assert copied.path.stat().st_mode & 0o077 == 0


def test_a_damaged_copy_is_not_put_back(database: Path, tmp_path: Path) -> None:
    copied = backup.make(database, tmp_path / "one.db")
    before = database.read_bytes()
    bytes_ = bytearray(copied.path.read_bytes())
    bytes_[4096 * 3 : 4096 * 5] = b"\xff" * 8192
    copied.path.write_bytes(bytes_)
    with pytest.raises(StoreError, match=r"damaged|malformed"):
        backup.restore(copied.path, database, NOON)
    assert database.read_bytes() == before
    assert not list(tmp_path.glob("*.replaced*"))


def test_what_is_no_store_is_not_put_back(database: Path, tmp_path: Path) -> None:
    (tmp_path / "other.db").write_text("nothing")
    with pytest.raises(StoreError, match="no copy of a store"):
        backup.restore(tmp_path / "other.db", database, NOON)
    with pytest.raises(StoreError, match="there is no"):
        backup.restore(tmp_path / "none.db", database, NOON)


async def test_what_was_told_since_the_copy_is_not_told_again(
    open_store: Callable[[], Store], database: Path, tmp_path: Path
) -> None:
    store = open_store()
    await tell(store, "one")
    copied = backup.make(database, tmp_path / "one.db")
    await tell(store, "one", "two")
    for delivery in await store.outbox.due(LATER, 10):
        await store.outbox.begin(delivery.key, LATER)
    await store.close()

    done = backup.restore(copied.path, database, LATER)
    assert done.aside is not None
    assert done.aside.exists()
    assert (done.carried["story"], done.carried["outbox"], done.unread) == (1, 1, "")
    store = open_store()
    assert await tell(store, "one", "two") == ["talks one", "talks two"]
    assert await store.outbox.due(LATER, 10) == [], "both were begun: they are looked for, not sent again"
    await store.close()


def spoil(database: Path) -> None:
    database.write_bytes(b"what a disk leaves behind")


async def test_a_replaced_database_that_nobody_can_read_is_kept_and_sources_start_over(
    open_store: Callable[[], Store], database: Path, tmp_path: Path
) -> None:
    store = open_store()
    await tell(store, "one")
    await store.close()
    copied = backup.make(database, tmp_path / "one.db")
    spoil(database)
    done = backup.restore(copied.path, database, LATER)
    assert "not a database" in done.unread
    assert done.aside is not None
    assert done.aside.read_bytes() == b"what a disk leaves behind"
    store = open_store()
    (claim,) = await store.claim(LATER + timedelta(days=1), 10, timedelta(minutes=1))
    assert claim.first
    await store.close()


def tear(database: Path, table: str) -> None:
    """Damage the first page of one table."""
    with closing(connect(database, "rw")) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    torn = bytearray(database.read_bytes())
    torn[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    database.write_bytes(torn)


async def test_a_torn_story_that_was_told_stays_known_and_one_that_was_not_is_told_after_all(
    open_store: Callable[[], Store], database: Path, tmp_path: Path
) -> None:
    store = open_store()
    await tell(store, "one")
    copied = backup.make(database, tmp_path / "one.db")
    await tell(store, "one", "two")
    for delivery in await store.outbox.due(LATER, 10):
        await store.outbox.begin(delivery.key, LATER)
        await store.outbox.settle(delivery.key, Settlement(state=State.SENT, reason="accepted"), LATER)
    await tell(store, "one", "two", "three")
    await store.close()
    tear(database, "story_version")

    done = backup.restore(copied.path, database, LATER)
    assert "story_version" in done.unread
    store = open_store()
    await tell(store, "one", "two", "three")
    waiting = await store.outbox.due(LATER, 10)
    assert [delivery.alert.story.title for delivery in waiting] == ["talks three"]
    await store.close()


async def test_what_a_torn_storys_message_told_of_as_well_is_not_told_again(
    open_store: Callable[[], Store], database: Path, tmp_path: Path
) -> None:
    store, clock = open_store(), FakeClock()
    quiet = {"talks": QuietSpec(at_most=Rate(count=1, per=timedelta(hours=1)))}
    newsroom = Newsroom(store, WordJudge({"talks": ("#news",)}, quiet=quiet), clock)
    await newsroom.add(source())
    await newsroom.visit("bbc", entry("a", "talks of iron and coal"))
    await newsroom.visit("bbc", entry("b", "talks on cheese"))  # over the limit
    copied = backup.make(database, tmp_path / "one.db")
    await newsroom.visit("bbc", entry("c", "talks about a bridge"))  # over the limit, and what the summary shows
    clock.advance(timedelta(hours=2))
    await newsroom.ingest.watch()
    await send(store, clock.now())
    await store.close()
    tear(database, "story_version")

    backup.restore(copied.path, database, clock.now())
    store = open_store()
    again = Newsroom(store, WordJudge({"talks": ("#news",)}, quiet=quiet), clock)
    await again.ingest.watch()
    told = {delivery.delivery.alert.story.title: delivery.delivery.state for delivery in await store.deliveries()}
    assert told == {"talks on cheese": State.SENT, "talks of iron and coal": State.SENT}
    await store.close()


async def test_a_copy_goes_where_nothing_was(database: Path, tmp_path: Path) -> None:
    copied = backup.make(database, tmp_path / "one.db")
    done = backup.restore(copied.path, tmp_path / "new" / "tocsin.db", NOON)
    assert (done.aside, done.carried) == (None, {})
    store = Store.open(f"sqlite:///{tmp_path / 'new' / 'tocsin.db'}", clock=FakeClock())
    await store.close()


def test_only_the_newest_copies_are_kept(database: Path, tmp_path: Path) -> None:
    folder, copies = tmp_path / "copies", Copies(f"sqlite:///{database}")
    for hour in range(4):
        copies.make(folder / copies.name_for(NOON + timedelta(hours=hour)))
    (folder / "tocsin-notes.db").touch()
    assert [one.name for one in copies.prune(folder, 2)] == [
        "tocsin-20261102T120000Z.db",
        "tocsin-20261102T130000Z.db",
    ]
    assert len(list(folder.iterdir())) == 3


def test_a_copy_is_not_what_fills_the_disk(database: Path, tmp_path: Path) -> None:
    target = tmp_path / "copies" / "one.db"
    with pytest.raises(StoreError, match=r"no room for a copy in .*copies: 0 MB are needed, and 30 MB are free"):
        backup.make(database, target, measure=lambda _: 30_000_000)
    assert not list(target.parent.iterdir())


# ---------------------------------------------------------------- a store that was lost, and begun anew


async def send(store: Store, at: datetime = LATER) -> None:
    for delivery in await store.outbox.due(at, 10):
        await store.outbox.begin(delivery.key, at)
        await store.outbox.settle(delivery.key, Settlement(state=State.SENT, reason="accepted"), at)


def lose(database: Path) -> None:
    for one in database.parent.glob(database.name + "*"):
        one.unlink()


def lines(database: Path) -> list[tuple[str, ...]]:
    with closing(connect(database, "ro")) as connection:
        return sorted(connection.execute("SELECT key, at, state, reason, detail FROM delivery_log"))


async def test_a_store_begun_anew_tells_nothing_that_the_copy_told(
    open_store: Callable[[], Store], database: Path, tmp_path: Path
) -> None:
    store = open_store()
    await tell(store, "one", "two")
    await send(store)
    copied = backup.make(database, tmp_path / "copies" / "one.db")
    told = lines(database)
    await store.close()
    lose(database)
    store = open_store()
    await tell(store, "one", "two", "three")
    for delivery in await store.outbox.due(LATER, 10):
        if delivery.alert.story.title == "talks three":
            await store.outbox.begin(delivery.key, LATER)
            await store.outbox.settle(delivery.key, Settlement(state=State.SENT, reason="accepted"), LATER)
    await store.close()
    anew = lines(database)

    done = backup.restore(copied.path, database, LATER)
    assert (done.twins, done.withdrawn, done.unread) == (2, 2, "")
    store = open_store()
    assert await store.outbox.due(LATER, 10) == []
    reasons = [row.reason for row in await store.deliveries(limit=100) if row.delivery.state is State.WITHDRAWN]
    assert reasons == ["copy", "copy"]
    newsroom = Newsroom(store, WordJudge({"talks": ("#news",)}), FakeClock(LATER))
    await newsroom.add(source())
    await newsroom.visit("bbc", entry("one", "talks one, edited"), entry("two", "talks two"))
    assert await store.outbox.due(LATER + timedelta(days=1), 10) == []
    await store.close()
    assert set(told) | set(anew) <= set(lines(database)), "two lines of one id are two lines"


async def test_what_only_the_store_begun_anew_has_told_is_not_told_by_the_copy(
    open_store: Callable[[], Store], database: Path, tmp_path: Path
) -> None:
    store = open_store()
    await tell(store, "one")
    copied = backup.make(database, tmp_path / "copies" / "one.db")
    await store.close()
    lose(database)
    store = open_store()
    await tell(store, "one")
    await send(store)
    await store.close()
    backup.restore(copied.path, database, LATER)
    store = open_store()
    assert await store.outbox.due(LATER, 10) == []
    await store.close()


async def test_what_waited_in_the_copy_is_looked_for_before_it_is_sent(
    open_store: Callable[[], Store], database: Path, tmp_path: Path
) -> None:
    store = open_store()
    await tell(store, "one", "two")
    copied = backup.make(database, tmp_path / "copies" / "one.db")
    await send(store)  # the lost store sent both, and nobody knows
    await store.close()
    lose(database)
    backup.restore(copied.path, database, LATER)
    store = open_store()
    waiting = await store.outbox.due(LATER, 10)
    assert [one.state for one in waiting] == [State.UNCLEAR, State.UNCLEAR]
    assert {row.reason for row in await store.deliveries()} == {"restored"}
    found = Settlement(state=State.SENT, reason="found", attempts=waiting[0].attempts)
    await store.outbox.settle(waiting[0].key, found, LATER)
    await store.close()


async def test_what_the_replaced_store_knows_to_wait_is_simply_sent(
    open_store: Callable[[], Store], database: Path, tmp_path: Path
) -> None:
    store = open_store()
    await tell(store, "one", "two")
    copied = backup.make(database, tmp_path / "copies" / "one.db")
    await store.close()
    backup.restore(copied.path, database, LATER)
    store = open_store()
    assert [one.state for one in await store.outbox.due(LATER, 10)] == [State.PENDING, State.PENDING]
    await store.close()


async def test_gaps_of_both_stores_stay(open_store: Callable[[], Store], database: Path, tmp_path: Path) -> None:
    """Each counts its gaps from 1."""

    def note(source_id: str, since: int) -> None:
        with closing(connect(database, "rw")) as connection:
            values = (source_id, since, since + 1)
            connection.execute(
                "INSERT INTO gap (source_id, home, since, until, late_ms, failures, state, result, tries, documents, "
                "unread, entries, stories, way, token) VALUES (?, '', ?, ?, 0, 1, 'over', '', 0, 0, 0, 0, 0, '{}', 0)",
                values,
            )

    store = open_store()
    await store.sync_sources([source(), source("nhk")], NOON)
    await store.close()
    note("bbc", 1)
    copied = backup.make(database, tmp_path / "copies" / "one.db")
    with closing(connect(database, "rw")) as connection:
        connection.execute("DELETE FROM gap")
    for source_id, since in (("nhk", 5), ("bbc", 1), ("bbc", 9)):
        note(source_id, since)
    backup.restore(copied.path, database, LATER)
    with closing(connect(database, "ro")) as connection:
        found = connection.execute("SELECT source_id, since FROM gap ORDER BY 1, 2").fetchall()
    assert [tuple(row) for row in found] == [("bbc", 1), ("bbc", 9), ("nhk", 5)]


async def test_a_rule_that_the_copy_does_not_know_tells_of_what_it_found_meanwhile(
    open_store: Callable[[], Store], database: Path, tmp_path: Path
) -> None:
    store = open_store()
    newsroom = Newsroom(store, WordJudge({}), FakeClock())
    await newsroom.add(source())
    await newsroom.visit("bbc", entry("one", "talks one"))
    copied = backup.make(database, tmp_path / "copies" / "one.db")
    await store.close()
    lose(database)
    store = open_store()
    await tell(store, "one")
    await store.close()
    assert backup.restore(copied.path, database, LATER).withdrawn == 0
    store = open_store()
    assert [one.alert.story.title for one in await store.outbox.due(LATER, 10)] == ["talks one"]
    await store.close()


# ---------------------------------------------------------------- restoring where there is no space, or half done


def test_a_disk_without_room_for_both_is_found_before_anything_is_done(database: Path, tmp_path: Path) -> None:
    copied = backup.make(database, tmp_path / "one.db")
    before = database.read_bytes()
    room = copied.size + 32_000_000 + sum(one.stat().st_size for one in database.parent.glob("tocsin.db*"))
    with pytest.raises(StoreError, match="no room for a copy"):
        backup.restore(copied.path, database, NOON, measure=lambda _: room - 1)
    assert database.read_bytes() == before
    backup.restore(copied.path, database, NOON, measure=lambda _: room)


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """Let no file of this process grow above so many bytes: the next write beyond fails as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_disk_that_fills_up_meanwhile_is_no_damage_of_the_old_store(
    open_store: Callable[[], Store], database: Path, tmp_path: Path
) -> None:
    copied = backup.make(database, tmp_path / "one.db")
    store = open_store()
    newsroom = Newsroom(store, WordJudge({}), FakeClock())
    await newsroom.add(source())
    await newsroom.visit("bbc", *(entry(f"n{number}", f"number {number}", "words " * 2_000) for number in range(20)))
    await store.close()
    with no_file_above(copied.size + 20_000), pytest.raises(StoreError, match="cannot be written"):
        carrying.carry(database, copied.path)


def aside_of(database: Path) -> list[Path]:
    return list(database.parent.glob("*.replaced-*"))


async def test_the_store_that_is_set_aside_needs_no_log_beside_it(
    open_store: Callable[[], Store], database: Path, tmp_path: Path
) -> None:
    copied = backup.make(database, tmp_path / "one.db")
    store = open_store()
    await tell(store, "one")
    living = {one: one.read_bytes() for one in database.parent.glob(database.name + "*") if one.suffix != ".lock"}
    await store.close()
    for one, content in living.items():  # as a program that was killed leaves it
        one.write_bytes(content)
    assert database.with_name(database.name + "-wal").stat().st_size > 0
    done = backup.restore(copied.path, database, LATER)
    assert done.aside is not None
    assert aside_of(database) == [done.aside], "a crash before the end would lose what is in a log"
    assert backup.verify(done.aside).counts["outbox"] == 1
