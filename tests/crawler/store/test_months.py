from __future__ import annotations

import asyncio
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Text, column, delete, func, insert, literal_column, select, table

from alerts.errors import StoreError
from alerts.search.query import parse
from crawler.ids import STORY_EPOCH, STORY_TAIL
from crawler.store import Store, migrate, months, opening, search
from crawler.store import postgres as postgres_engine
from crawler.store.fulltext import fulltext_of, story_search
from crawler.store.kinship import sketch
from crawler.store.months import PARTED, Month
from crawler.store.schema import left_out, metadata, source, story, story_version
from crawler.store.search import Search
from tests.crawler.engines import postgresql_only
from tests.crawler.store.makers import Newsroom, WordJudge, entry
from tests.crawler.store.makers import source as made
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from tests.postgres import Server

DAY = timedelta(days=1)
THIS = months.month_at(NOON)
MOMENTS = st.timedeltas(timedelta(), 24_000 * DAY).map(lambda gone: STORY_EPOCH + gone)


def id_at(moment: datetime, tail: int = 0) -> int:
    return ((moment - STORY_EPOCH) // timedelta(milliseconds=1) << STORY_TAIL) + tail


def parts(connection: Connection, name: str = "story_version") -> dict[str, list[int]]:
    """Return the parts of a table, each with the stories in it."""
    found: dict[str, list[int]] = {one: [] for one in months._parts(connection) if one.startswith(f"{name}_")}
    part = literal_column("tableoid::regclass", Text).label("part")
    rows = table(name, column("story_id"))
    for row in connection.execute(select(part, rows.c.story_id).order_by(rows.c.story_id)):
        found[row.part].append(row.story_id)
    return found


def fill(connection: Connection, ids: Sequence[int]) -> None:
    """Write stories, each with a row in every parted table."""
    if connection.scalar(select(func.count()).select_from(source)) == 0:
        row: dict[str, Any] = {"id": "bbc", "enabled": True, "kind": "feed", "url": "u", "name": "BBC", "tier": 1}
        connection.execute(insert(source), row | {"next_due": NOON, "next_why": "", "lease_token": 0, "failures": 0})
    for one in ids:
        at = STORY_EPOCH + timedelta(milliseconds=one >> STORY_TAIL)
        whole = {"id": one, "source_id": "bbc", "group_id": one, "version": 1, "seen": at, "ignored": 0}
        version = {"story_id": one, "version": 1, "at": at, "title": "talks", "text": "words"}
        connection.execute(insert(story), whole)
        connection.execute(insert(story_version), version | {"authors": [], "tags": [], "rules": "r"})
        connection.execute(insert(story_search), {"story_id": one, "title": "talks", "text": f"words {one}"})
        connection.execute(insert(sketch), {"story_id": one, "algo": "a", "truncated": False, "scheme": "s"})
        connection.execute(insert(left_out), {"story_id": one, "at": at, "passages": b"\0"})


def plan(connection: Connection, query: Any) -> str:
    asked = query.compile(connection, compile_kwargs={"literal_binds": True})
    return "\n".join(connection.exec_driver_sql(f"EXPLAIN {str(asked).replace('%', '%%')}").scalars())


@given(moment=MOMENTS)
def test_every_id_is_of_one_month_and_months_leave_no_gap(moment: datetime) -> None:
    month = months.month_of(id_at(moment))
    assert month.first <= id_at(moment) < month.end
    assert month.end == month.after(1).first
    assert month.after(13).after(-13) == month
    assert months.month_of(month.first) == month == months.month_of(month.end - 1)
    assert months.month_at(moment) == month
    assert all(months.is_part(month.part_of(name)) for name in PARTED)


def test_what_is_of_no_month_has_a_place() -> None:
    assert (months.month_of(-5), months.month_of(0)) == (Month(2024, 1), Month(2024, 1))
    assert str(Month(2026, 3)) == "2026-03"
    assert Month(2026, 3).part_of("sketch") == "sketch_2026_03"
    assert Month(2026, 12).after(1) == Month(2027, 1)
    assert not any(map(months.is_part, (None, "story_version", "story_version_2026", "story_2026_03", "page_default")))


async def test_months_are_made_ahead_once(store: Store, database: str) -> None:
    number = 3 if database == "postgresql" else 0
    assert await store.keeper.make_months(NOON) == number
    assert await store.keeper.make_months(NOON) == 0
    assert await store.keeper.make_months(NOON + 31 * DAY) == number // 3


async def test_no_month_is_dropped_where_there_is_none(store: Store) -> None:
    assert await store.keeper.drop_month(NOON) == ""


@postgresql_only
async def test_what_is_written_lands_in_its_month_and_what_has_none_still_goes_in(
    store: Store, clock: FakeClock
) -> None:
    room = Newsroom(store, WordJudge({}), clock)
    await room.add(made())
    await room.visit("bbc", entry("a", "before there are months", "words"))
    await store.keeper.make_months(NOON)
    await room.visit("bbc", entry("b", "after", "words"))
    clock.advance(400 * DAY)
    await room.visit("bbc", entry("c", "when nobody made any", "words"))

    def check(connection: Connection) -> None:
        assert connection.scalar(select(func.count()).select_from(sketch)) == 3
        for name in ("story_version", "story_search", "sketch"):
            found = parts(connection, name)
            assert [len(found[one]) for one in (THIS.part_of(name), f"{name}_default")] == [2, 1]

    await store._write(check)
    assert len(await store.search(Search(query=parse("words")))) == 3


@postgresql_only
async def test_rows_that_came_early_are_moved_when_their_month_is_made(store: Store) -> None:
    early = [THIS.first, THIS.end - 1]
    others = [THIS.first - 1, THIS.after(3).first]

    def check(connection: Connection) -> None:
        fill(connection, [*early, *others])
        before = {name: connection.execute(metadata.tables[name].select()).all() for name in PARTED}
        assert [one.number for one in months.make(connection, months.ahead(NOON))] == [
            THIS.after(number).number for number in range(3)
        ]
        for name in PARTED:
            found = parts(connection, name)
            assert found[THIS.part_of(name)] == early
            assert found[f"{name}_default"] == others
            assert sorted(connection.execute(metadata.tables[name].select()).all()) == sorted(before[name])

    await store._write(check)


@postgresql_only
async def test_a_month_has_all_that_its_table_has(store: Store) -> None:
    await store.keeper.make_months(NOON)

    def check(connection: Connection) -> None:
        options = {"compare_type": True, "include_name": search.is_compared}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
        asked = (
            "SELECT conrelid::regclass::text, contype, confdeltype FROM pg_constraint "
            "WHERE conrelid = ANY(%s::regclass[])"
        )
        for name in PARTED:
            of = [name, THIS.part_of(name), f"{name}_default"]
            rows = connection.exec_driver_sql(asked, (of,)).all()
            kinds = {one: {tuple(row[1:]) for row in rows if row[0] == one} for one in of}
            assert kinds[name] == kinds[of[1]] == kinds[of[2]] != set()
            assert {row[1] for row in rows} >= {"p", "f"}
        made_of = "SELECT indexdef FROM pg_indexes WHERE tablename = %s AND indexdef LIKE '%%USING gin%%'"
        assert connection.exec_driver_sql(made_of, (THIS.part_of("story_search"),)).one()

    await store._write(check)


@postgresql_only
async def test_a_month_goes_when_it_is_over_and_all_but_empty(store: Store) -> None:
    old, next_ = Month(2026, 1), Month(2026, 2)
    ids = [old.first + number for number in range(5)]

    def check(connection: Connection) -> None:
        fill(connection, [*ids, next_.first])
        months.make(connection, [old, next_])
        end = datetime(2026, 2, 1, tzinfo=UTC)
        assert months.drop(connection, end - timedelta(hours=1), 5) is None, "it is not over"
        assert months.drop(connection, end, 4) is None, "more is needed of it"
        for name in PARTED:
            connection.execute(delete(metadata.tables[name]).where(metadata.tables[name].c.story_id < ids[3]))
        connection.execute(delete(story).where(story.c.id < ids[3]))
        assert months.drop(connection, end, 2) == old
        assert months.drop(connection, end, 2) is None
        for name in PARTED:
            found = parts(connection, name)
            assert old.part_of(name) not in found
            assert found[f"{name}_default"] == ids[3:], "what is needed is kept"
            assert found[next_.part_of(name)] == [next_.first]

    await store._write(check)
    assert {one.id for one in await store.search(Search(query=parse("talks")))} == {*ids[3:], next_.first}
    assert await store.keeper.drop_month(NOON) == str(next_)
    assert await store.keeper.forget("stories", NOON, 0, 10) == (next_.first, 3)


@postgresql_only
async def test_the_disk_has_its_space_back_at_once(store: Store) -> None:
    old = Month(2026, 1)

    def size(connection: Connection) -> int:
        return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())

    await store._write(lambda connection: months.make(connection, [old]))
    await store._write(lambda connection: fill(connection, [old.first + number for number in range(300)]))
    full = await store._write(size)
    assert (await store.keeper.forget("stories", NOON, 0, 300))[1] == 300
    removed = await store._write(size)
    assert removed >= full
    assert await store.keeper.drop_month(NOON) == str(old)
    assert await store._write(size) < removed


