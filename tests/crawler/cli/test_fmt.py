from __future__ import annotations

import json
from typing import TYPE_CHECKING

from click.testing import CliRunner

from crawler.cli import tocsin

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

LOOSE = "rules:\n  - {id: x, when: japan   AND france}  # so\n"
HOUSE = "rules:\n  - {id: x, when: japan AND france}  # so\n"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(tocsin, ["fmt", *arguments])


def test_a_file_is_rewritten_once(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + LOOSE.encode())
    assert run(str(path)).output == f"{path}: rewritten\n"
    assert path.read_bytes() == b"\xef\xbb\xbf" + HOUSE.encode()
    assert run(str(path)).output == ""


def test_check_changes_nothing_and_fails(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(LOOSE)
    done = run("--check", str(path))
    assert (done.exit_code, done.output) == (1, f"{path}: not in the house form\n")
    assert path.read_text() == LOOSE
    path.write_text(HOUSE)
    assert run("--check", str(path)).exit_code == 0


def test_diff_shows_what_would_change(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(LOOSE.rstrip())
    done = run("--diff", str(path))
    assert done.exit_code == 0
    assert f"+{HOUSE.splitlines()[1]}\n\\ No newline at end of file\n" in done.output
    assert path.read_text() == LOOSE.rstrip()


def test_a_query_that_cannot_be_read_is_reported_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("rules:\n  - when: a AND b OR c\n")
    done = run(str(path))
    assert done.exit_code == 1
    assert f"{path}:2:11: error: AND and OR are mixed without parentheses" in done.output
    assert path.read_text() == "rules:\n  - when: a AND b OR c\n"


def test_without_files_the_configuration_and_its_includes_are_rewritten(tmp_path: Path) -> None:
    main, included = tmp_path / "config.yaml", tmp_path / "rules" / "a.yaml"
    included.parent.mkdir()
    included.write_text(LOOSE)
    main.write_text('include: rules/*.yaml\ndefaults: {to: "#x"}\nrules: [{id: y, when: a   OR b}]\n')
    done = run("--config", str(main))
    assert done.output == f"{main}: rewritten\n{included}: rewritten\n"
    assert included.read_text() == HOUSE


def test_a_file_that_is_not_utf8_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_bytes(b"rules: \xff\n")
    done = run(str(path))
    assert "cannot be read" in str(done.exception)


def test_programs_get_what_would_be_changed(tmp_path: Path) -> None:
    loose, fine = tmp_path / "loose.yaml", tmp_path / "fine.yaml"
    loose.write_text("rules:\n  - when: a1   OR b1\n  - when: (a1\n", "utf-8")
    fine.write_text("rules: []\n", "utf-8")
    result = CliRunner().invoke(tocsin, ["fmt", "--check", "--json", str(loose), str(fine)])
    facts = json.loads(result.stdout)
    assert result.exit_code == 1
    assert [(file["in_house_form"], file["rewritten"]) for file in facts["files"]] == [(False, False), (True, False)]
    assert "+  - when: a1 OR b1" in facts["files"][0]["diff"]
    assert [problem["line"] for problem in facts["problems"]] == [3]
    assert "a1   OR" in loose.read_text("utf-8")
