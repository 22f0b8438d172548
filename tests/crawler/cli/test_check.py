from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from crawler.cli import tocsin
from crawler.store import Store
from crawler.store.engine import locate, writer
from tests.crawler.store.makers import Newsroom, WordJudge, entry, source

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from tests.fakes import FakeClock

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
    assert "fine, 1 source, 1 rule, channels #news, 2 tests passed (2 clauses decided by none" in done.stdout


@pytest.mark.parametrize(
    ("slack", "warned"),
    [
        ("{token: xoxb-1}", True),
        ('{token: xoxb-1, ops_channel: "#ops"}', False),
        ("{webhook: https://hooks.slack.com/services/T0/B0/x}", True),
        ("{}", False),  # what is printed stands where the log does
    ],
)
def test_that_only_the_log_hears_of_what_is_not_well_is_warned_of_once(
    tmp_path: Path, slack: str, warned: bool
) -> None:
    done = run(tmp_path, f"{SOUND}slack: {slack}\n")
    assert done.exit_code == 0
    assert done.output.count("no channel hears of sources that fail") == warned
    assert done.output.count("ops_channel:") == warned


def test_clauses_that_no_test_decides_are_listed_on_demand(tmp_path: Path) -> None:
    done = run(tmp_path, SOUND, "--clauses")
    assert f"{tmp_path}/config.yaml:4:32: note: no test of the rule pact ever decides `italy`" in done.stdout


def test_of_thousands_of_problems_the_first_errors_are_printed_and_programs_get_all(tmp_path: Path) -> None:
    doubles = ", ".join(f"word{number}, word{number}" for number in range(300))
    text = f"lists: {{l: [{doubles}]}}\nrules:\n  - {{id: x, when: $l AND (a1, to: '#news'}}\n"
    done = run(tmp_path, text)
    assert done.exit_code == 1
    assert "this parenthesis is never closed" in done.stderr
    assert done.stderr.count(": warning: ") < 200
    assert "more; `tocsin check --json` lists them all" in done.stderr
    assert sum(one["level"] == "warning" for one in facts(tmp_path, text)["problems"]) >= 300


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


@pytest.fixture
async def collected(sqlite_url: str, clock: FakeClock) -> str:
    """The URL of a store with a hundred stories on gold."""
    store = Store.open(sqlite_url, clock=clock)
    newsroom = Newsroom(store, WordJudge({}), clock)
    await newsroom.add(source())
    await newsroom.visit("bbc", *(entry(f"e{number}", f"Gold is up again {number}") for number in range(100)))
    await store.close()
    return sqlite_url


GOLD = SOUND.replace("japan AND (france OR italy)", "gold").split("    tests:", maxsplit=1)[0]
FOUND = 'config.yaml:5:11: warning: the rule pact holds for 100 of the last 100 stories, most often by "gold" (100)'


def test_rules_are_tried_on_the_stories_that_were_collected(collected: str, tmp_path: Path) -> None:
    text = f"store: {collected}\n{GOLD}"
    done = run(tmp_path, text)
    assert (done.exit_code, FOUND in done.stderr, "fine" in done.stdout) == (0, True, True)
    (problem,) = facts(tmp_path, text)["problems"]
    assert (problem["level"], problem["line"]) == ("warning", 5)


def test_rules_with_errors_are_not_tried(collected: str, tmp_path: Path) -> None:
    done = run(tmp_path, f"store: {collected}\n{GOLD}    severity: loud\n")
    assert done.exit_code == 1
    assert "last 100 stories" not in done.stderr


def test_a_store_is_read_beside_the_daemon_that_writes_it(collected: str, tmp_path: Path, clock: FakeClock) -> None:
    daemon = Store.open(collected, clock=clock)
    try:
        assert FOUND in run(tmp_path, f"store: {collected}\n{GOLD}").stderr
    finally:
        asyncio.run(daemon.close())


def test_without_a_store_nothing_is_said_of_it(tmp_path: Path) -> None:
    assert run(tmp_path, GOLD).stderr == ""
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (
            "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE source SET name = name",
            "keeps the database locked",
        ),
        ("UPDATE alembic_version SET version_num = 'older'", "has the schema older"),
    ],
)
def test_a_store_that_cannot_be_read_is_one_line_and_no_failure(
    collected: str, tmp_path: Path, spoil: str, reason: str
) -> None:
    other = writer(locate(collected)).raw_connection()
    try:
        for statement in spoil.split("; "):
            other.cursor().execute(statement)
        done = run(tmp_path, f"store: {collected}\n{GOLD}")
    finally:
        other.close()
    assert (done.exit_code, len(done.stderr.splitlines())) == (0, 1)
    assert done.stderr.startswith("note: the rules were not tried on collected stories: ")
    assert reason in done.stderr


def test_a_file_that_is_no_store_is_one_line_and_no_failure(tmp_path: Path) -> None:
    (tmp_path / "news.db").write_text("hello")
    done = run(tmp_path, f"store: sqlite:///news.db\n{GOLD}")
    assert (done.exit_code, len(done.stderr.splitlines())) == (0, 1)
    assert "is no SQLite database" in done.stderr
