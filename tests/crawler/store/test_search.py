from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select, text

from alerts.errors import QueryError
from alerts.search.marks import spans
from alerts.search.query import AllOf, AnyOf, Phrase, parse, phrase
from alerts.story import Field
from crawler.store import Store, engine, fulltext, search
from crawler.store.fulltext import SHADOWS, story_search
from crawler.store.schema import metadata
from crawler.store.schema import story as story_table
from crawler.store.search import Order, Search
from tests.crawler.store.makers import HOUR, Newsroom, WordJudge, entry, source
from tests.crawler.store.test_migrate import go_back
from tests.fakes import NOON, FakeClock, story

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from sqlalchemy import Connection

    from alerts.search.query import Node
    from alerts.story import Story

DAY = timedelta(days=1)


@pytest.fixture
async def newsroom(open_store: Callable[[], Store], clock: FakeClock) -> AsyncIterator[Newsroom]:
    room = Newsroom(open_store(), WordJudge({}), clock)
    await room.add(source(), source("nhk", url="https://www3.nhk.example/rss"))
    yield room
    await room.store.close()


async def publish(newsroom: Newsroom, *texts: tuple[str, str], of: str = "bbc") -> None:
    for title, body in texts:
        newsroom.clock.advance(HOUR)
        await newsroom.visit(of, entry(title or "untitled", title, body))


async def titles(newsroom: Newsroom, written: str, **narrowed: object) -> list[str]:
    found = await newsroom.store.search(Search(query=parse(written), **narrowed))  # type: ignore[arg-type]  # by tests
    return [one.title for one in found]


@pytest.fixture(scope="module")
def index(empty_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """Return a connection on which each example begins a transaction, which is never committed."""
    path = tmp_path_factory.mktemp("search") / "tocsin.db"
    shutil.copy(empty_sqlite, path)
    with engine.writer(path).connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")  # the index is all that matters here
        connection.rollback()
        yield connection


def hits(connection: Connection, node: Node, *stories: Story) -> list[int]:
    with connection.begin() as transaction:
        search.write(connection, stories)
        found = text("SELECT rowid FROM story_fts WHERE story_fts MATCH :asked ORDER BY rowid")
        ids = list(connection.scalars(found, {"asked": fulltext._spelled(node)}))
        transaction.rollback()
    return ids


def checked(connection: Connection) -> None:
    """Have FTS5 compare its index with the texts; it raises when they differ."""
    if connection.dialect.name == "sqlite":  # PostgreSQL keeps its indexes itself
        connection.execute(text("INSERT INTO story_fts (story_fts, rank) VALUES ('integrity-check', 1)"))


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("レアアース", "中国、レアアース輸出を規制"),
        ("アース", "中国、レアアース輸出を規制"),
        ("ﾚｱｱｰｽ", "中国、レアアース輸出を規制"),
        ("協定", "日米協定に署名"),
        ("重要鉱物", "政府、重要鉱物の備蓄を拡大"),
        ("鉱物", "政府、重要鉱物の備蓄を拡大"),
        ("稀土", "商务部：稀土出口管制"),
        ("米", "日米協定に署名"),
        ("定", "日米協定"),
        ("日", "日米協定"),
        ("EU協定", "新EU協定案"),
        ("협정", "정부가 협정을 맺었다"),
        ("정상회담", "한미정상회담 개최"),
        ("광물", "핵심광물 확보"),
        ("น้ำมัน", "ราคาน้ำมันขึ้น"),
        ("ข้อตกลง", "ลงนามข้อตกลงการค้า"),
        ("المعادن", "المعادن النادرة"),
        ("معادن", "المعادن النادرة"),
        ("والصين", "الصين تعلن"),
        ("ایران", "بيان ايران"),
        ("שלום", "הסכם שָׁלוֹם"),
        ("cafe", "Au Café"),
        ("CAFÉ", "un cafe"),
        ("Россия", "РОССИЯ и Китай"),
        ("ελλαδα", "Η Ελλάδα"),
        ("समझौता", "व्यापार समझौता हुआ"),
        ("TSMC", "ＴＳＭＣ expands"),
        ("rare earths", "Rare-earths export"),
        ("rare-earths", "Rare earths export"),
        ('"rare earths"', "Rare-earths export"),
        ("rare‑earths", "Rare-\u00adearths export"),
        ("AUKUS", "Aukus pact"),
        ("sanction*", "Sanctioned firms"),
        ("don't", "They don’t"),
        ("U.S.", "the U.S. said"),
        ("1,000", "1,000 tonnes"),
    ],
)
def test_a_story_is_found_by_the_words_that_people_mean(index: Connection, written: str, title: str) -> None:
    stories = (
        story(title, "", id=1),
        story("In the text", title, id=2),
        story("他の話 다른 이야기", "Something else", id=3),
    )
    for asked, found in ((f"({written})", [1, 2]), (f"title:({written})", [1]), (f"body:({written})", [2])):
        assert hits(index, parse(asked).words, *stories) == found


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("協定", "協力して定める"),
        ("日仏", "日、仏"),
        ("보기", "보고 기다린다"),
        ("earth", "Rare earths"),
        ('"rare earths"', "earths so rare"),
        ("sanction*", "unsanctioned"),
        ("EU", "Europe neu"),
        ("title:pact", "Treaty"),
    ],
)
def test_what_only_looks_like_the_words_is_not_found(index: Connection, written: str, title: str) -> None:
    assert hits(index, parse(written).words, story(title, "pact")) == []


