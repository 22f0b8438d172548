from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml
from click.testing import CliRunner

from alerts.imports import DIALECTS
from crawler.cli import tocsin
from crawler.cli.rules_import import decoded

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

SAVED = {
    "meltwater": "# Rare earths\n“rare earths” NEAR/4 export\n",
    "factiva": "# Rare earths\nrare earths near5 export\n",
    "lexis": "# Rare earths\nrare earths w/5 export\n",
    "google-alerts": '# Rare earths\n"rare earths" export\n',
    "miniflux": "EntryTitle=(?i)rare earths\n",
}


def run(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(tocsin, ["rules", "import", *arguments], input=stdin)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_is_printed_loads_as_a_configuration(dialect: str, tmp_path: Path) -> None:
    saved = tmp_path / "saved.txt"
    saved.write_text(SAVED[dialect])
    done = run("--from", dialect, str(saved))
    assert (done.exit_code, done.stderr) == (0, "1 query: 1 carried\n")
    (tmp_path / "rules.yaml").write_text(done.stdout)
    config = tmp_path / "config.yaml"
    config.write_text('include: rules.yaml\ndefaults: {to: "#news"}\nsources: [https://example.org/feed.xml]\n')
    checked = CliRunner().invoke(tocsin, ["check", "--config", str(config)])
    assert checked.exit_code == 0, checked.output


def test_what_is_left_out_is_reported_and_the_rest_is_printed(tmp_path: Path) -> None:
    saved = tmp_path / "saved.txt"
    saved.write_text("nickel and rst=j\n\n(cobalt\n")
    done = run("--from", "factiva", str(saved))
    assert done.exit_code == 1
    assert [rule["when"] for rule in yaml.safe_load(done.stdout)["rules"]] == ["nickel\n"]
    assert f"{saved}:1:12: error: the code rst= of Factiva's was left out" in done.stderr
    assert f"{saved}:3:1: error: this bracket is never closed" in done.stderr
    assert "2 queries: 1 on trial (shadow: true)" in done.stderr
    assert "1 left out whole" in done.stderr


def test_programs_get_the_rules_and_what_they_lack(tmp_path: Path) -> None:
    saved, config = tmp_path / "saved.txt", tmp_path / "config.yaml"
    saved.write_text("# Nickel\nnickel and rst=j\n")
    config.write_text('sources: [https://example.org/f.xml]\nrules: [{id: nickel, when: a1, to: "#news"}]\n')
    done = run("--from", "factiva", str(saved), "--json", "-c", str(config))
    assert done.exit_code == 1
    facts = json.loads(done.stdout)
    assert (facts["queries"], facts["complete"]) == (1, False)
    assert [(rule["id"], rule["when"], rule["shadow"]) for rule in facts["rules"]] == [("nickel-2", "nickel", True)]
    assert [(problem["line"], problem["level"]) for problem in facts["problems"]] == [(2, "error")]


def test_a_change_of_meaning_is_a_warning_only() -> None:
    done = run("--from", "meltwater", "-", stdin=b"nickel mine")
    assert done.exit_code == 0
    assert "standard input:1:8: warning: side by side was read as AND" in done.stderr


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encodings_that_exports_come_in_are_read(encoding: str) -> None:
    assert decoded("Nouméa — “nickel”".encode(encoding)).removeprefix("\ufeff") == "Nouméa — “nickel”"
