"""What all commands share: finding the configuration, and saying things to people and to programs."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from alerts.errors import Problem
    from crawler.config.model import Config

Command = TypeVar("Command", bound=Callable[..., Any])

_UNSEEN = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")  # control and direction
_MOST_PROBLEMS = 200  # that are printed

config_option = click.option("-c", "--config", "config", type=click.Path(), help="The configuration file.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print facts as JSON, for programs.")


def config_path(given: str | None) -> Path:
    """Return the file to read: ``--config``, else ./config.yaml, else $TOCSIN_CONFIG.

    Raises click.UsageError when there is none of them.
    """
    if found := found_config(given):
        return found
    raise click.UsageError("there is no config.yaml here; name one with --config FILE or $TOCSIN_CONFIG")


def found_config(given: str | None) -> Path | None:
    """Return the same file, None when there is none."""
    here = Path("config.yaml")
    if chosen := named_config(given):
        return chosen
    if here.exists():
        return here
    named = os.environ.get("TOCSIN_CONFIG")
    return Path(named) if named else None


def named_config(given: str | None) -> Path | None:
    """Return the file that ``--config`` names, before the command or after it."""
    chosen = given or click.get_current_context().find_root().obj
    return Path(chosen) if chosen else None


def load_config(given: str | None) -> Config:
    """Load the configuration that a command was given; raises ConfigError with every problem found."""
    from crawler.config import load
    from crawler.owners import refuse_strangers

    refuse_strangers()
    return load(config_path(given), os.environ)


def print_json(value: object) -> None:
    """Print a fact, a dataclass or a list of them as JSON: ISO 8601 times, durations in seconds.

    What could turn around or command a terminal is escaped.
    """
    text = json.dumps(value, ensure_ascii=False, indent=2, default=_plain)
    click.echo(_UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return fields | {one.name: "***" for one in dataclasses.fields(value) if fields[one.name] and not one.repr}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return list(value) if isinstance(value, set | frozenset) else str(value)


def shown(text: str, width: int | None = None) -> str:
    """Return a text from outside as a terminal may have it: on one line, without control characters, cut."""
    line = "".join(character if character.isprintable() else " " for character in text)
    return line if width is None or len(line) <= width else line[: width - 1] + "…"


def working(what: str) -> AbstractContextManager[object]:
    """Show on a terminal that something is going on; elsewhere say nothing."""
    from rich.console import Console

    return Console(stderr=True).status(shown(what))


def print_problems(problems: Sequence[Problem], lister: str = "--json") -> None:
    """Print problems in their order, of very many the first errors before the first warnings.

    ``lister`` is what the user may type to get all of them.
    """
    worst = sorted(range(len(problems)), key=lambda number: problems[number].level != "error")[:_MOST_PROBLEMS]
    for number in sorted(worst):
        click.echo(str(problems[number]), err=True)
    if len(problems) > len(worst):
        click.echo(f"… and {len(problems) - len(worst):,} more; {lister} lists them all", err=True)


def problem_facts(problem: Problem) -> dict[str, str | int | None]:
    """Return a problem as --json prints it."""
    return {
        "file": problem.place.file,
        "line": problem.place.line,
        "column": problem.place.column,
        "level": problem.level.value,
        "message": problem.message,
        "hint": problem.hint,
    }


def report_problems(problems: Sequence[Problem]) -> None:
    """Print the problems of a configuration and how many of them are errors."""
    print_problems(problems, "`tocsin check --json`")
    errors = sum(problem.level == "error" for problem in problems)
    click.echo(click.style(f"{errors} error{'s' if errors != 1 else ''}", fg="red", bold=True), err=True)


def lasting(since: datetime, now: datetime) -> str:
    """Say how long something lasts by now: ``3m``."""
    return ago(min(since, now), now).removesuffix(" ago")


def ago(moment: datetime | None, now: datetime) -> str:
    """Say how long ago something was, or how soon it will be: ``3m ago``, ``in 12s``, ``never``."""
    if moment is None:
        return "never"
    seconds = int((now - moment).total_seconds())
    size = abs(seconds)
    for unit, length in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if size >= length:
            amount = f"{size // length}{unit}"
            break
    else:
        amount = f"{size}s"
    return f"{amount} ago" if seconds >= 0 else f"in {amount}"
