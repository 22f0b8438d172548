"""``tocsin check``: is config.yaml right, and what would it do?"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from alerts.errors import ConfigError
from crawler.cli.common import config_option, json_option, load_config, print_json, report_problems

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
    channels = sorted({channel for rule in loaded.rules.rules for channel in rule.to})
    click.echo(
        f"{loaded.path}: {click.style('fine', fg='green', bold=True)}, {len(loaded.sources)} sources, "
        f"{len(loaded.rules.rules)} rules, channels {', '.join(channels) or 'none'}"
    )


def _contents(config: Config) -> dict[str, object]:
    """Return what was read, so that other programs need not read the file again."""
    return {
        "sources": [
            {
                "id": source.id,
                "name": source.name,
                "url": source.url,
                "every": source.every,
                "language": source.language,
                "country": source.country,
                "tier": source.tier,
                "type": source.type,
                "tags": source.tags,
            }
            for source in config.sources
        ],
        "rules": [
            {
                "id": rule.id,
                "name": rule.name,
                "severity": rule.severity.label,
                "to": rule.to,
                "tags": rule.tags,
                "owner": rule.owner,
                "note": rule.note,
                "enabled": rule.enabled,
            }
            for rule in config.rules.rules
        ],
    }


def _report(problems: Sequence[Problem], *, as_json: bool) -> None:
    if as_json:
        print_json({"ok": False, "problems": [_facts(problem) for problem in problems]})
        return
    report_problems(problems)


def _facts(problem: Problem) -> dict[str, str | int | None]:
    return {
        "file": problem.place.file,
        "line": problem.place.line,
        "column": problem.place.column,
        "level": problem.level.value,
        "message": problem.message,
        "hint": problem.hint,
    }
