from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from crawler.cli import tocsin
from crawler.clock import SystemClock
from crawler.ids import encode
from crawler.store import Store
from crawler.store.leftovers import keep
from spiders.cuts import Cut, Why, cut_of
from spiders.source import Fulltext
from tests.crawler.paging import visit_page
from tests.crawler.store.makers import HOUR, MINUTE, Newsroom, WordJudge, entry, source
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

CONFIG = """
store: sqlite:///tocsin.db
timezone: Asia/Tokyo
sources: [{id: bbc, url: "https://bbc.example/feed"}]
rules: [{id: japan, when: Japan, to: "#n"}]
"""
URL = "https://bbc.example/2026/ferry-timetable-agreed"
FIRST = "The towns agreed on Monday.\n\nTickets will cost four pounds.\n\nThe ships are \x1b[31mold."
SECOND = FIRST.replace("four", "five") + "\n\nA dog may come along, said the mayor of the town."


async def history(folder: Path) -> str:
    """Let a story's page be read, and its source change title and text; return the story's id."""
    clock = FakeClock(SystemClock().now() - HOUR)
    store = Store.open(f"sqlite:///{folder}/tocsin.db", clock=clock)
    room = Newsroom(store, WordJudge({"Japan": ("#n",)}), clock)
    await room.add(source(fulltext=Fulltext.ALWAYS))
    clock.advance(MINUTE)
    await room.visit("bbc", entry("ferry", title="Towns agree", text="Ferries.", url=URL, published=None))
    await visit_page(room, URL, FIRST)
    clock.advance(5 * MINUTE)
    await room.visit("bbc", entry("ferry", title="Seven towns agree", text=SECOND, url=URL, published=None))
    (found,) = await store.outcomes(clock.now() - 2 * HOUR)
    left = [
        cut_of(Why.BESIDE, "More news"),
        Cut(why=Why.CARD, text="", letters=900, number=7),
        cut_of(Why.CARD, "Sport"),
    ]
    await store._write(lambda connection: keep(connection, found.story, clock.now(), left))
    await store.close()
    return encode(found.story)


class Desk:
    """A folder with a configuration and a store, and the command run on it."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "config.yaml"
        self.config.write_text(CONFIG)
        self.code = asyncio.run(history(folder))

    def run(self, *arguments: str) -> Result:
        runner = CliRunner(env={"COLUMNS": "80"})
        return runner.invoke(tocsin, ["--config", str(self.config), "stories", "show", *arguments])

    def says(self, *arguments: str) -> str:
        result = self.run(*arguments)
        assert result.exit_code == 0, result.output
        return result.stdout


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("desk"))


def test_the_newest_text_is_shown_whole_with_what_each_version_changed(desk: Desk) -> None:
    told = desk.says(desk.code)
    assert "A dog may come along, said the mayor of the town.\n" in told
    assert "version 3 of 3" in told
    assert "title  [-Towns-]{+Seven towns+} agree" in told
    assert "[-four-]{+five+}" in told
    assert "… 1 paragraph as before" in told
    assert "page due" in told
    assert "\x1b" not in told


@pytest.mark.parametrize("spelling", [URL, f"{URL}?utm_source=x", f"{URL}#comments", URL.replace("https", "http")])
def test_a_story_is_found_by_any_spelling_of_its_address(desk: Desk, spelling: str) -> None:
    assert f"  {desk.code}\n" in desk.says(spelling)


def test_an_older_version_can_be_shown_whole(desk: Desk) -> None:
    told = desk.says(desk.code, "--version", "1").partition("version 1 → 2")[0]
    assert "Ferries." in told
    assert "dog" not in told
    assert "there is 1, 2, 3" in " ".join(desk.run(desk.code, "--version", "9").stderr.split())


def test_what_was_left_out_of_its_page_is_counted_by_sign_with_the_way_to_its_words(desk: Desk) -> None:
    assert f"left out: 8 card, 1 beside; `tocsin why {desk.code} --text` shows it\n" in desk.says(desk.code)


def test_the_difference_can_be_had_as_diff_writes_it(desk: Desk) -> None:
    lines = desk.says(desk.code, "--unified").splitlines()
    assert "-Tickets will cost four pounds." in lines
    assert "+Tickets will cost five pounds." in lines


def test_programs_get_every_version_and_the_differences(desk: Desk) -> None:
    found: dict[str, Any] = json.loads(desk.says(desk.code, "--json"))
    assert (found["story"], [one["version"] for one in found["versions"]]) == (desk.code, [1, 2, 3])
    assert found["versions"][2]["text"] == SECOND
    assert "+Seven towns agree" in found["differences"][1]["unified"]
    assert found["page"]["url"] == URL
    assert found["left_out"] == {"card": 8, "beside": 1}
    assert found["copies"]["outlets"] == 1


@pytest.mark.parametrize("unknown", ["0AN2A7GSAE3R2", "nonsense", "https://bbc.example/another"])
def test_what_is_not_in_the_store_is_said_with_the_way_out(desk: Desk, unknown: str) -> None:
    result = desk.run(unknown)
    assert result.exit_code == 2
    assert "there is no story" in result.stderr
    assert "or its address" in " ".join(result.stderr.split())


def test_the_list_is_what_comes_without_a_story(desk: Desk) -> None:
    runner = CliRunner(env={"COLUMNS": "120"})
    result = runner.invoke(tocsin, ["--config", str(desk.config), "stories", "--limit", "1"])
    assert desk.code in result.stdout
