from __future__ import annotations

import json
from typing import TYPE_CHECKING

from click.testing import CliRunner

from crawler.cli import tocsin

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """\
sources: [https://example.org/feed.xml]
defaults: {to: ["#news"]}
rules:
  - {id: pact, name: The pact, when: japan AND france, severity: high, tests: {match: [Japan and France, Japan]}}
  - {id: trial, when: nickel, shadow: true, to: ["#nickel", "#duty"]}
  - {id: off, when: cobalt, enabled: false, tests: {match: [Cobalt]}}
"""


def listed(folder: Path, text: str, *options: str) -> str:
    path = folder / "config.yaml"
    path.write_text(text)
    done = CliRunner(env={"COLUMNS": "160"}).invoke(tocsin, ["rules", "list", "--config", str(path), *options])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_rules_are_listed_with_their_state_and_their_tests(tmp_path: Path) -> None:
    pact, trial, off = (line.split() for line in listed(tmp_path, CONFIG).splitlines()[1:4])
    assert pact == ["pact", "The", "pact", "high", "#news", "on", "1", "of", "2"]
    assert trial == ["trial", "trial", "notice", "#nickel,", "#duty", "on", "trial", "none"]
    assert off == ["off", "off", "notice", "#news", "off", "1", "of", "1"]


def test_programs_get_the_same_facts(tmp_path: Path) -> None:
    pact, trial, off = json.loads(listed(tmp_path, CONFIG, "--json"))
    assert pact.pop("forecast") is None  # there is no store yet
    assert pact == {
        "id": "pact",
        "name": "The pact",
        "severity": "high",
        "channels": ["#news"],
        "state": "on",
        "enabled": True,
        "shadow": False,
        "volume_7d": None,
        "precision": None,
        "precision_low": None,
        "precision_high": None,
        "judged": 0,
        "relevant": 0,
        "disputed": 0,
        "tests": 2,
        "tests_passed": 1,
    }
    assert (trial["shadow"], trial["channels"], trial["tests"]) == (True, ["#nickel", "#duty"], 0)
    assert (off["enabled"], off["tests_passed"]) == (False, 1)


def test_a_configuration_without_rules_says_so(tmp_path: Path) -> None:
    assert "There are no rules." in listed(tmp_path, "sources: [https://example.org/feed.xml]\nrules: []\n")
