from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from alerts.errors import ConfigError
from crawler.cli import tocsin
from crawler.config import load
from crawler.config.opml import read_opml

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """\
# my desk
sources:
  - https://one.example/feed    # keep me
  - {id: two, url: "https://two.example/?key=${TOKEN}"}
  - {id: three, url: "https://three.example/", kind: listing, links: a.b, tags: [x], auth: {bearer: "${TOKEN}"}}
rules:
  - {id: r, when: Japan, to: "#news"}
"""
OPML = """<opml version="2.0"><body><outline text="Asia">
<outline text="One again" xmlUrl="https://ONE.example/feed"/>
<outline text="Four" xmlUrl="https://four.example/rss"/>
<outline text="Bad" xmlUrl="gopher://five.example/"/>
</outline></body></opml>
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "feeds.opml").write_text(OPML)
    return tmp_path / "config.yaml"


def run(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(tocsin, ["-c", str(config), "sources", *arguments], env={"TOKEN": "hush"})


def test_an_import_adds_what_is_new_and_reports_what_it_cannot_use(config: Path) -> None:
    result = run(config, "import", str(config.parent / "feeds.opml"))
    assert result.exit_code == 1
    assert "feeds.opml:4:1: error:" in result.stderr
    assert "1 added to" in result.stdout
    assert "1 watched already" in result.stdout
    added = load(config, {"TOKEN": "hush"}).sources[-1]
    assert (added.id, added.name, added.tags) == ("four", "Four", ("Asia",))
    assert config.read_text().startswith(CONFIG[: CONFIG.index("rules:")])


def test_a_program_is_told_what_was_added_and_what_could_not_be(config: Path) -> None:
    feeds = str(config.parent / "feeds.opml")
    facts = json.loads(run(config, "import", feeds, "--json").stdout)
    assert [one["id"] for one in facts["added"]] == ["four"]
    assert facts["watched_already"] == 1
    assert [(one["line"], one["level"]) for one in facts["problems"]] == [(4, "error")]
    assert load(config, {"TOKEN": "hush"}).sources[-1].id == "four"
    assert run(config, "import", feeds, "--json", "--print").exit_code == 2


def test_an_import_that_is_printed_changes_nothing(config: Path) -> None:
    result = run(config, "import", str(config.parent / "feeds.opml"), "--print")
    assert result.stdout.startswith("sources:\n  - id: four\n")
    assert config.read_text() == CONFIG


def test_what_is_exported_can_be_imported(config: Path, tmp_path: Path) -> None:
    exported = run(config, "export").stdout
    other = tmp_path / "other.yaml"
    other.write_text('rules:\n  - {id: r, when: Japan, to: "#news"}\n')
    (tmp_path / "exported.opml").write_text(exported)
    assert run(other, "import", str(tmp_path / "exported.opml")).exit_code == 0
    assert run(other, "export").stdout == exported
    three = load(other, {}).sources[-1]
    assert (three.id, three.kind, three.links, three.tags) == ("three", "listing", "a.b", ("x",))


@pytest.mark.parametrize("form", ["--opml", "--json"])
def test_no_secret_is_exported_and_what_is_missing_is_said(config: Path, form: str) -> None:
    result = run(config, "export", form)
    assert "hush" not in result.stdout + result.stderr
    assert "aHVzaA" not in result.stdout
    assert "left out" in result.stderr
    assert "two" in result.stderr
    assert "three" in result.stderr
    urls = (
        [one.url for one in read_opml(result.stdout.encode()).outlines]
        if form == "--opml"
        else [one["url"] for one in json.loads(result.stdout)]
    )
    assert urls == ["https://one.example/feed", "https://three.example/"]


def test_a_hostile_file_is_refused_with_its_line(config: Path) -> None:
    bomb = config.parent / "bomb.opml"
    bomb.write_text('<?xml version="1.0"?>\n<!DOCTYPE opml [<!ENTITY a "b">]>\n<opml/>')
    result = run(config, "import", str(bomb))
    assert result.exit_code == 1
    assert "bomb.opml:2:" in result.stderr
    assert config.read_text() == CONFIG


def test_a_configuration_with_mistakes_is_left_alone(config: Path) -> None:
    config.write_text("sources: [nowhere]\n")
    result = run(config, "import", str(config.parent / "feeds.opml"))
    assert isinstance(result.exception, ConfigError)
    assert config.read_text() == "sources: [nowhere]\n"