@postgresql_only
async def test_two_who_lead_at_once_make_and_drop_each_month_once(store: Store, store_url: str) -> None:
    first, _ = opening.beside(store_url, NOON, 5)
    second, _ = opening.beside(store_url, NOON, 5)
    try:
        wanted = [Month(2026, 1), *months.ahead(NOON)]
        both = [one.run(lambda connection: months.make(connection, wanted)) for one in (first, second)]
        assert sorted(len(one) for one in await asyncio.gather(*both)) == [0, 4]
        both_drop = [one.run(lambda connection: months.drop(connection, NOON)) for one in (first, second)]
        assert [one for one in await asyncio.gather(*both_drop) if one] == [Month(2026, 1)]
    finally:
        first.close()
        second.close()
    assert await store.keeper.make_months(NOON) == 0


@postgresql_only
async def test_who_reads_is_not_waited_for_and_nothing_is_half_done(store: Store, store_url: str) -> None:
    with closing(postgres_engine.reader(postgres_engine.locate(store_url)).connect()) as reading, reading.begin():
        reading.execute(story_version.select())
        with pytest.raises(StoreError, match="somebody reads for long"):
            await store.keeper.make_months(NOON)
        assert await store._write(parts) == {"story_version_default": []}
    assert await store.keeper.make_months(NOON) == 3


