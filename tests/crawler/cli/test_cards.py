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
from tests import slack_rules
from tests.crawler.store.makers import MINUTE, Newsroom, WordJudge, entry, source
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

CONFIG = """
store: sqlite:///tocsin.db
timezone: Asia/Tokyo
slack: {ops_channel: "#ops"}
sources: [{id: wire, name: Pacific Wire, url: "https://wire.example/feed"}]
defaults: {to: ["#news"]}
cards: {template: brief.txt}
routes:
  - {match: {severity: critical}, to: ["#duty"]}
  - {match: {rules: [minerals]}, to: ["#minerals"], style: compact, template: loud.txt}
rules:
  - {id: treaty, name: Treaties, when: treaty}
  - {id: minerals, name: Minerals, when: rare earths, severity: high}
  - {id: nothing, when: submarine}
"""
NOW = SystemClock().now()


class Folder:
    """A configuration with two templates, perhaps a store, and the command run on it."""

    def __init__(self, folder: Path, config: str = CONFIG) -> None:
        self.folder = folder
        self.config = folder / "config.yaml"
        self.config.write_text(config)
        (folder / "brief.txt").write_text("In brief: {{ title }}")
        (folder / "loud.txt").write_text("{{ title | upper }}")

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(tocsin, ["-c", str(self.config), "cards", "preview", *arguments])

    def shown(self, *arguments: str) -> str:
        result = self.run(*arguments)
        assert result.exit_code == 0, result.output
        return result.output

    def facts(self, *arguments: str) -> dict[str, dict[str, Any]]:
        return {one["what"]: one["payload"] for one in json.loads(self.shown("--json", *arguments))}

    def store(self) -> str:
        """Let two stories come in, and return the id of the older one."""
        return asyncio.run(self._fill())

    async def _fill(self) -> str:
        clock = FakeClock(NOW - 75 * MINUTE)
        store = Store.open(f"sqlite:///{self.folder}/tocsin.db", clock=clock)
        room = Newsroom(store, WordJudge({}), clock)
        await room.add(source("wire", name="Pacific Wire"))
        for title in ("Treaty on rare earths", "Treaty talks end", "Weather"):
            clock.advance(5 * MINUTE)
            await room.visit("wire", entry(title, title=title, text="", url="https://wire.example/1", published=None))
        found = {one.title: encode(one.story) for one in await store.outcomes(NOW - 120 * MINUTE)}
        await store.close()
        return found["Treaty on rare earths"]


def test_every_kind_of_message_is_shown_as_the_configuration_has_it(tmp_path: Path) -> None:
    shown = Folder(tmp_path).shown()
    for what in (
        "a story, full, worded by brief.txt",
        "a story, full",
        "a story, compact",
        "a story, full, worded by loud.txt",
        "a story of which little is known, compact",
        "many stories together, full",
        "another outlet, in the thread",
        "a note in the thread",
        "the first card, edited since",
        "digest",
        "summary",
        "storm",
        "health",
    ):
        assert f"\n{what}\n" in f"\n{shown}"
    for said in ("In brief: Japan", "JAPAN AND", "headline before", "↳", " JST", "#news", "#ops", "DIGEST", "STORM"):
        assert said in shown


def test_storm_and_health_are_worded_as_the_daemon_words_them(tmp_path: Path) -> None:
    shown = " ".join(Folder(tmp_path).shown().split())
    for said in (
        "Storm: 15 messages in one",
        "15 messages came in 5 min; it goes on, and this message counts along",
        "all are listed in the thread; critical ones stand by themselves",
        "Source down for 26 h: Pacific Wire",
        "tocsin sources show pacific-wire",
    ):
        assert said in shown


def test_programs_get_what_slack_would_be_given(tmp_path: Path) -> None:
    facts = Folder(tmp_path).facts()
    for payload in facts.values():
        assert slack_rules.refusal(payload) is None
        assert slack_rules.deceptive_links(payload) == []
    assert "actions" not in {block["type"] for payload in facts.values() for block in payload["blocks"]}
    assert facts["the first card, edited since"]["ts"] == facts["a note in the thread"]["thread_ts"]
    assert facts["health"]["channel"] == "#ops"


def test_with_a_socket_there_are_buttons(tmp_path: Path) -> None:
    tokens = "slack: {token: xoxb-1, app_token: xapp-1}"
    facts = Folder(tmp_path, CONFIG.replace('slack: {ops_channel: "#ops"}', tokens)).facts()
    assert {what for what, payload in facts.items() if payload["blocks"][-1]["type"] == "actions"} >= {
        "storm",
        "health",
    }
    assert facts["a story, full"]["blocks"][-1]["type"] == "actions"


def test_a_route_a_style_and_a_channel_narrow_what_is_shown(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    by_route = [what for what in folder.facts("--route", "2") if what.startswith("a story,")]
    assert by_route == ["a story, compact, worded by loud.txt"]
    assert folder.facts("--route", "2")["digest"]["channel"] == "#minerals"
    assert "a story, full, worded by brief.txt" in folder.facts("--route", "1")
    assert "a story, compact, worded by brief.txt" in folder.facts("--style", "compact")
    assert {payload["channel"] for payload in folder.facts("--channel", "#here").values()} <= {"#here", "C0PREVIEW1"}
    assert "there is no route 3: `routes:` has 2" in folder.run("--route", "3").output


def test_a_story_and_the_newest_of_a_rule_are_shown_as_they_would_be_told(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    story = folder.store()
    (told,) = folder.facts("minerals").items()
    assert told[0] == "rule minerals, compact, worded by loud.txt"
    assert told[1]["channel"] == "#minerals"
    assert told[1]["text"].startswith("HIGH: TREATY ON RARE EARTHS (Pacific Wire, date unknown). Rule minerals matched")
    both = folder.facts("treaty", story)
    assert list(both) == ["rule treaty, full, worded by brief.txt", f"story {story}, full, worded by brief.txt"]
    newest, oldest = both.values()
    assert "In brief: Treaty talks end" in newest["text"]
    assert (oldest["channel"], "In brief: Treaty on rare earths" in oldest["text"]) == ("#news", True)
    assert "treaty on rare earths" in folder.shown(story, "--style", "compact").lower()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("nothing",), 1, "holds for none of the newest 1,000 stories"),
        (("mineral",), 2, "there is no rule called mineral: did you mean minerals?"),
        (("0000000000000",), 2, "there is no story 0000000000000 in the store"),
    ],
)
def test_what_cannot_be_shown_is_explained(tmp_path: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    folder = Folder(tmp_path)
    folder.store()
    result = folder.run(*arguments)
    assert (result.exit_code, said in result.output) == (code, True), result.output


def test_a_story_that_no_rule_holds_for_has_no_card(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    story = folder.store()
    folder.config.write_text(CONFIG.replace("when: treaty", "when: opera").replace("when: rare earths", "when: ballet"))
    result = folder.run(story)
    assert (result.exit_code, "no rule holds for story" in result.output) == (1, True)