JOINED = (
    ("a", "abc ab a"),
    ("a b", "abc ab"),
    ("a AND b", "abc ab"),
    ("a -b", "a"),
    ("a NOT (b OR c)", "a"),
    ("c OR (a -b)", "abc a"),
    ("-a", "x"),
    ("-b -c", "x a"),
    ("(a OR x) -c", "x ab a"),
    ('"a b c"', "abc"),
    ('"b a"', ""),
    ("title:(abc OR ab) -body:c", "ab"),
    ("source:bbc", "x abc ab a"),
    ("source:bbc -c", "x ab a"),
)


async def test_words_are_joined_as_the_query_says(newsroom: Newsroom) -> None:
    await publish(newsroom, ("a", "a"), ("ab", "a b"), ("abc", "a b c"), ("x", "x"))
    assert {written: await titles(newsroom, written) for written, _ in JOINED} == {
        written: found.split() for written, found in JOINED
    }


async def test_sources_languages_and_times_narrow_a_search(newsroom: Newsroom) -> None:
    japanese, english = (
        "日本とフランスは協定の交渉を始めた。政府が発表した。",
        "The government announced the talks with France.",
    )
    await publish(newsroom, ("Pact one", english))
    await publish(newsroom, ("Pact two", japanese), of="nhk")
    await publish(newsroom, ("Pact three", english), of="nhk")
    assert await titles(newsroom, "pact") == ["Pact three", "Pact two", "Pact one"]
    assert await titles(newsroom, "pact source:nhk") == ["Pact three", "Pact two"]
    assert await titles(newsroom, "pact source:NHK.example") == ["Pact three", "Pact two"]
    assert await titles(newsroom, "pact source:bbc source:nhk") == ["Pact three", "Pact two", "Pact one"]
    assert await titles(newsroom, "pact -source:nhk") == ["Pact one"]
    assert await titles(newsroom, "lang:ja") == ["Pact two"]
    assert await titles(newsroom, "pact -lang:ja") == ["Pact three", "Pact one"]
    assert await titles(newsroom, "pact lang:ja lang:en") == ["Pact three", "Pact two", "Pact one"]
    assert await titles(newsroom, "pact lang:zh") == []
    assert await titles(newsroom, "pact", since=NOON + 2 * HOUR) == ["Pact three", "Pact two"]
    assert await titles(newsroom, "pact", until=NOON + 2 * HOUR) == ["Pact one"]
    assert await titles(newsroom, "pact", limit=1) == ["Pact three"]


async def test_a_source_that_never_was_is_an_error_that_names_the_nearest(newsroom: Newsroom) -> None:
    with pytest.raises(QueryError, match=r"(?s)no source is called `nkh`.*\^.*did you mean `nhk`"):
        await titles(newsroom, "pact source:nkh")


async def test_by_relevance_a_word_in_the_title_weighs_most(newsroom: Newsroom) -> None:
    padding = "and so on " * 20
    await publish(newsroom, ("Pact", padding), ("Other", f"pact {padding}"), ("Another", f"pact pact {padding}"))
    assert await titles(newsroom, "pact", order=Order.RELEVANCE) == ["Pact", "Another", "Other"]
    assert await titles(newsroom, "-nothing", order=Order.RELEVANCE) == ["Another", "Other", "Pact"]


async def test_a_new_version_takes_the_place_of_the_old_one(newsroom: Newsroom) -> None:
    await newsroom.visit("bbc", entry("a", "Talks on 協定", "a first draft"))
    newsroom.clock.advance(HOUR)
    await newsroom.visit("bbc", entry("a", "Talks fail", "the second"))
    assert await titles(newsroom, "協定") == await titles(newsroom, "draft") == []
    (found,) = await newsroom.store.search(Search(query=parse("fail second")))
    assert (found.title, found.version) == ("Talks fail", 2)
    await newsroom.store._write(checked)


