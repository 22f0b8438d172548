"""``tocsin check``: is config.yaml right, and what would it do?"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from alerts.errors import Level
from crawler.cli.common import config_option, config_path, json_option, print_json, report_problems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.errors import Problem
    from alerts.rules.embedded import Clause, Report
    from crawler.config.model import Config


@click.command()
@config_option
@json_option
@click.option("--clauses", is_flag=True, help="List the parts of queries that no test in the rules ever decided.")
def check(config: str | None, *, as_json: bool, clauses: bool) -> None:
    """Check the configuration: every mistake at once, with its line, its column and the way out.

    The tests in the rules are run as well; one that fails is a mistake. Exit code 1 when there are errors;
    warnings alone are fine. Nothing is fetched and nothing is sent.
    """
    from alerts.rules.embedded import run_tests
    from crawler.config.loader import read
    from crawler.owners import refuse_strangers

    refuse_strangers()
    attempt = read(config_path(config), os.environ)
    report = run_tests(attempt.config.rules) if attempt.config else None
    problems = sorted((*attempt.problems, *(report.problems if report else ())), key=lambda one: one.place)
    errors = sum(problem.level is Level.ERROR for problem in problems)
    if as_json:
        print_json(_facts(attempt.config, report, problems, errors))
    elif errors or attempt.config is None or report is None:
        report_problems(problems)
    else:
        for problem in problems:
            click.echo(str(problem), err=True)
        _praise(attempt.config, report, clauses=clauses)
    if errors:
        sys.exit(1)


def _praise(config: Config, report: Report, *, clauses: bool) -> None:
    if clauses:
        for clause in report.undecided:
            click.echo(f"{clause.place}: note: no test of the rule {clause.rule} ever decides `{clause.text}`")
    channels = sorted({channel for rule in config.rules.rules for channel in rule.to})
    fine = click.style("fine", fg="green", bold=True)
    tests = f"{_counted(len(report.results), 'test')} passed"
    undecided = f" ({_counted(len(report.undecided), 'clause')} decided by none: --clauses)" if report.undecided else ""
    click.echo(
        f"{config.path}: {fine}, {len(config.sources)} sources, {len(config.rules.rules)} rules, "
        f"channels {', '.join(channels) or 'none'}, {tests}{undecided}"
    )


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"


def _contents(config: Config) -> dict[str, object]:
    """Return what was read, so that other programs need not read the file again."""
    return {
        "sources": [
            {
                "id": source.id,
                "name": source.name,
                "url": source.url,
                "kind": source.kind,
                "every": source.every,
                "cron": source.cron,
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


def _facts(config: Config | None, report: Report | None, problems: Sequence[Problem], errors: int) -> dict[str, object]:
    facts: dict[str, object] = {"ok": not errors, "problems": [_problem(problem) for problem in problems]}
    if config:
        facts |= _contents(config)
    if report:
        facts["tests"] = {
            "passed": report.passed,
            "failed": len(report.results) - report.passed,
            "undecided": [_clause(clause) for clause in report.undecided],
        }
    return facts


def _clause(clause: Clause) -> dict[str, str | int]:
    place = clause.place
    return {
        "rule": clause.rule,
        "clause": clause.text,
        "file": place.file,
        "line": place.line,
        "column": place.column,
    }


def _problem(problem: Problem) -> dict[str, str | int | None]:
    return {
        "file": problem.place.file,
        "line": problem.place.line,
        "column": problem.place.column,
        "level": problem.level.value,
        "message": problem.message,
        "hint": problem.hint,
    }