@postgresql_only
async def test_rows_that_a_long_reader_may_still_see_stay_where_they_are(store: Store, store_url: str) -> None:
    old = Month(2026, 1)
    await store._write(lambda connection: months.make(connection, [old]))
    await store._write(lambda connection: fill(connection, [THIS.first]))
    with closing(postgres_engine.reader(postgres_engine.locate(store_url)).connect()) as reading, reading.begin():
        reading.execute(story.select())
        with pytest.raises(StoreError, match="has read in one transaction"):
            await store._write(lambda connection: months.make(connection, [THIS], long=0))
        with pytest.raises(StoreError, match="has read in one transaction"):
            await store._write(lambda connection: months.drop(connection, NOON, long=0))
        assert await store._write(parts) == {old.part_of("story_version"): [], "story_version_default": [THIS.first]}
    assert await store._write(lambda connection: months.make(connection, [THIS], long=0)) == [THIS]
    assert await store._write(lambda connection: months.drop(connection, NOON, long=0)) == old


@postgresql_only
@pytest.mark.parametrize(
    ("words", "tables"),
    [
        ("talks", ["story_search"]),
        ("-talks", ["story_search", "story_version"]),
        ("source:bbc", ["story_version"]),
        ("talks lang:en", ["story_search", "story_version"]),
    ],
)
async def test_a_search_of_a_time_does_not_look_into_older_months(
    store: Store, words: str, tables: Sequence[str]
) -> None:
    old = [Month(2026, number) for number in range(1, 5)]

    def check(connection: Connection) -> None:
        months.make(connection, [*old, *months.ahead(NOON)])
        fill(connection, [one.first for one in old])
        query = parse(words)
        of = fulltext_of(connection)
        conditions = search.narrowed(connection, query)
        whole, _ = search._chosen(of, query.words, None, conditions)
        bounded, _ = search._chosen(of, query.words, datetime(2026, 3, 15, tzinfo=UTC), conditions)
        before, found = plan(connection, whole), plan(connection, bounded)
        for name in tables:
            assert old[1].part_of(name) in before
            assert old[2].part_of(name) in found
            assert not any(one.part_of(name) in found for one in old[:2])

    await store._write(check)


def test_the_rows_of_an_older_schema_come_into_their_months(postgres: Server) -> None:
    name = postgres.make()
    ids = [id_at(datetime(2026, number, 15, tzinfo=UTC), number) for number in (3, 3, 7)]
    ids[1] += 1
    with closing(postgres_engine.guest(postgres_engine.locate(postgres.url(name))).connect()) as connection:
        config = migrate._config()
        config.attributes["connection"] = connection
        with connection.begin():
            command.upgrade(config, "0019")
            fill(connection, [*ids, id_at(NOON)])
            connection.exec_driver_sql("GRANT SELECT ON sketch TO PUBLIC")
            before = {one: sorted(connection.execute(metadata.tables[one].select()).all()) for one in PARTED}
        with connection.begin():
            migrate.upgrade(connection)
            for one in PARTED:
                found = parts(connection, one)
                assert found[Month(2026, 3).part_of(one)] == ids[:2]
                assert found[Month(2026, 7).part_of(one)] == ids[2:]
                assert found[f"{one}_default"] == []
                assert sorted(connection.execute(metadata.tables[one].select()).all()) == before[one]
            granted = "SELECT privilege_type FROM information_schema.table_privileges WHERE grantee = 'PUBLIC' "
            assert connection.exec_driver_sql(granted + "AND table_name = 'sketch'").scalars().all() == ["SELECT"]
            context = MigrationContext.configure(connection, opts={"include_name": search.is_compared})
            assert compare_metadata(context, metadata) == []
    postgres.drop(name)


def test_a_view_of_somebody_else_is_not_dropped_with_its_table(postgres: Server) -> None:
    name = postgres.make()
    with closing(postgres_engine.guest(postgres_engine.locate(postgres.url(name))).connect()) as connection:
        config = migrate._config()
        config.attributes["connection"] = connection
        with connection.begin():
            command.upgrade(config, "0019")
            connection.exec_driver_sql("CREATE VIEW titles AS SELECT title FROM story_version")
    with pytest.raises(StoreError, match="depends on a table that is made anew"):
        Store.open(postgres.url(name), clock=FakeClock())
    postgres.drop(name)
