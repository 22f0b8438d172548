from __future__ import annotations

import asyncio
import json
import re
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from alerts.story import Field, Outlet, Span, Story
from crawler.cli import tocsin
from crawler.cli.try_rule import highlighted
from crawler.ids import encode
from tests.crawler.engines import sqlite_only
from tests.crawler.store.makers import entry, source
from tests.fakes import NOON
from tests.server import NewsServer, rss

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result

    from crawler.store import Store
    from tests.crawler.store.makers import Newsroom

CONFIG = """\
sources: [{url: "https://example.org/feed.xml", id: example, name: Example}]
store: "%s"
fetch: {allow_private: [127.0.0.0/8]}
defaults: {to: "#news"}
rules:
  - {id: pact, when: japan NEAR/5 france, severity: high, raise: [{to: critical, if: "title:pact"}]}
  - {id: local, when: "nickel AND source:example.org", shadow: true}
  - {id: german, when: "nickel AND lang:de"}
  - {id: off, when: cobalt, enabled: false}
  - {id: gated, when: zinc, only: {min_words: 40}}
  - {id: many, when: copper, count: {n: 5, within: 1h}}
"""


@pytest.fixture
def run(tmp_path: Path, sqlite_url: str) -> Any:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG % sqlite_url)

    def invoke(*arguments: str, stdin: str | None = None) -> Result:
        runner = CliRunner(env={"COLUMNS": "160"})
        return runner.invoke(tocsin, ["--config", str(path), "try", *arguments], input=stdin)

    return invoke


