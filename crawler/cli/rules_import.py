"""``tocsin rules import``: take saved queries along from another system."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from alerts.imports import DIALECTS
from crawler.cli.rules import rules

__all__ = ["rules"]  # the group, with all its commands


@rules.command("import")
@click.option(
    "--from", "dialect", type=click.Choice(DIALECTS), required=True, help="The system that the queries were saved in."
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
def import_rules(dialect: str, file: Path) -> None:
    """Translate the saved queries in FILE (- for standard input) to rules, printed as YAML.

    What cannot be carried is left out and reported with its line and the reason (exit code 1); what is
    carried with a change is warned of. docs/import.md tells which files are read and what each operator
    becomes. To use the rules, put them in a file of their own and name it under include:.
    """
    from alerts.imports.translate import translate

    name = "standard input" if str(file) == "-" else str(file)
    data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    found = translate(dialect, name, decoded(data))
    click.echo(found.yaml(), nl=False)
    for problem in found.problems:
        click.echo(str(problem), err=True)
    sys.exit(0 if found.complete else 1)


def decoded(data: bytes) -> str:
    """Decode a file as its byte order mark says, else as UTF-8, else as Windows does."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
