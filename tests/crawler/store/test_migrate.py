from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, inspect, select, text

from alerts.errors import StoreError
from alerts.policy import Reason
from alerts.rules.spec import StreamSpec
from crawler.store import Store, engine, migrate
from crawler.store.schema import HEAD, metadata
from crawler.store.search import is_compared
from crawler.visits.page import PageState, PageVisit
from crawler.visits.poll import Answer
from crawler.visits.rhythm import Rhythm
from spiders.article import Article
from spiders.source import Fulltext
from tests.crawler.store.makers import Newsroom, WordJudge, entry, source
from tests.fakes import NOON, FakeClock


def execute(url: str, statement: str) -> None:
    with engine.writer(engine.locate(url)).connect() as connection, connection.begin():
        connection.execute(text(statement))


def go_back(url: str, revision: str) -> None:
    """Make of a database what an older program would have left: its tables, with what of the rows fits them."""
    path = engine.locate(url)
    older = path.with_name("older.db")
    config = migrate._config()
    with engine.writer(path).connect() as newer, engine.writer(older).connect() as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        tables = MetaData()
        tables.reflect(connection)
        for table in tables.sorted_tables:
            if table.name.startswith("story_fts"):
                continue  # the index makes its own rows
            if table.name != "alembic_version" and (rows := newer.execute(select(table)).mappings().all()):
                connection.execute(table.insert(), [dict(row) for row in rows])
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    older.replace(path)


def test_the_tables_and_the_migrations_agree(sqlite_url: str) -> None:
    with engine.writer(engine.locate(sqlite_url)).connect() as connection:
        options = {"compare_type": True, "render_as_batch": True, "include_name": is_compared}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
        inspected = inspect(connection)
        (told_once,) = [one for one in inspected.get_indexes("verdict") if one["name"] == "verdict_told_once"]
        assert told_once["unique"]
        assert str(told_once["dialect_options"]["sqlite_where"]) == "delivery IS NOT NULL"


def test_the_head_that_a_start_trusts_is_the_newest_script() -> None:
    scripts = ScriptDirectory.from_config(migrate._config())
    assert scripts.get_heads() == [HEAD]


