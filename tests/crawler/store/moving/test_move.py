from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path
from signal import SIGKILL
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, text, update

from alerts.errors import StoreError
from alerts.search.query import parse
from crawler.store import Store, engine, months, opening
from crawler.store.fulltext import SHADOWS
from crawler.store.moving.move import LEFT, Moved, move
from crawler.store.schema import audit, hold, lease, metadata, source, story, story_version
from crawler.store.search import Order, Search
from tests.crawler.store.makers import HOUR, Newsroom, WordJudge, entry
from tests.crawler.store.makers import source as made
from tests.crawler.store.moving.conftest import WAYS
from tests.crawler.store.moving.stores import contents, fill, frame, opened, tables
from tests.crawler.store.test_backup import no_file_above
from tests.crawler.store.test_months import parts
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.postgres import Server

ROOT = Path(__file__).parents[4]
both = pytest.mark.parametrize("way", WAYS[:2], indirect=True)
QUERIES = ("talks", "lithium OR zinc", '"open talks"', "重要鉱物", "talk* -zinc")


def go(source_url: str, target_url: str, tell: Callable[[str, int, int], None] = lambda *_: None) -> Moved:
    return move(source_url, target_url, FakeClock().now, tell, page=2)


def at(number: int, do: Callable[[], None], what: str = "") -> Callable[[str, int, int], None]:
    """Do something when the copy has told for the so manyeth time how far it is with what is called so."""
    told: list[str] = []

    def tell(name: str, _done: int, _of: int) -> None:
        if name.startswith(what):
            told.append(name)
            if len(told) == number:
                do()

    return tell


def execute(url: str, *statements: object) -> None:
    with closing(opened(url).connect()) as connection, connection.begin():
        for statement in statements:
            connection.execute(statement)  # type: ignore[call-overload]  # by tests


def stop() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("way", WAYS, indirect=True)
def test_every_table_is_moved_or_left_on_purpose(source_url: str, target_url: str) -> None:
    fill(source_url)
    done = go(source_url, target_url)
    assert done.complete
    assert {one.name: (one.rows, one.there) for one in done.tables} == dict.fromkeys(contents(source_url), (3, 3))
    assert contents(target_url) == contents(source_url)
    assert {one.name for one in done.tables} | {table.name for table in LEFT} == set(metadata.tables)
    assert tables(source_url) - SHADOWS - {"alembic_version"} == set(metadata.tables)
    for table in LEFT:
        with closing(opened(target_url).connect()) as connection:
            assert connection.execute(table.select()).all() == []


def test_the_command_by_itself_knows_every_table(sqlite_url: str) -> None:
    script = "from crawler.store.moving.move import LEFT, carried; print(*(one.name for one in [*carried(), *LEFT]))"
    said = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert set(said.split()) == tables(sqlite_url) - SHADOWS - {"alembic_version"}


@both
def test_leases_end(source_url: str, target_url: str) -> None:
    fill(source_url)
    go(source_url, target_url)
    with closing(opened(target_url).connect()) as connection:
        assert set(connection.scalars(source.select().with_only_columns(source.c.lease_until))) == {None}


@both
def test_the_copy_has_all_indexes_and_references(
    source_url: str, target_url: str, way: tuple[str, str], request: pytest.FixtureRequest
) -> None:
    fill(source_url)
    go(source_url, target_url)
    fresh = request.getfixturevalue("sqlite_url" if way[1] == "sqlite" else "postgres_url")
    assert frame(target_url) == frame(fresh)


@both
async def test_a_moved_store_finds_tells_and_goes_on(source_url: str, target_url: str) -> None:
    clock, judge = FakeClock(), WordJudge({"talks": ("#news",), "RARE": ("#news", "#minerals")})
    room = Newsroom(Store.open(source_url, clock=clock), judge, clock)
    await room.add(made(), made("nhk"))
    await room.visit("bbc", entry("a", "Japan and France open talks", "About lithium, and RARE earths."))
    clock.advance(HOUR)
    await room.visit("nhk", entry("b", "日本は重要鉱物の協定", "日本とフランスは重要鉱物について協議した。"))
    await room.visit(
        "bbc", entry("c", "Zinc talks fail", "Nobody talks."), entry("a", "Japan and France end talks", "Lithium.")
    )
    told, found = await room.told(), [await ids(room.store, words) for words in QUERIES]
    assert [len(one) for one in found] == [2, 2, 0, 1, 1]
    await room.store.close()

    assert go(source_url, target_url).complete
    moved = Newsroom(Store.open(target_url, clock=clock), judge, clock)
    assert await moved.told() == told
    assert [await ids(moved.store, words) for words in QUERIES] == found
    moved._claims_at = room._claims_at
    await moved.add(made(), made("nhk"), visited=False)
    again = await moved.visit("bbc", entry("c", "Zinc talks fail", "Nobody talks."), entry("d", "RARE talks"))
    assert (again.new, again.alerts) == (1, 2)
    assert len(await ids(moved.store, "talks")) == 3
    await moved.store.close()


