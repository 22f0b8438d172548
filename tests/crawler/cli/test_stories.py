"""What people see of copies and events: in stories, explain and status."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from rich.cells import cell_len

from alerts.errors import StoreError
from crawler.cli import tocsin
from crawler.clock import SystemClock
from crawler.ids import encode
from crawler.store import Store
from tests.crawler.intake.test_kinship import FOLLOW_UP, FRAMED, WIRE
from tests.crawler.store.makers import HOUR, MINUTE, Newsroom, WordJudge, entry, source
from tests.crawler.store.test_families import unlike
from tests.crawler.store.test_migrate import go_back
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

CONFIG = """
store: sqlite:///tocsin.db
timezone: Asia/Tokyo
sources:
  - {id: wire, url: "https://wire.example/feed", type: wire}
  - {id: daily, url: "https://daily.example/feed"}
  - {id: post, url: "https://post.example/feed"}
rules: [{id: treaty, when: treaty, to: "#n"}]
"""
NOW = SystemClock().now()
LONG = "Soldiers may soon train abroad, if the lawyers who read the treaty line by line agree with each other"


async def history(folder: Path) -> dict[str, str]:
    """Let a wire be copied by one outlet and followed up by another; return the stories' ids by title."""
    clock = FakeClock(NOW - 75 * MINUTE)
    store = Store.open(f"sqlite:///{folder}/tocsin.db", clock=clock)
    room = Newsroom(store, WordJudge({"treaty": ("#n",)}), clock)
    await room.add(source("wire", name="Pacific Wire", type="wire"), source("daily"), source("post", name="中央新聞"))

    async def publish(name: str, title: str, text: str, language: str = "en") -> None:
        clock.advance(5 * MINUTE)
        url = f"https://{name}.example/{title[:5].strip()}"
        await room.visit(name, entry(title, title=title, text=text, url=url, language=language, published=None))

    for number in range(10):
        await publish("post", f"n{number}", unlike(number))
    await publish("wire", "Britain and Japan open treaty talks", WIRE)
    await publish("daily", LONG, FRAMED)
    await publish("post", "Britain and Japan end \x1b[31mtreaty talks", FOLLOW_UP)
    await publish("post", "協定", "鉱物の輸出", language="ja")
    found = {one.title: encode(one.story) for one in await store.outcomes(NOW - 2 * HOUR)}
    await store.close()
    return found


class Desk:
    """A folder with a configuration and a store, and the commands run on it."""

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder}/tocsin.db"
        self.config = folder / "config.yaml"
        self.config.write_text(CONFIG)
        self.stories = asyncio.run(history(folder))
        self.wire, self.copy, self.next = (
            code for title, code in self.stories.items() if "treaty" in title or title == LONG
        )

    def run(self, *arguments: str, columns: int = 120) -> Result:
        runner = CliRunner(env={"COLUMNS": str(columns)})
        return runner.invoke(tocsin, ["--config", str(self.config), *arguments])

    def says(self, *arguments: str, columns: int = 120) -> str:
        result = self.run(*arguments, columns=columns)
        assert result.exit_code == 0, result.output
        return result.stdout

    def words(self, *arguments: str) -> str:
        return " ".join(self.says(*arguments).split())

    def facts(self, *arguments: str) -> Any:
        return json.loads(self.says(*arguments, "--json"))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("desk"))


def test_copies_are_one_line_under_the_title_of_the_lead(desk: Desk) -> None:
    shown = desk.says("stories")
    (line,) = (line for line in shown.splitlines() if "open treaty talks" in line)
    assert line.split()[-5:] == ["Pacific", "Wire", "+1", "2", desk.wire]
    assert desk.copy not in shown
    assert "13 texts" in shown


def test_with_events_texts_stand_under_their_event_and_its_phase(desk: Desk) -> None:
    lines = desk.says("stories", "--events", "--limit", "4").splitlines()
    heading = next(number for number, line in enumerate(lines) if line.startswith("breaking"))
    assert lines[heading].startswith("breaking · 2 independent · 3 stories from 2 outlets in ")
    assert [line.split()[-1] for line in lines[heading + 1 : heading + 3]] == [desk.next, desk.wire]
    assert (heading, lines[4]) == (0, "alone, or without an event")
    assert "4 texts; there are more" in lines[-1]


def test_texts_of_an_event_that_are_not_listed_are_counted(desk: Desk) -> None:
    assert "2 independent · 1 more text · 3 stories" in desk.says("stories", "--events", "--source", "wire")


def test_programs_get_the_group_and_the_event(desk: Desk) -> None:
    (found,) = desk.facts("stories", "--source", "daily", "--lang", "en", "--since", "1h")
    assert (found["lead"], found["lead_why"], found["outlets"], found["independent"]) == (desk.wire, "a wire", 2, 2)
    original, copy = found["stories"]
    assert (original["copy_why"], copy["owner"]) == (None, "daily.example")
    assert copy["copy_why"].startswith(f"a copy of {desk.wire}: containment 1.00, Jaccard .")
    event = found["event"]
    assert (event["id"], event["phase"], event["number"], event["texts"]) == (desk.wire, "breaking", 3, 2)