async def test_what_is_rolled_back_was_never_indexed(newsroom: Newsroom) -> None:
    class PowerCut(Exception):
        pass

    def fail(*_: object) -> None:
        raise PowerCut

    with pytest.raises(PowerCut):
        await newsroom.visit("bbc", entry("a", "Talks"), schedule=fail)
    assert await titles(newsroom, "talks") == []
    await newsroom.store._write(checked)


async def test_a_story_that_is_deleted_leaves_the_index(newsroom: Newsroom) -> None:
    await publish(newsroom, ("Talks on 協定", "x"), ("Talks go on", "y"))

    def forget(connection: Connection) -> None:
        (of,) = connection.scalars(select(story_search.c.story_id).where(story_search.c.text == "x"))
        for table in reversed(metadata.sorted_tables):
            for key in table.foreign_keys:
                if key.column is story_table.c.id and table is not story_search:
                    connection.execute(delete(table).where(key.parent == of))
        connection.execute(delete(story_table).where(story_table.c.id == of))
        checked(connection)

    await newsroom.store._write(forget)
    assert await titles(newsroom, "talks") == ["Talks go on"]
    assert await titles(newsroom, "協定") == []


async def test_candidates_share_most_with_the_terms(newsroom: Newsroom) -> None:
    await publish(
        newsroom,
        ("Gallium", "before"),
        ("Gallium and rare-earths", "Both are told of here."),
        ("重要鉱物", "ガリウム"),
        ("Rare earths", "And no other is."),
        *((f"Nothing {number}", "of it") for number in range(9)),
    )

    async def found(*terms: str, language: str | None = None, limit: int = 9) -> list[str]:
        ids = await newsroom.store._reader.run(
            lambda connection: search.candidates(connection, terms, language, NOON + 2 * HOUR, limit)
        )
        return [one.title for story_id in ids if (one := await newsroom.store.story(story_id))]

    assert await found("gallium", "rare earths") == ["Gallium and rare-earths", "Rare earths"]
    assert await found("gallium", "rare earths", limit=1) == ["Gallium and rare-earths"]
    assert await found("鉱物", "—", 'ba"d OR') == ["重要鉱物"]
    assert await found("鉱物", language="en") == []
    assert await found("—") == []


async def test_a_candidate_is_worth_more_by_its_title_and_by_rare_words(newsroom: Newsroom) -> None:
    await publish(
        newsroom,
        ("Of gallium", "Nothing else."),
        ("Markets", "Of gallium, at last."),
        ("Metals", "Of copper, at last."),
        *((f"Copper {number}", "of old") for number in range(5)),
    )

    def found(connection: Connection) -> list[int]:
        return search.candidates(connection, ["copper", "gallium"], None, NOON, 3)

    ids = await newsroom.store._reader.run(found)
    told = [one.title for story_id in ids if (one := await newsroom.store.story(story_id))]
    assert told == ["Of gallium", "Markets", "Copper 4"]


async def test_candidates_of_one_language_are_found_behind_many_of_others(newsroom: Newsroom) -> None:
    await newsroom.visit("bbc", entry("fr", "Un", "Du gallium.", language="fr"))
    await newsroom.visit("bbc", *(entry(f"{n}", f"Gallium {n}", "and indium", language="en") for n in range(12)))

    def found(connection: Connection) -> list[int]:
        return search.candidates(connection, ["gallium", "indium"], "fr", NOON - HOUR, 2)

    (only,) = await newsroom.store._reader.run(found)
    told = await newsroom.store.story(only)
    assert told
    assert told.title == "Un"


