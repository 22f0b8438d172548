from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from crawler.cli import tocsin

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

SOUND = """\
sources: [https://example.org/feed.xml]
rules:
  - id: pact
    when: japan AND (france OR italy)
    to: "#news"
    tests:
      match: [Japan and France]
      ignore: [Japan]
"""
FAILING = SOUND.replace("ignore: [Japan]", "ignore: [Japan in Italy]")


def run(folder: Path, text: str, *options: str) -> Result:
    path = folder / "config.yaml"
    path.write_text(text)
    return CliRunner().invoke(tocsin, ["check", "--config", str(path), *options])


def facts(folder: Path, text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(folder, text, "--json").stdout)
    return found


def test_a_sound_configuration_is_praised_with_its_tests(tmp_path: Path) -> None:
    done = run(tmp_path, SOUND)
    assert done.exit_code == 0
    assert "fine, 1 sources, 1 rules, channels #news, 2 tests passed (2 clauses decided by none" in done.stdout


def test_clauses_that_no_test_decides_are_listed_on_demand(tmp_path: Path) -> None:
    done = run(tmp_path, SOUND, "--clauses")
    assert f"{tmp_path}/config.yaml:4:32: note: no test of the rule pact ever decides `italy`" in done.stdout


def test_a_failing_test_is_an_error_with_its_place(tmp_path: Path) -> None:
    done = run(tmp_path, FAILING)
    assert done.exit_code == 1
    assert f"{tmp_path}/config.yaml:8:16: error: the rule pact matches this test, and must not" in done.stderr
    assert 'hint: it finds "Japan", "Italy"' in done.stderr
    assert "1 error" in done.stderr


def test_programs_hear_how_the_tests_went(tmp_path: Path) -> None:
    sound, failing = facts(tmp_path, SOUND), facts(tmp_path, FAILING)
    assert (sound["ok"], sound["tests"]["passed"], sound["tests"]["failed"]) == (True, 2, 0)
    assert [clause["clause"] for clause in sound["tests"]["undecided"]] == ["japan", "italy"]
    assert (failing["ok"], failing["tests"]["failed"]) == (False, 1)
    (problem,) = failing["problems"]
    assert (problem["line"], problem["column"], problem["level"]) == (8, 16, "error")


def test_what_cannot_be_read_is_told_without_tests(tmp_path: Path) -> None:
    found = facts(tmp_path, "sources: x\n")
    assert not found["ok"]
    assert "tests" not in found


@pytest.mark.parametrize(("text", "state"), [(SOUND, 0), (FAILING, 1), ("rules: [", 1)])
def test_the_exit_code_says_whether_it_is_fine(tmp_path: Path, text: str, state: int) -> None:
    assert run(tmp_path, text).exit_code == run(tmp_path, text, "--json").exit_code == state
