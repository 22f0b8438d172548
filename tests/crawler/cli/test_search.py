from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click
import pytest
from click.testing import CliRunner

from alerts.search.query import parse
from crawler.cli import tocsin
from crawler.cli.search import _lines, _spans, moment
from crawler.ids import decode
from crawler.store import Store
from tests.crawler.store.makers import Newsroom, WordJudge, entry, source
from tests.fakes import NOON, FakeClock, story

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

CONFIG = """
store: sqlite:///tocsin.db
timezone: Europe/Paris
sources: [{id: bbc, url: "https://bbc.example/feed"}]
rules: [{id: a, when: japan, to: '#n'}]
"""
PARIS = ZoneInfo("Europe/Paris")
LONG = "Nothing to see here. " * 30


async def history(folder: Path) -> None:
    clock = FakeClock(NOON)
    room = Newsroom(Store.open(f"sqlite:///{folder}/tocsin.db", clock=clock), WordJudge({}), clock)
    await room.add(source())
    clock.advance(timedelta(hours=5))
    await room.visit(
        "bbc",
        entry("a", "Rare-earths pact", f"{LONG}The new \x1b[31m rare earths\nquota.\n\n{LONG}", published=NOON),
        entry("b", "日米、重要鉱物の協定", "", published=None, url="https://bbc.example/[b]"),
    )
    clock.advance(timedelta(days=1))
    await room.visit("bbc", entry("c", "A quota of nothing", f"Rare as earths. {LONG * 3}", published=None))
    await room.store.close()


@pytest.fixture(scope="module")
def search(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Result]:
    folder = tmp_path_factory.mktemp("search")
    (folder / "config.yaml").write_text(CONFIG)
    asyncio.run(history(folder))

    def run(*arguments: str) -> Result:
        runner = CliRunner(env={"COLUMNS": "300"})
        return runner.invoke(tocsin, ["--config", str(folder / "config.yaml"), "search", *arguments])

    return run


def facts(search: Callable[..., Result], *arguments: str) -> Any:
    result = search("--json", *arguments)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_hit_shows_when_where_what_and_the_words_in_the_text_as_it_was_written(search: Callable[..., Result]) -> None:
    head, title, snippet, link, blank, total = search("rare-earths").stdout.splitlines()
    (found,) = facts(search, "rare-earths")
    assert head == f"2026-11-02 18:00  BBC  published 2026-11-02 13:00  {found['story']}"
    assert title == "Rare-earths pact"
    assert snippet.startswith("… ")
    assert "The new  [31m rare earths quota." in snippet  # no control character reaches the terminal
    assert snippet.endswith(" …")
    assert len(snippet) < 300
    assert (link, blank, total) == ("https://bbc.example/a", "", "1 story")


def test_the_code_of_a_story_is_what_other_commands_take(search: Callable[..., Result]) -> None:
    (found,) = facts(search, "協定")
    assert decode(found["story"]) > 0
    assert found["story"] in search("協定").stdout


def test_programs_get_the_words_with_their_places(search: Callable[..., Result]) -> None:
    (found,) = facts(search, "title:鉱物", "協定")
    assert found["title"] == "日米、重要鉱物の協定"
    assert found["words"] == ["鉱物", "協定"]
    assert found["spans"] == [["title", 5, 7], ["title", 8, 10]]
    assert (found["source"], found["name"], found["version"], found["published"]) == ("bbc", "BBC", 1, None)
    assert (found["url"], found["snippet"]) == ("https://bbc.example/[b]", "")


def test_words_are_highlighted_on_a_terminal() -> None:
    told = story("A pact", "x" * 300 + " a pact")
    _, title, snippet, _ = _lines(told, _spans(parse("pact"), told), PARIS)
    for line in (title, snippet):
        (mark,) = [span for span in line.spans if span.style == "black on yellow"]
        assert line.plain[mark.start : mark.end] == "pact"


def test_the_oldest_date_that_can_be_written_is_shown_as_it_is() -> None:
    told = story(published=datetime.min.replace(tzinfo=UTC))
    head, *_ = _lines(told, (), ZoneInfo("America/New_York"))
    assert "published 1-01-01 00:00" in head.plain.replace("000", "")


def test_a_query_that_begins_with_a_minus_stands_after_two(search: Callable[..., Result]) -> None:
    assert [one["title"] for one in facts(search, "--", "-quota")] == ["日米、重要鉱物の協定"]


def test_newest_first_unless_relevance_is_asked_for(search: Callable[..., Result]) -> None:
    assert [one["title"] for one in facts(search, "rare", "earths")] == ["A quota of nothing", "Rare-earths pact"]
    by_relevance = facts(search, "rare earths", "--by", "relevance")
    assert [one["title"] for one in by_relevance] == ["Rare-earths pact", "A quota of nothing"]


def test_times_and_limits_narrow_and_what_is_left_out_is_said(search: Callable[..., Result]) -> None:
    assert len(facts(search, "quota", "--since", "2026-11-03")) == 1
    assert len(facts(search, "quota", "--until", "2026-11-02")) == 1
    assert len(facts(search, "quota", "--since", "2026-11-02", "--until", "2026-11-03")) == 2
    assert facts(search, "quota", "--since", "2999-01-01") == []
    assert len(facts(search, "quota", "--since", "0001-01-01", "--until", "9000-01-01")) == 2
    limited = search("quota", "--limit", "1").stdout
    assert limited.splitlines()[-1].startswith("1 story, and there are more: --limit")
    assert search("gallium").stdout == "nothing found\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a OR b c"], "two ways"),
        (["source:bcb"], "did you mean `bbc`?"),
        (["a", "--since", "yesterday"], "yesterday is no time: write 2d"),
        (["a", "--until", "2026-13-01"], "2026-13-01 is no time"),
        (["--", "-"], "no letter"),
    ],
)
def test_what_cannot_be_understood_is_wrong_usage(
    search: Callable[..., Result], arguments: list[str], said: str
) -> None:
    result = search(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize(
    ("value", "ends_day", "expected"),
    [
        ("2d", False, NOON - timedelta(days=2)),
        ("1h30m", False, NOON - timedelta(minutes=90)),
        ("2026-11-01", False, datetime(2026, 11, 1, tzinfo=PARIS)),
        ("2026-11-01", True, datetime(2026, 11, 2, tzinfo=PARIS)),
        ("2026-10-25", True, datetime(2026, 10, 26, tzinfo=PARIS)),  # a day of 25 hours
        ("2026-11-01T14:30", True, datetime(2026, 11, 1, 14, 30, tzinfo=PARIS)),
        ("2026-11-01T14:30Z", False, datetime(2026, 11, 1, 14, 30, tzinfo=UTC)),
    ],
)
def test_times_are_read_as_people_write_them(value: str, ends_day: bool, expected: datetime) -> None:
    assert moment(value, NOON, PARIS, ends_day=ends_day) == expected


@pytest.mark.parametrize("value", ["", "soon", "2", "9999999999d", "9999-12-31", "12:30", "2026-11-01T25:00"])
def test_any_other_time_is_refused(value: str) -> None:
    with pytest.raises(click.BadParameter, match="is no time"):
        moment(value, NOON, PARIS, ends_day=True)