async def ids(store: Store, words: str) -> list[int]:
    found = {order: await store.search(Search(query=parse(words), order=order)) for order in Order}
    assert {one.id for one in found[Order.NEWEST]} == {one.id for one in found[Order.RELEVANCE]}
    return [one.id for one in found[Order.NEWEST]]


@both
async def test_beside_a_daemon_it_is_not_complete_and_then_the_rest_is_brought_over(
    source_url: str, target_url: str
) -> None:
    clock = FakeClock()
    room = Newsroom(Store.open(source_url, clock=clock), WordJudge({"talks": ("#news",)}), clock)
    await room.add(made())
    await room.visit("bbc", entry("a", "Old talks"))
    await asyncio.to_thread(
        execute, source_url, insert(hold).values(channel="#x", until=NOON, reason="", refused=False)
    )
    first = await asyncio.to_thread(go, source_url, target_url)
    assert first.company
    assert not first.complete
    with pytest.raises(StoreError, match=r"unfinished copy of .*run the same"):
        Store.open(target_url, clock=clock)
    with pytest.raises(StoreError, match=r"unfinished copy of .*run the same"):
        opening.to_read(target_url)

    await room.visit("bbc", entry("a", "Other talks"), entry("b", "More talks"))
    await room.store.close()
    execute(source_url, delete(hold))
    second = go(source_url, target_url)
    assert (second.complete, second.company) == (True, "")
    changed = {one.name: (one.written, one.removed) for one in second.tables if one.written or one.removed}
    assert changed["story"] == (2, 0)
    assert changed["story_version"] == (2, 0)
    assert changed["hold"] == (0, 1)
    assert "line" not in changed
    assert contents(target_url) == contents(source_url)


@both
@pytest.mark.parametrize("number", [1, 40, 250])
def test_a_copy_that_was_stopped_goes_on(source_url: str, target_url: str, number: int) -> None:
    fill(source_url, rows=5)
    with pytest.raises(KeyboardInterrupt):
        go(source_url, target_url, at(number, stop))
    with pytest.raises(StoreError, match="unfinished copy"):
        Store.open(target_url, clock=FakeClock())
    done = go(source_url, target_url)
    assert done.complete
    assert contents(target_url) == contents(source_url)
    if number > 1:
        assert sum(one.written for one in done.tables) < sum(one.rows for one in done.tables)


@given(stops=st.lists(st.integers(1, 300), max_size=2), changed=st.sets(st.integers(1, 5)))
@settings(max_examples=5, deadline=None)
def test_however_often_it_is_stopped_and_whatever_changes_meanwhile(
    empty_sqlite: Path, stops: list[int], changed: set[int]
) -> None:
    with TemporaryDirectory() as folder:
        source_url, target_url = (f"sqlite:///{folder}/{name}.db" for name in ("source", "target"))
        for url in (source_url, target_url):
            shutil.copy(empty_sqlite, engine.locate(url))
        fill(source_url, rows=5)
        for number in stops:
            with suppress(KeyboardInterrupt):
                go(source_url, target_url, at(number, stop))
            which = audit.c.id.in_(changed)
            execute(source_url, delete(audit).where(which), update(source).values(entries=number))
        assert go(source_url, target_url).complete
        assert contents(target_url) == contents(source_url)


@pytest.mark.parametrize("way", ["sqlite to sqlite"], indirect=True)
def test_a_disk_that_fills_up_is_said_and_no_damage(source_url: str, target_url: str) -> None:
    fill(source_url, rows=300)
    with no_file_above(700_000), pytest.raises(StoreError, match="run the same command again"):
        move(source_url, target_url, FakeClock().now, lambda *_: None)
    assert go(source_url, target_url).complete
    assert contents(target_url) == contents(source_url)


@both
def test_a_copy_that_was_killed_goes_on(source_url: str, target_url: str) -> None:
    fill(source_url, rows=5)
    script = (
        "import os, sys; from tests.crawler.store.moving.test_move import at, go\n"
        "go(*sys.argv[1:], at(12, lambda: os.kill(os.getpid(), 9)))"
    )
    killed = subprocess.run([sys.executable, "-c", script, source_url, target_url], cwd=ROOT, check=False)
    assert killed.returncode == -SIGKILL
    assert go(source_url, target_url).complete
    assert contents(target_url) == contents(source_url)


