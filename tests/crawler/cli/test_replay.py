from __future__ import annotations

import asyncio
import json
import shutil
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from crawler.cli import tocsin
from crawler.clock import SystemClock
from crawler.store import Store
from tests.crawler.replay.press import HOUR, Press
from tests.crawler.replay.town import words
from tests.crawler.store.makers import entry
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Run = Callable[..., Result]

RULES = """
budgets: {per_channel: 20/h, overflow: digest}
rules:
  - {id: talks, when: talks, to: ["#news"]}
  - {id: steel, when: steel, to: ["#desk"], severity: high}
  - {id: trial, when: tin, to: ["#desk"], shadow: true}
  - {id: rush, when: zinc, to: ["#desk"], count: {n: 2, within: 1h}}
  - {id: off, when: lead, enabled: false}
"""
STORIES = ("Talks open", "Talks go on", "Steel rises", "Tin falls", "Weather")


async def lived(folder: Path) -> None:
    """Let two days pass in which nobody had rules, and some stories came."""
    clock = FakeClock(SystemClock().now() - timedelta(days=2))
    store = Store.open(f"sqlite:///{folder / 'tocsin.db'}", clock=clock)
    try:
        press = Press(folder, store, clock)
        await press.open(press.rules("rules: [{id: none, when: unsaid}]"))
        for title in STORIES:
            clock.advance(HOUR)
            await press.visit("bbc", entry(title, title, words(title)))
        press.rules(RULES)
    finally:
        await store.close()


@pytest.fixture
def run(empty_sqlite: Path, tmp_path: Path) -> Run:
    shutil.copy(empty_sqlite, tmp_path / "tocsin.db")
    asyncio.run(lived(tmp_path))

    def invoke(*arguments: str, **options: Any) -> Result:
        config = ["--config", str(tmp_path / "config.yaml")]
        return CliRunner(env={"COLUMNS": "160"}).invoke(tocsin, [*config, "replay", *arguments], **options)

    return invoke


def test_it_shows_what_would_have_been_told(run: Run) -> None:
    shown = run("--since", "3d")
    assert shown.exit_code == 0
    assert "4 stories found, 3 messages, 1.0 a day" in shown.stdout
    assert "read 5 of 5 stories (" in shown.stdout
    assert "read 1 of 5 stories: 80.0 % could not match" in run("--rule", "steel").stdout
    assert "#news" in shown.stdout
    assert "most from BBC 4" in shown.stdout
    assert "rule talks matched Talks" in shown.stdout
    assert "note: storms are not replayed" in shown.stdout


def test_programs_get_all_of_it(run: Run) -> None:
    facts = json.loads(run("--json", "--rule", "talks").stdout)
    assert (facts["matches"], facts["messages"], facts["read"], facts["stories"]) == (2, 2, 2, 5)
    assert [(one["title"], one["rule"], one["channel"]) for one in facts["told"]] == [
        ("Talks open", "talks", "#news"),
        ("Talks go on", "talks", "#news"),
    ]
    sent = {"found": 2, "messages": {"#news": 2}, "replies": 0, "on_trial": False}
    assert facts["by_rule"] == {"talks": sent}


def test_a_draft_is_compared_with_the_rules_in_force(run: Run, tmp_path: Path) -> None:
    draft = tmp_path / "draft.yaml"
    draft.write_text('rules: [{id: talks, when: talks AND open, to: ["#news"]}, {id: tin, when: tin, to: ["#desk"]}]')
    shown = run(str(draft), "--against", str(tmp_path / "config.yaml"), "--fail-on", "lost>2", "--fail-on", "lost>1")
    assert shown.exit_code == 1
    assert "gained 1" in shown.stdout
    assert "lost 2" in shown.stdout
    assert "unchanged 1" in shown.stdout
    assert shown.stderr.strip().endswith("failed: lost>1 (2)")
    facts = json.loads(run(str(draft), "--against", str(tmp_path / "config.yaml"), "--json").stdout)
    assert [one["title"] for one in facts["gained"]] == ["Tin falls"]
    assert sorted(one["title"] for one in facts["lost"]) == ["Steel rises", "Talks go on"]


def test_a_report_is_written_beside_the_numbers(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "out.html"
    assert f"the report is in {page}" in run("--report", str(page)).stdout
    assert "<title>Replay of config.yaml</title>" in page.read_text()
    assert "<mark>Talks</mark>" in page.read_text()
    assert run("--report", str(tmp_path / "no" / "out.html")).exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--fail-on", "lots>0"), "did you mean lost?"),
        (("--fail-on", "lost>0"), "name their file by --against"),
        (("--rule", "tolks"), "did you mean talks?"),
        (("--rule", "off"), "is switched off"),
        (("--since", "1d", "--until", "2d"), "there is no time between"),
        (("--send",), "name them by --rule"),
        (("--send", "--rule", "trial"), "is on trial"),
        (("--send", "--rule", "rush"), "tells of many stories together"),
        (("--from-capture", "--rule", "talks"), "takes --since and --json only"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_way_out(run: Run, arguments: tuple[str, ...], said: str) -> None:
    refused = run(*arguments)
    assert refused.exit_code == 2
    assert said in " ".join(refused.stderr.split())


def test_the_past_is_told_once_and_only_when_somebody_says_yes(run: Run, tmp_path: Path) -> None:
    asked = run("--send", "--rule", "talks", input="n\n")
    assert asked.exit_code == 1
    assert "#news: 2 stories" in asked.stderr
    assert outbox(tmp_path) == []
    assert run("--send", "--rule", "talks", input="y\n").stdout.strip().endswith("queued 2 to #news")
    again = json.loads(run("--send", "--rule", "talks", "--yes", "--json").stdout)
    assert [(one["told"], one["told_before"]) for one in again] == [([], ["talks"])] * 2
    assert sorted(outbox(tmp_path)) == [("#news", "Talks go on"), ("#news", "Talks open")]


def test_where_nothing_would_have_been_told_nothing_is_sent(run: Run) -> None:
    assert "there is nothing to tell" in run("--send", "--rule", "talks", "--since", "1m", "--yes").stdout


def test_without_a_store_it_says_what_makes_one(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text('sources: [https://example.org/feed]\nrules: [{id: a, when: b, to: ["#c"]}]')
    refused = CliRunner().invoke(tocsin, ["--config", str(tmp_path / "config.yaml"), "replay"])
    assert "`tocsin run` or `tocsin once` makes it" in str(refused.exception)


def outbox(folder: Path) -> list[tuple[str, str]]:
    async def rows() -> list[tuple[str, str]]:
        store = Store.open(f"sqlite:///{folder / 'tocsin.db'}", clock=SystemClock(), exclusive=False)
        try:
            told = await store.deliveries(limit=100)
            return [(row.delivery.channel, row.delivery.alert.story.title) for row in told]
        finally:
            await store.close()

    return asyncio.run(rows())