def test_options_narrow_what_is_listed(desk: Desk) -> None:
    assert [one["title"] for one in desk.facts("stories", "--lang", "ja", "--lang", "fr")] == ["協定"]
    assert len(desk.facts("stories", "--source", "wire", "--source", "daily.example")) == 1
    assert desk.facts("stories", "--until", "9h") == []
    assert "nothing found" in desk.says("stories", "--until", "9h")
    assert len(desk.facts("stories", "--limit", "2")) == 2
    assert desk.facts("stories", "--since", "9999-12-31") == []


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--source", "nowhere", "nowhere"),
        ("--source", "two words", "'two words' is no id of a source"),
        ("--source", "", "'' is no id of a source"),
        ("--lang", "klingon", "klingon"),
        ("--lang", "(en", "'(en' is no code of a language"),
        ("--since", "yesterday", "yesterday is no time"),
    ],
)
def test_what_cannot_be_meant_is_a_mistake(desk: Desk, option: str, value: str, words: str) -> None:
    done = desk.run("stories", option, value)
    assert done.exit_code == 2
    assert words in done.output


def test_a_story_is_explained_with_its_group_and_its_event(desk: Desk) -> None:
    shown = desk.words("explain", desk.copy)
    assert f"copies a copy of {desk.wire}: containment 1.00, Jaccard ." in shown
    assert "Pacific Wire leads (a wire); 2 stories at 2 outlets have this text and count as one source" in shown
    assert "event breaking: 3 stories from 2 outlets in " in shown
    assert "3 stories, 2 texts, 2 independent sources" in shown
    assert "this story: a copy of one of its stories" in shown
    assert "rule treaty, #n: copy (the channel had heard it by this rule" in shown
    assert "in common (" in desk.words("explain", desk.next)
    assert "copies none is known" in desk.words("explain", desk.next)
    first = desk.words("explain", desk.wire)
    assert "it is the first of its text this story leads (a wire)" in first


def test_the_stories_of_an_event_stand_in_the_order_in_which_they_came(desk: Desk) -> None:
    *_, wire, follow_up = desk.says("explain", desk.next).splitlines()
    assert (wire.split()[-1], follow_up.split()[-1]) == (desk.wire, desk.next)
    assert "+1" in wire


def test_programs_get_all_of_a_story(desk: Desk) -> None:
    found = desk.facts("explain", desk.copy)
    assert (found["story"], found["outlet"], found["page"]) == (desk.copy, "DAILY", None)
    assert [(one["rule"], one["reason"]) for one in found["recorded"]] == [("treaty", "copy")]
    assert [one["story"] for one in found["copies"]["stories"]] == [desk.wire, desk.copy]
    assert [one["story"] for one in found["event"]["stories"]] == [desk.wire, desk.copy, desk.next]
    assert found["event"]["why"] == "a copy of one of its stories"


def test_with_a_rule_a_story_has_the_short_form_and_a_text_has_none(desk: Desk) -> None:
    shown = desk.says("explain", "treaty", desk.copy)
    assert f"a copy of {desk.wire}" in shown
    assert desk.next not in shown
    assert "event" not in desk.says("explain", "treaty", "a text about a treaty")
    (text,) = desk.facts("explain", "treaty", "a text about a treaty")
    assert (text["copies"], text["event"]) == (None, None)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "what shall be explained? Write RULE SUBJECT, or the id of a story"),
        (("treaty",), "what shall treaty be explained for?"),
        (("0000000000009",), "there is no story 0000000000009 in the store"),
        (("ZZZZZZZZZZZZZ",), "what shall ZZZZZZZZZZZZZ be explained for?"),
        (("0000000000009", "--source", "post"), "--source is for texts"),
    ],
)
def test_what_is_no_story_is_said_with_the_way_out(desk: Desk, arguments: tuple[str, ...], words: str) -> None:
    done = desk.run("explain", *arguments)
    assert done.exit_code == 2
    assert words in " ".join(done.output.split())


def test_the_status_says_in_a_line_what_goes_on(desk: Desk) -> None:
    assert "events 1 goes on: 1 breaking; of 14 stories in 24 h 1 were folded as copies" in desk.words("status")
    pulse = desk.facts("status")["overview"]["pulse"]
    assert pulse == {"stories": 14, "copies": 1, "phases": {"breaking": 1}}


@pytest.mark.parametrize("columns", [80, 120])
def test_everything_fits_the_terminal_and_no_control_character_reaches_it(desk: Desk, columns: int) -> None:
    commands = (("stories",), ("stories", "--events"), ("explain", desk.copy), ("explain", desk.next), ("status",))
    for arguments in commands:
        shown = desk.says(*arguments, columns=columns)
        assert max(cell_len(line) for line in shown.splitlines()) <= columns
        assert "\x1b" not in shown


def test_a_store_from_before_there_were_events_is_migrated_and_shown_without_what_it_lacks(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    go_back(desk.url, "0006")
    refused = desk.run("stories")
    assert (refused.exit_code, type(refused.exception)) == (1, StoreError)
    assert "`tocsin run` or `tocsin once` brings an older one up to date" in str(refused.exception)

    asyncio.run(Store.open(desk.url, clock=FakeClock(NOW)).close())
    shown = desk.words("explain", desk.copy)
    assert f"copies a copy of {desk.wire}; by which numbers was not kept" in shown
    assert "event not looked for: it was backlog, or came before events were kept" in shown
    assert desk.facts("explain", desk.copy)["event"] is None
    assert desk.says("stories", "--events").startswith("alone, or without an event")
    assert "events none goes on" in desk.words("status")
