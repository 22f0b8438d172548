from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from crawler.cli import tocsin

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

CONFIG = """\
sources: [https://example.org/feed.xml]
defaults: {to: "#news"}
rules:
  - id: pact
    when: (japan, tokyo) NEAR/5 france NOT title:film
    severity: high
    raise: [{to: critical, if: "title:pact"}]
  - {id: long, when: nickel, only: {min_words: 40}}
  - {id: many, when: "(tin, zinc, iron, gold, lead, silver, copper)"}
  - {id: off, when: cobalt, enabled: false}
"""


@pytest.fixture
def run(tmp_path: Path) -> Any:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)

    def invoke(*arguments: str) -> Result:
        result = CliRunner(env={"COLUMNS": "160"}).invoke(tocsin, ["--config", str(path), "explain", *arguments])
        assert result.exit_code == 0, result.output
        return result

    return invoke


def test_a_miss_says_by_how_much(run: Any) -> None:
    shown = run("pact", "Japan is far, as so many words show, away from France").stdout
    assert "pact: does not hold" in shown
    assert "NEAR/5 failed: closest 10 words" in shown
    assert "✓ japan" in shown
    assert "“Japan”" in shown
    assert "✗ tokyo" in shown


def test_parts_of_which_nothing_was_found_share_a_line(run: Any) -> None:
    assert "✗ zinc, iron, gold, lead and 2 more: nothing found" in run("many", "tin").stdout


def test_a_hit_says_by_which_words_and_how_severe(run: Any) -> None:
    shown = run("pact", "The pact\n\nJapan and France").stdout
    assert "pact: holds, critical" in shown
    assert "raise to critical if" in shown


def test_a_closed_gate_is_named(run: Any) -> None:
    shown = run("long", "nickel").stdout
    assert "✗ only: min_words" in shown
    assert "✓ nickel" in shown


def test_a_rule_that_is_off_is_explained_all_the_same(run: Any) -> None:
    shown = run("off", "cobalt").stdout
    assert "✗ it is switched off" in shown
    assert "✓ cobalt" in shown


def test_programs_get_the_whole_tree(run: Any) -> None:
    (found,) = json.loads(run("pact", "A film\n\nJapan and France", "--json").stdout)
    assert (found["rule"], found["holds"], found["severity"], found["gates"]) == ("pact", False, "high", [])
    near, no_film = found["query"]["parts"]
    assert (near["holds"], near["words"]) == (True, ["Japan", "France"])
    assert no_film["holds"] is False
    assert [step["to"] for step in found["raises"]] == ["critical"]