def test_a_start_on_a_current_database_does_not_even_load_alembic(sqlite_url: str) -> None:
    script = (
        "import sys; from crawler.store import Store; from tests.fakes import FakeClock\n"
        "Store.open(sys.argv[1], clock=FakeClock())\n"
        "sys.exit('alembic' in sys.modules)"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", script, sqlite_url], cwd=root, check=False)
    assert done.returncode == 0


async def test_what_an_older_program_judged_is_the_past_of_a_condition(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/tocsin.db"
    clock, spec = FakeClock(), {"talks": StreamSpec(first_seen="source")}
    store = Store.open(url, clock=clock)
    newsroom = Newsroom(store, WordJudge({"talks": ("#news",)}), clock)
    await newsroom.add(source())
    await newsroom.visit("bbc", entry())
    await store.close()
    go_back(url, "0001")

    newsroom = Newsroom(Store.open(url, clock=clock), WordJudge({"talks": ("#news",)}, spec), clock)
    clock.advance(timedelta(days=1))
    await newsroom.add(source(), source("nhk"))
    assert (await newsroom.visit("bbc", entry("b", title="talks go on"))).alerts == 0
    assert (await newsroom.visit("nhk", entry("c", title="talks here"))).alerts == 1
    assert len(await newsroom.told()) == 2
    await newsroom.store.close()


async def test_sources_of_an_older_program_go_on_where_they_were(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/tocsin.db"
    clock = FakeClock()
    newsroom = Newsroom(Store.open(url, clock=clock), WordJudge({}), clock)
    await newsroom.add(source(), source("nhk"))
    await newsroom.visit("bbc", entry())
    await newsroom.visit("nhk", answer=Answer.FAILED, reason="timeout", reading=None, failures=3)
    await newsroom.store.close()
    go_back(url, "0002")

    store = Store.open(url, clock=clock)
    claims = {claim.source: claim for claim in await store.claim(NOON + timedelta(days=1), 10, timedelta(minutes=1))}
    standing = claims["nhk"].standing
    assert (standing.failures, standing.points, standing.last_ok, standing.rhythm) == (3, 3, NOON, Rhythm())
    bbc = claims["bbc"]
    assert (bbc.first, bbc.validators.etag, bbc.url, bbc.standing.given_up) == (False, 'W/"1"', None, False)
    assert bbc.unconditional  # nobody knows when the whole document was last seen
    await store.close()


async def test_stories_of_an_older_program_get_no_pages_and_its_messages_go_out_but_what_comes_has_them(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path}/tocsin.db"
    clock, judge = FakeClock(), WordJudge({"talks": ("#news",)})
    newsroom = Newsroom(Store.open(url, clock=clock), judge, clock)
    await newsroom.add(source())
    await newsroom.visit("bbc", entry("old", title="talks"))
    await newsroom.store.close()
    go_back(url, "0004")

    newsroom = Newsroom(Store.open(url, clock=clock), judge, clock)
    (due,) = await newsroom.store.outbox.due(NOON, 10)
    assert (due.alert.story.title, due.alert.story.section) == ("talks", None)
    await newsroom.add(source(fulltext=Fulltext.AUTO), visited=False)
    lease = timedelta(minutes=1)
    assert await newsroom.store.claim_pages(NOON, 10, lease) == []
    await newsroom.visit("bbc", entry("old", title="talks"))
    assert await newsroom.store.claim_pages(NOON, 10, lease) == []  # it is listed still, and known
    await newsroom.visit("bbc", entry("old", title="talks go on"), entry("new", title="A cat"))
    claims = await newsroom.store.claim_pages(NOON, 10, lease)
    assert sorted(claim.url for claim in claims) == ["https://bbc.example/new", "https://bbc.example/old"]
    found = Article(title="", text="talks at length", section="World", method="extraction")
    for claim in claims:
        visit = PageVisit(claim=claim, at=NOON, state=PageState.READ, reason="200", article=found)
        await newsroom.ingest.commit_page(visit)
    (old,) = [claim.story for claim in claims if claim.url.endswith("old")]
    story = await newsroom.store.story(old)
    assert story is not None
    assert (story.version, story.text, story.section) == (3, "talks at length", "World")
    assert sorted(title for _, title, _ in await newsroom.told()) == ["A cat", "talks go on"]
    await newsroom.store.close()


async def test_pages_that_an_older_program_read_are_not_visited_again_and_count_as_read(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/tocsin.db"
    clock, judge, lease = FakeClock(), WordJudge({"talks": ("#news",)}), timedelta(minutes=1)
    newsroom = Newsroom(Store.open(url, clock=clock), judge, clock)
    await newsroom.add(source(fulltext=Fulltext.AUTO))
    await newsroom.visit("bbc", entry("a", title="A cat"), entry("b", title="A dog"))
    read, unread = await newsroom.store.claim_pages(NOON, 10, lease)
    found = Article(title="", text="a word or two", method="extraction")
    await newsroom.ingest.commit_page(PageVisit(claim=read, at=NOON, state=PageState.READ, reason="200", article=found))
    await newsroom.store.close()
    go_back(url, "0009")

    newsroom = Newsroom(Store.open(url, clock=clock), judge, clock)
    newsroom.sources = {"bbc": source(fulltext=Fulltext.AUTO)}
    assert [claim.story for claim in await newsroom.store.claim_pages(NOON, 10, lease)] == [unread.story]
    name = read.url.rpartition("/")[2]
    await newsroom.visit("bbc", entry(name, title="Another cat", text="and more"))
    (claim,) = await newsroom.store.claim_pages(NOON, 10, lease)
    assert (claim.story, claim.reads, claim.validators.etag) == (read.story, 1, None)
    await newsroom.ingest.commit_page(
        PageVisit(claim=claim, at=NOON, state=PageState.READ, reason="200", article=replace(found, text="talks " * 9))
    )
    assert await newsroom.reasons() == [("talks", "#news", Reason.EDITED)]
    await newsroom.store.close()


def test_a_migration_that_fails_midway_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "new.db"

    class PowerCut(Exception):
        pass

    def upgrade_and_die() -> None:
        migrate.upgrade(connection)
        raise PowerCut

    with engine.writer(path).connect() as connection:
        with pytest.raises(PowerCut), connection.begin():
            upgrade_and_die()
        assert migrate.revision(connection) is None
        assert inspect(connection).get_table_names() == []


def test_a_database_of_a_newer_program_is_refused_with_a_way_out(sqlite_url: str) -> None:
    execute(sqlite_url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match=r"only a newer Tocsin knows.*update Tocsin, or restore a backup"):
        Store.open(sqlite_url, clock=FakeClock())
    with pytest.raises(StoreError, match="a newer one needs a newer Tocsin"):
        Store.open(sqlite_url, clock=FakeClock(), exclusive=False)


def test_a_reader_does_not_migrate(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/tocsin.db"
    execute(url, "CREATE TABLE something (x)")
    with pytest.raises(StoreError, match=r"no store in this database yet: `tocsin run`"):
        Store.open(url, clock=FakeClock(), exclusive=False)