@both
def test_a_whole_copy_is_caught_up_with_until_a_tocsin_works_on_it(source_url: str, target_url: str) -> None:
    fill(source_url)
    assert go(source_url, target_url).complete
    execute(source_url, update(source).values(name="another"), delete(audit))
    again = go(source_url, target_url)
    assert again.complete
    assert [(one.name, one.written, one.removed) for one in again.tables if one.written or one.removed] == [
        ("audit", 0, 3),
        ("source", 3, 0),
    ]
    opening.to_read(target_url).close()  # who only reads leaves the mark
    assert go(source_url, target_url).complete
    asyncio.run(Store.open(target_url, clock=FakeClock()).close())
    with pytest.raises(StoreError, match="a store is there already, with rows in"):
        go(source_url, target_url)


@both
def test_a_store_in_use_is_not_written_over(source_url: str, target_url: str, tmp_path: Path) -> None:
    asyncio.run(Store.open(target_url, clock=FakeClock()).close())
    assert go(source_url, target_url).complete, "an empty store can be filled"
    execute(target_url, insert(lease).values(name="tick", token=1))
    with pytest.raises(StoreError, match="a Tocsin has worked there since"):
        go(source_url, target_url)
    other = f"sqlite:///{tmp_path}/other.db"
    asyncio.run(Store.open(other, clock=FakeClock()).close())
    with pytest.raises(StoreError, match=r"a copy of .* was begun there, and not of"):
        go(other, target_url)
    with pytest.raises(StoreError, match="is the store itself"):
        go(other, other)


@both
def test_a_daemon_on_either_side_is_seen(source_url: str, target_url: str) -> None:
    daemon = Store.open(target_url, clock=FakeClock())
    with pytest.raises(StoreError, match="in use by another Tocsin"):
        go(source_url, target_url)
    asyncio.run(daemon.close())
    tried: list[StoreError] = []

    def start() -> None:
        for url in (source_url, target_url):
            with pytest.raises(StoreError) as refused:
                Store.open(url, clock=FakeClock())
            tried.append(refused.value)

    assert go(source_url, target_url, at(3, start)).complete
    assert len(tried) == 2


@pytest.mark.parametrize("way", ["sqlite to postgresql"], indirect=True)
def test_stories_of_every_time_come_into_their_months(source_url: str, target_url: str) -> None:
    fill(source_url)
    assert go(source_url, target_url).complete
    later, beyond = months.ahead(NOON)[1], months.month_at(NOON).after(40)
    fresh: dict[str, Any] = {"version": 1, "seen": NOON, "ignored": 0}
    words = {"version": 1, "at": NOON, "title": "", "text": "", "authors": [], "tags": [], "rules": ""}
    with closing(opened(source_url).connect()) as connection, connection.begin():
        fresh["source_id"] = connection.scalar(select(source.c.id).limit(1))
        for one in (later.first, beyond.first):
            connection.execute(insert(story), fresh | {"id": one, "group_id": one})
            connection.execute(insert(story_version), words | {"story_id": one})
    assert go(source_url, target_url).complete
    first, last = months.month_of(1).part_of("story_version"), later.part_of("story_version")
    with closing(opened(target_url).connect()) as connection:
        found = parts(connection)
        assert (found[first], found[last]) == ([1, 2, 3], [later.first])
        assert found["story_version_default"] == [beyond.first], "a clock was wrong"
    assert contents(target_url) == contents(source_url)


@pytest.mark.parametrize("way", ["sqlite to postgresql"], indirect=True)
def test_what_postgresql_cannot_keep_is_replaced_and_counted(source_url: str, target_url: str) -> None:
    fill(source_url)
    with closing(engine.connect(engine.locate(source_url), "rw")) as connection:
        connection.execute(
            "UPDATE story_version SET text = 'a' || char(0) || 'b' || char(0), title = 'ok' WHERE version = 1"
        )
        connection.execute("UPDATE audit SET detail = CAST(X'61FF62C3A9' AS TEXT) WHERE id = 2")
        connection.execute("UPDATE host SET name = 'h' || char(0) WHERE name LIKE 'name 1%'")
    done = go(source_url, target_url)
    assert done.complete
    assert done.replaced == {"audit.detail": 1, "host.name": 1, "story_version.text": 2}
    there = contents(target_url)
    assert [row for row in there["story_version"] if "a\ufffdb\ufffd" in row]
    assert [row for row in there["audit"] if "a\ufffdbé" in row]
    assert go(source_url, target_url).complete
    assert contents(target_url) == there