def facts(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def test_a_text_is_shown_with_the_rules_that_hold_and_their_words(run: Any) -> None:
    result = run("all", "A pact\n\nJapan and France sign.")
    assert result.exit_code == 0
    assert "critical pact  “Japan”, “France”  raised from high  → #news" in result.stdout
    assert "5 words" not in result.stdout
    assert "4 words" in result.stdout
    assert "1 of 1 story matched" in result.stdout


def test_programs_get_offsets_into_title_and_text(run: Any) -> None:
    (story,) = facts(run("pact", "Japan: France, too\n\nNothing else", "--json"))
    assert story["title"] == "Japan: France, too"
    assert story["matches"] == [
        {
            "rule": "pact",
            "severity": "high",
            "shadow": False,
            "words": ["Japan", "France"],
            "spans": [["title", 0, 5], ["title", 7, 13]],
        }
    ]


def test_a_text_of_one_paragraph_is_a_body(run: Any) -> None:
    (story,) = facts(run("all", "A pact of Japan and France", "--json"))
    assert story["title"] == ""
    assert [match["severity"] for match in story["matches"]] == ["high"]


def test_the_language_comes_from_the_text(run: Any) -> None:
    (story,) = facts(run("german", "Die Regierung will mehr Nickel aus dem Ausland kaufen", "--json"))
    assert (story["language"], len(story["matches"])) == ("de", 1)


@pytest.mark.parametrize("name", ["example", "example.org"])
def test_a_text_can_be_said_to_come_from_a_source(run: Any, name: str) -> None:
    assert facts(run("local", "nickel", "--json"))[0]["matches"] == []
    assert facts(run("local", "nickel", "--source", name, "--json"))[0]["matches"][0]["shadow"] is True


def test_a_rule_on_trial_is_marked(run: Any) -> None:
    assert "on trial" in run("local", "nickel", "--source", "example").stdout


def test_a_file_and_standard_input_are_read(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "story.txt"
    path.write_bytes("\ufeffA pact\r\n\r\nJapan and France".encode())
    assert facts(run("pact", str(path), "--json"))[0]["title"] == "A pact"
    assert facts(run("pact", "-", "--json", stdin="A pact\n\nJapan and France"))[0]["title"] == "A pact"


@pytest.mark.parametrize("stdin", ["", " \n\n", "\ufeff"])
def test_nothing_to_read_is_wrong_usage(run: Any, stdin: str) -> None:
    for result in (run("all", "-", stdin=stdin), run("all", " ")):
        assert result.exit_code == 2
        assert "there is no text" in result.output


def test_a_long_text_is_cut_as_those_of_sources_are_and_that_is_said(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "story.txt"
    path.write_text("A pact\n\n" + "many words " * 400_000 + "Japan and France", encoding="utf-8")
    result = run("pact", str(path), "--json")
    assert "The text is cut to its first 100,000 characters" in result.stderr
    assert facts(result)[0]["matches"] == []
    assert "the title is cut to its first 1,000 characters" in run("pact", "x" * 1_001 + "\n\ny").stderr.lower()


def test_what_does_not_match_is_said(run: Any) -> None:
    result = run("all", "cobalt")
    assert result.exit_code == 0
    assert "no match" in result.stdout
    assert "0 of 1 story matched" in result.stdout


def test_a_rule_that_only_a_gate_holds_back_is_named(run: Any) -> None:
    result = run("all", "zinc")
    assert "held back gated  only: min_words: the text has 1, fewer than 40" in result.stdout
    assert facts(run("all", "zinc", "--json"))[0]["held_back"] == [
        {"rule": "gated", "gate": "min_words: the text has 1, fewer than 40"}
    ]
    assert "`tocsin explain pact` with the same text" in run("pact", "zinc").stdout


def test_a_rule_with_a_condition_says_that_it_only_counts(run: Any) -> None:
    assert "counted: it has a condition on many stories" in run("all", "copper").stdout


def test_a_rule_that_is_not_there_is_wrong_usage_with_the_nearest(run: Any) -> None:
    result = run("packt", "text")
    assert result.exit_code == 2
    assert "there is no rule called packt: did you mean pact?" in result.output


def test_a_rule_that_is_off_says_how_to_look_at_it(run: Any) -> None:
    result = run("off", "cobalt")
    assert result.exit_code == 2
    assert "tocsin explain reads it all the same" in result.output


@contextmanager
def web(*titles: str) -> Iterator[str]:
    """Serve a feed from another thread, as the command has an event loop of its own."""
    ready, done = threading.Event(), threading.Event()
    urls: list[str] = []

    async def serve() -> None:
        async with NewsServer() as server:
            server.publish("/feed.xml", rss(*titles))
            urls.append(server.url("/feed.xml"))
            ready.set()
            await asyncio.to_thread(done.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(10)
        yield urls[0]
    finally:
        done.set()
        thread.join()


def test_an_address_is_visited_and_what_matches_comes_first(run: Any) -> None:
    with web("A pact of Japan and France", "Weather", "Sports") as url:
        found = facts(run("all", url, "--json", "--limit", "2"))
    assert [len(story["matches"]) for story in found] == [1, 0]
    assert found[0]["title"] == "A pact of Japan and France"


@sqlite_only
async def test_a_story_of_the_store_is_read_by_its_id(run: Any, store: Store, newsroom: Newsroom) -> None:
    await newsroom.add(source())
    await newsroom.visit("bbc", entry(title="A pact of Japan and France"))
    (outcome,) = await store.outcomes(NOON)
    found = await asyncio.to_thread(run, "all", encode(outcome.story), "--json")
    assert facts(found)[0]["matches"][0]["severity"] == "critical"
    missing = await asyncio.to_thread(run, "all", encode(outcome.story + 1))
    assert missing.exit_code == 2
    assert "there is no story" in missing.output


async def test_the_store_gives_the_newest_version_of_a_story(store: Store, newsroom: Newsroom) -> None:
    await newsroom.add(source(tier=2))
    await newsroom.visit("bbc", entry(title="First words"))
    await newsroom.visit("bbc", entry(title="Second words", text="more", authors=("A. Author",), tags=("x",)))
    (outcome,) = await store.outcomes(NOON)
    story = await store.story(outcome.story)
    assert story is not None
    assert (story.version, story.title, story.text, story.authors, story.tags) == (
        2,
        "Second words",
        "more",
        ("A. Author",),
        ("x",),
    )
    assert (story.outlet.id, story.outlet.tier, story.seen, story.published) == ("bbc", 2, NOON, outcome.published)
    assert await store.story(5) is None


def test_of_a_long_text_the_paragraphs_with_hits_are_shown() -> None:
    text = "\n\n".join(["nothing " * 40, "a pact in here", "more " * 80])
    story = Story(id=1, outlet=Outlet(id="a", name="A", host="a"), url=None, title="", text=text, seen=NOON)
    assert highlighted(story, "text", []).plain == text[:600] + " …"
    start = text.index("pact")
    assert highlighted(story, "text", [Span(Field.TEXT, start, start + 4)]).plain == "a pact in here"


def test_of_very_many_such_paragraphs_the_first_are_shown() -> None:
    text = "\n\n".join(["pact " * 30] * 20)
    story = Story(id=1, outlet=Outlet(id="a", name="A", host="a"), url=None, title="", text=text, seen=NOON)
    spans = [Span(Field.TEXT, found.start(), found.end()) for found in re.finditer("pact", text)]
    assert highlighted(story, "text", spans).plain.endswith("and 15 more paragraphs with such words")


@pytest.mark.parametrize("name", ["nofile.txt", "no such file.html", "./nofile", "feed.XML"])
def test_a_file_that_is_not_there_is_not_tried_as_a_text(run: Any, name: str) -> None:
    result = run("all", name)
    assert result.exit_code == 2
    assert f"there is no file {name}" in result.stderr
    assert "pipe it in" in result.stderr


@pytest.mark.parametrize("text", ["Japan/France", "Japan and/or France", "Japan meets France. The end", "1/2"])
def test_a_text_with_a_slash_or_a_stop_is_a_text(run: Any, text: str) -> None:
    assert run("all", text).exit_code == 0


@pytest.mark.parametrize(("source", "language"), [("example", "ja"), ("www.Example.org", "ja"), (None, "zh-hans")])
def test_a_text_of_a_source_is_in_its_language_where_the_words_do_not_tell(
    run: Any, tmp_path: Path, source: str | None, language: str
) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(path.read_text().replace("name: Example}", "name: Example, language: ja}"))
    (story,) = facts(run("all", "台湾", "--json", *(["--source", source] if source else [])))
    assert story["language"] == language
