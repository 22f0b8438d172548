"""What the commands for tuning print, for people and for programs; none of them changes the configuration."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from crawler.cli import tocsin
from crawler.ids import encode
from crawler.store import Store
from tests.crawler.tuning.makers import Desk
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from pathlib import Path

RULES = """
sources: [{id: bbc, url: "https://bbc.example/feed"}]
rules:
  - {id: quad, name: The Quad, when: quad OR malabar, to: "#asia"}
  - {id: raa, when: "reciprocal access agreement AND sign*", to: "#asia"}
  - id: nickel
    # not sure yet
    when: nickel
    shadow: true
    to: ["#minerals"]
"""
BIKES = ("Quad bike race in Leeds", "Boy hurt on quad bike", "New quad bike laws")
LEADERS = ("Quad leaders meet in Tokyo", "Quad ministers on China", "Quad leaders call")
SINCE = ("--since", "2026-10-01")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a configuration, and a store in which opinions were given."""
    path = tmp_path_factory.mktemp("tuning")

    async def fill() -> None:
        clock = FakeClock()
        store = Store.open(f"sqlite:///{path / 'tocsin.db'}", clock=clock)
        desk = Desk(store, clock, path, RULES)
        await desk.publish(*BIKES, *LEADERS, "Nickel prices rise", "Reciprocal Access Agreement (RAA) in force")
        await desk.judge("quad", False, *BIKES)
        await desk.judge("quad", True, *LEADERS)
        await store.close()

    asyncio.run(fill())
    return path


def run(folder: Path, *arguments: str, code: int = 0) -> str:
    file = folder / "config.yaml"
    before = file.read_text()
    done = CliRunner(env={"COLUMNS": "200"}).invoke(tocsin, [*arguments, "--config", str(file)])
    assert done.exit_code == code, done.output
    assert file.read_text() == before
    return done.stdout if code == 0 else done.output


def test_trials_list_what_would_have_been_sent(folder: Path) -> None:
    assert "would have sent 1 in" in run(folder, "rules", "trials", *SINCE)
    (trial,) = json.loads(run(folder, "rules", "trials", "--json", *SINCE))
    assert (trial["rule"], trial["channels"]) == ("nickel", {"#minerals": 1})
    assert [one["title"] for one in trial["unsent"]] == ["Nickel prices rise"]
    assert "rule quad is not on trial" in run(folder, "rules", "trials", "quad", code=1)


def test_promote_prints_a_diff_and_nothing_else(folder: Path) -> None:
    shown = run(folder, "rules", "promote", "nickel")
    assert [line for line in shown.splitlines() if line.startswith("-") and not line.startswith("---")] == [
        "-    shadow: true"
    ]
    assert shown.startswith("--- ")
    assert json.loads(run(folder, "rules", "promote", "nickel", "--json"))["diff"] == shown
    assert "is not on trial" in run(folder, "rules", "promote", "quad", code=1)
    assert "did you mean nickel?" in run(folder, "rules", "promote", "nickl", code=2)


def test_advice_shows_prices_and_diffs(folder: Path) -> None:
    facts = json.loads(run(folder, "rules", "advise", "quad", "--json", *SINCE))
    assert (facts["precision"], facts["judged"], facts["matches"], facts["enough"]) == (0.5, 6, 6, True)
    first = facts["proposals"][0]
    assert (first["clause"], first["kind"]) == ('NOT "quad bike"', "exclusion")
    assert (first["killed"], first["killed_not_relevant"], first["spared_relevant"]) == (3, 3, 3)
    assert '+  - {id: quad, name: The Quad, when: (quad OR malabar) NOT "quad bike", to: "#asia"}' in first["diff"]
    shown = run(folder, "rules", "advise", "quad", *SINCE)
    assert "would have kept out 3 (not relevant 3, relevant 0, not judged 0)" in shown
    assert "✗ New quad bike laws" in shown


def test_advice_without_opinions_says_how_to_give_them(folder: Path) -> None:
    shown = run(folder, "rules", "advise", "raa", *SINCE)
    assert "no opinions yet" in shown
    assert "tocsin feedback STORY --rule raa --not-relevant" in shown


def test_suggestions_name_near_misses_and_names(folder: Path) -> None:
    facts = json.loads(run(folder, "suggest", "raa", "--json", *SINCE))
    assert (facts["stories_read"], facts["matches"], facts["capped"]) == (8, 0, False)
    (near,) = facts["near_misses"]
    assert (near["clause"], near["stories"]) == ("sign*", 1)
    assert [(one["name"], one["beside"]) for one in facts["names"]] == [("RAA", "Reciprocal Access Agreement")]
    shown = run(folder, "suggest", "raa", *SINCE)
    assert "8 stories were read; the rule holds for 0 of them." in shown
    assert "without sign*: 1 story" in shown
    assert "none: the rule has one clause only" in run(folder, "suggest", "nickel", *SINCE)


def test_feedback_is_kept_and_listed(folder: Path) -> None:
    (trial,) = json.loads(run(folder, "rules", "trials", "--json", *SINCE))
    code = trial["unsent"][0]["story"]
    said = run(folder, "feedback", code, "--rule", "nickel", "--not-relevant", "--author", "lea")
    assert said == f"{code} is not relevant to nickel.\n"
    listed = json.loads(run(folder, "feedback", "list", "--rule", "nickel", "--json"))
    (kept,) = [one for one in listed if one["user"].endswith("lea")]
    assert (kept["user"], kept["relevant"], kept["message"]) == ("lea", False, None)
    assert kept["held"] == [{"text": "nickel", "words": ["Nickel"]}]
    assert "nickel: “Nickel”" in run(folder, "feedback", "list", "--rule", "nickel")


def test_feedback_takes_addresses_and_links_of_messages(folder: Path) -> None:
    (trial,) = json.loads(run(folder, "rules", "trials", "--json", *SINCE))
    code, url = trial["unsent"][0]["story"], trial["unsent"][0]["url"]
    spelt = f"{url}?utm_source=mail"
    assert run(folder, "feedback", spelt, "--rule", "nickel", "--relevant") == f"{code} is relevant to nickel.\n"
    said = ("--rule", "nickel", "--relevant")
    assert "there is no story in the store" in run(folder, "feedback", f"{url}x", *said, code=2)
    link = "https://x.slack.com/archives/C0NEWS0001/p1795756726946010"
    assert "there is no message of Tocsin's" in run(folder, "feedback", link, *said, code=2)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nonsense", "--rule", "quad", "--relevant"), "nonsense is no story"),
        ((encode(17), "--rule", "quad", "--relevant"), "never found a story"),
        ((encode(17), "--rule", "quad"), "say what you think of it"),
        ((encode(17), "--rule", "nobody", "--relevant"), "there is no rule called nobody"),
    ],
)
def test_feedback_that_means_nothing_is_refused(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    file = folder / "config.yaml"
    done = CliRunner().invoke(tocsin, ["feedback", *arguments, "--config", str(file)])
    assert done.exit_code != 0
    assert said in done.output


def test_a_rules_precision_is_in_the_list(folder: Path) -> None:
    assert "50 % (19-81)" in run(folder, "rules", "list")