@pytest.mark.parametrize("way", ["postgresql to sqlite"], indirect=True)
def test_new_rows_of_sqlite_and_the_index_of_words_are_sound(source_url: str, target_url: str) -> None:
    fill(source_url)
    go(source_url, target_url)
    with closing(engine.connect(engine.locate(target_url), "rw")) as connection:
        connection.execute("INSERT INTO story_fts (story_fts, rank) VALUES ('integrity-check', 1)")
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA auto_vacuum").fetchone() == (2,)


@pytest.mark.parametrize("way", ["sqlite to postgresql"], indirect=True)
def test_a_connection_that_is_cut_can_be_taken_up_again(source_url: str, target_url: str) -> None:
    fill(source_url, rows=5)

    def cut() -> None:
        with psycopg.connect(target_url.replace("+psycopg", ""), autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    for number, what in ((4, ""), (2, "verdict"), (3, "index"), (2, "reference")):
        with pytest.raises(StoreError, match="what was copied stays: run the same command again"):
            go(source_url, target_url, at(number, cut, what))
    assert go(source_url, target_url).complete
    assert contents(target_url) == contents(source_url)


@pytest.mark.parametrize("way", ["sqlite to postgresql"], indirect=True)
def test_a_server_that_is_not_there_or_does_not_let_us_in_is_named(
    source_url: str, target_url: str, postgres: Server
) -> None:
    for wrong, said in (
        (target_url.replace(f":{postgres.port}/", ":1/"), "cannot be reached"),
        (target_url + "x", "does not let us in"),
    ):
        with pytest.raises(StoreError, match=said):
            go(source_url, wrong)


@pytest.mark.parametrize("way", ["sqlite to postgresql"], indirect=True)
def test_a_user_who_may_make_no_tables_is_told_so(source_url: str, target_url: str) -> None:
    with psycopg.connect(target_url.replace("+psycopg", ""), autocommit=True) as owner:
        owner.execute("DROP ROLE IF EXISTS stranger")
        owner.execute("CREATE ROLE stranger LOGIN")
    with pytest.raises(StoreError, match="make it the owner of the database"):
        go(source_url, target_url.replace("tocsin@", "stranger@"))


def test_a_database_that_sorts_texts_as_people_do_is_walked_in_the_same_order(
    sqlite_url: str, new_file: str, postgres: Server
) -> None:
    with psycopg.connect(postgres.url("postgres").replace("+psycopg", ""), autocommit=True) as server:
        server.execute("DROP DATABASE IF EXISTS sorting WITH (FORCE)")
        server.execute("CREATE DATABASE sorting TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de'")
    names = [
        "a",
        "B",
        "b",
        "A",
        "ä",
        "Z",
        "_",
        "-",
        "10",
        "9",
        "鉱",
        "\N{GRINNING FACE}",
        "\uffff",
        "a b",
        "ab",
        "é",
        "e\u0301",
    ]
    rows = [{"channel": one, "until": NOON, "reason": "", "refused": False} for one in names]
    execute(sqlite_url, insert(hold).values(rows))
    there = postgres.url("sorting")
    assert go(sqlite_url, there).complete
    assert contents(there) == contents(sqlite_url)
    execute(sqlite_url, delete(hold).where(hold.c.channel.in_(["B", "é", "9"])), update(hold).values(reason="other"))
    assert go(sqlite_url, there).complete
    assert contents(there) == contents(sqlite_url)
    assert go(there, new_file).complete
    assert contents(new_file) == contents(sqlite_url)


@pytest.mark.parametrize("way", ["sqlite to postgresql"], indirect=True)
def test_another_program_s_tables_are_not_ours(source_url: str, target_url: str) -> None:
    execute(target_url, text("CREATE TABLE event (id integer)"))
    with pytest.raises(StoreError, match="'event' of another program"):
        go(source_url, target_url)


@pytest.mark.parametrize("way", ["sqlite to postgresql"], indirect=True)
def test_postgresql_numbers_new_rows_after_the_old(source_url: str, target_url: str) -> None:
    fill(source_url)
    go(source_url, target_url)
    execute(target_url, insert(audit).values(at=NOON, user="", deed="", subject="", detail=""))
    with closing(opened(target_url).connect()) as connection:
        assert max(connection.scalars(audit.select().with_only_columns(audit.c.id))) == 4


def test_there_must_be_a_store_to_move(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no store at"):
        go(f"sqlite:///{tmp_path}/none.db", f"sqlite:///{tmp_path}/new.db")
    assert not (tmp_path / "new.db").exists()
