"""``tocsin fmt``: queries in the house form."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.errors import ConfigError, Place, Problem
from crawler.cli.common import config_option, config_path, json_option, print_json, print_problems, problem_facts

if TYPE_CHECKING:
    from collections.abc import Iterable


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@config_option
@json_option
@click.option("--check", is_flag=True, help="Change nothing; exit code 1 when a file is not in the house form.")
@click.option("--diff", is_flag=True, help="Change nothing; print what would be changed.")
def fmt(files: tuple[Path, ...], config: str | None, *, as_json: bool, check: bool, diff: bool) -> None:
    """Rewrite the queries in FILES to the house form: without FILES, in the configuration and what it includes.

    Operators become upper case, quotes straight, synonyms the names that docs/rules.md uses. A list with
    commas stays one. A long query in a block is broken before AND and OR, and lists fill lines of up to
    100 columns. Comments, indentation and everything else stay byte for byte. A query that cannot be read
    stays as it is and is reported (exit code 1).
    """
    problems: list[Problem] = []
    facts: list[dict[str, object]] = []
    for path in files or _files_of(config_path(config)):
        old, new, found = _reformatted(path)
        problems += found
        changes = _diff(old, new, str(path))
        facts.append({"file": str(path), "in_house_form": new == old, "rewritten": False, "diff": changes})
        if new != old and not (check or diff):
            path.write_bytes(new.encode())
            facts[-1]["rewritten"] = True
        if new != old and not as_json:
            words = f"{path}: {'not in the house form' if check else 'rewritten'}"
            click.echo(changes if diff else words, nl=not diff)
    if as_json:
        print_json({"files": facts, "problems": [problem_facts(problem) for problem in problems]})
    else:
        print_problems(problems)
    changed = any(not fact["in_house_form"] for fact in facts)
    sys.exit(1 if problems or (changed and check) else 0)


def _reformatted(path: Path) -> tuple[str, str, Iterable[Problem]]:
    """Return a file's text as it is and as it should be, and what could not be read."""
    from crawler.config.reformat import reformat

    try:
        old = path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([Problem(Place(str(path), 1, 1), f"cannot be read: {error}", "save it as UTF-8")]) from error
    mark = "\ufeff" if old.startswith("\ufeff") else ""
    new = reformat(old[len(mark) :], str(path))
    return old, mark + new.text, new.problems


def _files_of(path: Path) -> list[Path]:
    """Return a configuration and the files that it includes."""
    import os

    from crawler.config.loader import read

    included = {file for found in read(path, os.environ).files.globs.values() for file in found}
    return [path, *sorted(included)]


def _diff(old: str, new: str, name: str) -> str:
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    lines = difflib.unified_diff(before, after, name, f"{name} (house form)")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