async def test_an_older_store_is_indexed_when_it_is_brought_up_to_date(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/tocsin.db"
    clock = FakeClock()
    newsroom = Newsroom(Store.open(url, clock=clock), WordJudge({}), clock)
    await newsroom.add(source())
    await newsroom.visit("bbc", *(entry(str(number), f"Talks {number}") for number in range(700)))
    await newsroom.visit("bbc", entry("3", "An edited 協定"))
    await newsroom.store.close()
    go_back(url, "0006")

    store = Store.open(url, clock=clock)
    found = await store.search(Search(query=parse("talks"), limit=1000))
    assert len(found) == 699
    assert [one.title for one in await store.search(Search(query=parse("協定")))] == ["An edited 協定"]
    await store._write(checked)
    await store.close()


def test_only_what_fts5_made_for_itself_is_left_out_of_the_comparison(sqlite_url: str) -> None:
    with engine.writer(engine.locate(sqlite_url)).connect() as connection:
        context = MigrationContext.configure(connection)
        strangers = {change[1].name for change in compare_metadata(context, metadata) if change[0] == "remove_table"}
        made = connection.scalars(
            text("SELECT name FROM pragma_table_list WHERE type IN ('virtual', 'shadow') AND schema = 'main'")
        )
        assert set(made) == strangers == SHADOWS


# ---------------------------------------------------------------- properties

LETTERS = "ab é-.\n日米協定レー광물협น้ำالو1"
WRITTEN = st.text(LETTERS, max_size=20) | st.text(st.characters(codec="utf-8"), max_size=20)
PHRASES = st.builds(
    phrase, st.text(LETTERS, min_size=1, max_size=4), prefix=st.booleans(), field=st.none() | st.sampled_from(Field)
).filter(lambda found: found is not None)


def joined(nodes: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(nodes, min_size=1, max_size=3).map(tuple)
    return st.builds(AnyOf, several) | st.builds(AllOf, several, st.lists(nodes, max_size=2).map(tuple))


TREES = st.recursive(PHRASES, joined, max_leaves=8)
PIECES = st.lists(
    st.sampled_from(["a", "b*", '"a b"', "-", " NOT ", " OR ", "(", ")", "title:", "協定", " "]), max_size=12
)


def holds(node: Node, of: Story) -> bool:
    """Say the same as the index, without one."""
    if isinstance(node, Phrase):
        return bool(spans([node], of))
    if isinstance(node, AnyOf):
        return any(holds(part, of) for part in node.parts)
    return all(holds(part, of) for part in node.parts) and not any(holds(part, of) for part in node.without)


@given(title=WRITTEN, body=WRITTEN, data=st.data())
def test_every_word_of_a_story_finds_it(index: Connection, title: str, body: str, data: st.DataObject) -> None:
    words = [*title.split(), *body.split()]
    chosen = data.draw(st.lists(st.sampled_from(words), max_size=4)) if words else []
    for found in filter(None, map(phrase, chosen)):
        assert hits(index, found, story(title, body)) == [1]


@given(run=st.text("日米協定レアース광물핵심น้ำมัน", min_size=1, max_size=12), data=st.data())
def test_every_part_of_a_run_without_blanks_finds_it(index: Connection, run: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(run) - 1))
    end = data.draw(st.integers(start + 1, len(run)))
    wanted = phrase(run[start:end])
    assert wanted
    assert hits(index, wanted, story("", run)) == [1]


@given(stories=st.lists(st.tuples(WRITTEN, WRITTEN), max_size=4), node=TREES)
def test_the_index_finds_what_reading_would(index: Connection, stories: list[tuple[str, str]], node: Node) -> None:
    told = [story(title, body, id=number) for number, (title, body) in enumerate(stories, start=1)]
    assert hits(index, node, *told) == [one.id for one in told if holds(node, one)]


@given(written=st.text(max_size=60) | PIECES.map("".join))
def test_no_text_that_people_write_reaches_the_index_as_syntax(index: Connection, written: str) -> None:
    with suppress(QueryError):
        words = parse(written).words
        for node in (words, *words.without) if words.parts else words.without:
            hits(index, node)


@pytest.mark.parametrize(
    "written",
    [
        "(" * 20 + "a" + ")" * 20,
        "x -(" * 19 + "a b" + ")" * 19,
        " ".join("ab" * 250),
        " OR ".join("abc" * 60),
        "日" * 999,
    ],
    ids=["deep", "denied", "wide", "either", "long"],
)
def test_the_largest_queries_are_not_too_much_for_the_index(index: Connection, written: str) -> None:
    hits(index, parse(written).words)


def test_the_sqlite_of_python_itself_will_do(tmp_path: Path) -> None:
    script = """
import asyncio, sys
sys.modules["pysqlite3"] = None
from alerts.search.query import parse
from crawler.store import Store, engine
from crawler.store.search import Search
from tests.crawler.store.makers import Newsroom, WordJudge, entry, source
from tests.fakes import FakeClock

async def main():
    clock = FakeClock()
    newsroom = Newsroom(Store.open(sys.argv[1], clock=clock), WordJudge({}), clock)
    await newsroom.add(source())
    for title in ("Talks on 協定", "Talks on 重要鉱物"):
        await newsroom.visit("bbc", entry("a", title))
    for wanted, number in (("talks", 1), ("協定", 0), ("鉱物 title:talk*", 1), ("物", 1)):
        assert len(await newsroom.store.search(Search(query=parse(wanted)))) == number, wanted
    await newsroom.store.close()
    assert engine.library().endswith("(sqlite3)"), engine.library()

asyncio.run(main())
"""
    root = Path(__file__).parents[3]
    url = f"sqlite:///{tmp_path}/tocsin.db"
    done = subprocess.run([sys.executable, "-c", script, url], cwd=root, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
