"""``tocsin rules import``: take saved queries along from another system."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.imports import DIALECTS
from alerts.rules.printing import print_query
from crawler.cli.common import (
    config_option,
    json_option,
    load_config,
    named_config,
    print_json,
    print_problems,
    problem_facts,
)
from crawler.cli.rules import rules

if TYPE_CHECKING:
    from alerts.imports.drafts import Import

__all__ = ["rules"]  # the group, with all its commands


@rules.command("import")
@click.option(
    "--from", "dialect", type=click.Choice(DIALECTS), required=True, help="The system that the queries were saved in."
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@config_option
@json_option
def import_rules(dialect: str, file: Path, config: str | None, *, as_json: bool) -> None:
    """Translate the saved queries in FILE (- for standard input) to rules, printed as YAML.

    What cannot be carried is left out and reported with its place and the reason (exit code 1), and a rule
    that lacks a part of its query is on trial (shadow: true), as it may find too much; what is carried with
    a change is warned of. docs/import.md tells which files are read and what each operator becomes. To use
    the rules, put them in a file of their own and name it under include:. With --config, ids that the
    configuration has are not given again.
    """
    from alerts.imports.translate import translate

    name = "standard input" if str(file) == "-" else str(file)
    data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    taken = [rule.id for rule in load_config(config).rules.rules] if named_config(config) else []
    found = translate(dialect, name, decoded(data), taken)
    if as_json:
        print_json(_facts(found))
    else:
        click.echo(found.yaml(), nl=False)
        print_problems(found.problems)
        click.echo(found.summary(), err=True)
    sys.exit(0 if found.complete else 1)


def _facts(found: Import) -> dict[str, object]:
    return {
        "system": found.system,
        "queries": found.queries,
        "complete": found.complete,
        "rules": [
            {
                "id": rule.id,
                "name": rule.name,
                "when": print_query(rule.when),
                "max_age": rule.max_age,
                "shadow": bool(rule.lost),
                "original": rule.original,
            }
            for rule in found.rules
        ],
        "problems": [problem_facts(problem) for problem in found.problems],
    }


def decoded(data: bytes) -> str:
    """Decode a file as its byte order mark says, else as UTF-8, else as Windows does."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
