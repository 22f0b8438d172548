"""``tocsin check``: is config.yaml right, and what would it do?"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from alerts.errors import ConfigError
from crawler.cli.common import config_option, json_option, load_config, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.errors import Problem
    from crawler.config.model import Config


@click.command()
@config_option
@json_option
def check(config: str | None, *, as_json: bool) -> None:
    """Check the configuration: every mistake at once, with its line, its column and the way out.

    Exit code 1 when there are errors; warnings alone are fine. Nothing is fetched and nothing is sent.
    """
    try:
        loaded = load_config(config)
    except ConfigError as error:
        _report(error.problems, as_json=as_json)
        sys.exit(1)
    if as_json:
        print_json({"ok": True, "problems": [_facts(problem) for problem in loaded.warnings], **_contents(loaded)})
        return
    for warning in loaded.warnings:
        click.echo(str(warning), err=True)
    sources, rules, channels = _contents(loaded).values()
    fine = click.style("fine", fg="green", bold=True)
    click.echo(f"{loaded.path}: {fine}, {sources} sources, {rules} rules, channels {channels or 'none'}")


def _contents(config: Config) -> dict[str, int | str]:
    channels = {channel for rule in config.rules.rules for channel in rule.to}
    return {
        "sources": len(config.sources),
        "rules": len(config.rules.rules),
        "channels": ", ".join(sorted(channels)),
    }


def _report(problems: Sequence[Problem], *, as_json: bool) -> None:
    if as_json:
        print_json({"ok": False, "problems": [_facts(problem) for problem in problems]})
        return
    for problem in problems:
        click.echo(str(problem), err=True)
    errors = sum(problem.level == "error" for problem in problems)
    click.echo(click.style(f"{errors} error{'s' if errors != 1 else ''}", fg="red", bold=True), err=True)


def _facts(problem: Problem) -> dict[str, str | int | None]:
    return {
        "file": problem.place.file,
        "line": problem.place.line,
        "column": problem.place.column,
        "level": problem.level.value,
        "message": problem.message,
        "hint": problem.hint,
    }
