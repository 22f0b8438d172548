"""What people see of article pages: in status, explain, outbox list and sources show."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from alerts.errors import FetchError
from crawler.cli import tocsin
from crawler.clock import SystemClock
from crawler.ids import encode
from crawler.store import Store
from spiders.source import Fulltext
from tests.crawler.paging import visit_page
from tests.crawler.store.makers import HOUR, MINUTE, Newsroom, WordJudge, entry, source
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

CONFIG = """
store: sqlite:///tocsin.db
timezone: Asia/Tokyo
sources:
  - {id: bbc, url: "https://bbc.example/feed"}
  - {id: hushed, url: "https://hushed.example/feed", fulltext: never}
rules: [{id: japan, when: Japan, to: "#n"}]
"""
FAILURES = {
    "gone": FetchError("gone", "410 Gone"),
    "wall": FetchError("cloudflare", "403 Forbidden"),
    "slow": FetchError("timeout", "no answer in 30 s"),
}


async def history(folder: Path, now: datetime) -> dict[str, str]:
    """Let one page be read, two fail for good, one fail for now, and one be due; return the stories' ids by title."""
    clock = FakeClock(now - HOUR)
    store = Store.open(f"sqlite:///{folder}/tocsin.db", clock=clock)
    room = Newsroom(store, WordJudge({"Japan": ("#n",)}, undoable={"japan"}), clock)
    await room.add(source(fulltext=Fulltext.ALWAYS), source("hushed"))
    clock.advance(MINUTE)
    await room.visit("bbc", *(entry(name, f"{name} Japan") for name in ("read", *FAILURES)))
    await visit_page(room, "https://bbc.example/read", "Japan and France, at length")
    for name, failure in FAILURES.items():
        await visit_page(room, f"https://bbc.example/{name}", failure)
    clock.advance(58 * MINUTE)
    await room.visit("bbc", entry("due", "due Japan"))
    await room.visit("hushed", entry("own", "own words", url="https://hushed.example/own"))
    found = {one.title.split()[0]: encode(one.story) for one in await store.outcomes(now - HOUR)}
    await store.close()
    return found


class Desk:
    """A folder with a configuration and a store, and the commands run on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "config.yaml").write_text(CONFIG)
        self.now = SystemClock().now()
        self.stories = asyncio.run(history(folder, self.now))

    def says(self, *arguments: str, columns: int = 240) -> str:
        path = str(self.folder / "config.yaml")
        result = CliRunner(env={"COLUMNS": str(columns)}).invoke(tocsin, ["--config", path, *arguments])
        assert result.exit_code == 0, result.output
        return result.stdout

    def words(self, *arguments: str) -> str:
        return " ".join(self.says(*arguments).split())

    def facts(self, *arguments: str) -> Any:
        return json.loads(self.says(*arguments, "--json"))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_the_status_counts_pages_and_explains_why_they_failed(desk: Desk) -> None:
    shown = desk.words("status")
    assert "pages 2 due, 1 read and 2 failed in the last 24 h" in shown
    assert "1 gone: The address is gone for good" in shown
    assert "1 cloudflare: Cloudflare" in shown
    pages = desk.facts("status")["overview"]["pages"]
    assert pages == {"due": 2, "read": 1, "failed": 2, "reasons": {"cloudflare": 1, "gone": 1}}


@pytest.mark.parametrize(
    ("story", "words"),
    [
        ("read", "page read: 59m ago, by extraction"),
        ("gone", "page failed: gone, 59m ago. The address is gone for good"),
        ("slow", "page due again: timeout, 59m ago. The server took the request"),
        ("slow", "try 1 of 9, again in 1m: no answer in 30 s"),
        ("due", "page due: fulltext: always"),
        ("own", "page not wanted: `fulltext` is never copies"),
    ],
)
def test_a_story_is_explained_with_its_page(desk: Desk, story: str, words: str) -> None:
    assert words in desk.words("explain", "japan", desk.stories[story])


def test_programs_get_the_page_of_a_story_and_none_of_a_text(desk: Desk) -> None:
    (gone,) = desk.facts("explain", "japan", desk.stories["gone"])
    assert (gone["page"]["state"], gone["page"]["reason"]) == ("failed", "gone")
    (own,) = desk.facts("explain", "japan", desk.stories["own"])
    (text,) = desk.facts("explain", "japan", "a text")
    assert own["page"] is text["page"] is None
    assert "page" not in desk.words("explain", "japan", "a text")


def test_a_message_that_waits_for_its_page_says_until_when(desk: Desk) -> None:
    (waits, *others) = desk.facts("outbox", "list")
    assert waits["title"] == "due Japan"
    until = desk.now - MINUTE + HOUR
    assert waits["waits_for_page_until"][:19] == until.isoformat()[:19]
    in_tokyo = until + timedelta(hours=9)
    assert f"waits for its page until {in_tokyo:%H:%M:%S} at the latest" in desk.words("outbox", "list")
    released = {one["title"].split()[0]: one["waits_for_page_until"] for one in others}
    assert released.pop("slow") is not None
    assert set(released.values()) == {None}


def test_a_message_names_the_story_that_can_be_explained(desk: Desk) -> None:
    listed = {one["title"].split()[0]: one["story"] for one in desk.facts("outbox", "list")}
    assert {"due", "read"} <= listed.keys()
    assert listed.items() <= desk.stories.items()
    assert listed["read"] in desk.says("outbox", "list")


def test_a_source_shows_how_its_pages_do(desk: Desk) -> None:
    shown = desk.words("sources", "show", "bbc")
    assert "pages 1 read, 2 failed in 7 days; 2 due" in shown
    assert "the last that failed, 59m ago: " in shown
    assert "pages" not in desk.words("sources", "show", "hushed")
    facts = desk.facts("sources", "show", "bbc")
    assert (facts["pages"]["read"], facts["failed_page"]["state"]) == (1, "failed")


@pytest.mark.parametrize("columns", [80, 120])
def test_lines_about_pages_fit_the_terminal(desk: Desk, columns: int) -> None:
    for arguments in (("status",), ("sources", "show", "bbc"), ("outbox", "list")):
        assert max(len(line) for line in desk.says(*arguments, columns=columns).splitlines()) <= columns
