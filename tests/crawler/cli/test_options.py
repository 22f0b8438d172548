"""Options that every command has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from crawler.cli import tocsin

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# These print no facts: the daemon logs (log: {format: json}), the demo is a show.
WITHOUT_FACTS = {("run",), ("worker",), ("demo",), ("man",), ("init",)}
WITHOUT_CONFIGURATION = {("init",), ("man",), ("export", "verify")}
CONFIG = """\
store: sqlite:///t.db
use: [sanctions]
sources: [https://example.org/feed.xml]
defaults: {to: "#news"}
rules: [{id: pact, when: japan AND france}]
"""
# What each command needs beside --config; those that are not here visit addresses or run on.
ARGUMENTS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("check",): (),
    ("try",): ("pact", "Japan and France"),
    ("explain",): ("pact", "Japan and France"),
    ("fmt",): ("--check",),
    ("rules", "list"): (),
    ("rules", "import"): ("--from", "factiva", "saved.txt"),
    ("packs", "list"): (),
    ("packs", "show"): ("sanctions",),
    ("packs", "test"): (),
}


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


EVERY = dict(commands(tocsin))


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_every_command_takes_a_configuration_and_gives_facts_to_programs(path: tuple[str, ...]) -> None:
    options = {option for parameter in EVERY[path].params for option in parameter.opts}
    assert (options >= {"--config", "-c"}) is (path not in WITHOUT_CONFIGURATION)
    assert ("--json" in options) is (path not in WITHOUT_FACTS)


@pytest.mark.parametrize("path", ARGUMENTS, ids=" ".join)
def test_the_configuration_may_stand_before_the_command_and_after_it(path: tuple[str, ...], tmp_path: Path) -> None:
    mine, saved = tmp_path / "mine.yaml", tmp_path / "saved.txt"
    mine.write_text(CONFIG, "utf-8")
    saved.write_text("# Pact\nnickel", "utf-8")
    arguments = [*path, *(str(saved) if argument == "saved.txt" else argument for argument in ARGUMENTS[path])]
    runner = CliRunner()
    before = runner.invoke(tocsin, ["-c", str(mine), *arguments])
    after = runner.invoke(tocsin, [*arguments, "--config", str(mine)])
    assert (before.exit_code, before.output) == (after.exit_code, after.output)
    assert before.exit_code == 0, before.output
    missing = runner.invoke(tocsin, [*arguments, "-c", str(tmp_path / "other.yaml")])
    assert missing.exit_code == 1
    assert "other.yaml" in f"{missing.output}{missing.exception}"
