"""``tocsin check``: is config.yaml right, and what would it do?"""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from alerts.errors import Level, StoreError
from crawler.cli.common import (
    config_option,
    config_path,
    json_option,
    print_json,
    print_problems,
    problem_facts,
    report_problems,
)
from crawler.cli.forecasts import facts as forecast_facts
from crawler.cli.forecasts import forecast_of, summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.errors import Problem
    from alerts.rules.embedded import Clause, Report
    from alerts.story import Story
    from crawler.config.model import Config
    from crawler.replay.forecast import Forecast

STORIES = 1_000  # the newest, on which rules are tried
PATIENCE = 0.2  # seconds that a locked store is waited for
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)  # before any story


@click.command()
@config_option
@json_option
@click.option("--clauses", is_flag=True, help="List the parts of queries that no test in the rules ever decided.")
def check(config: str | None, *, as_json: bool, clauses: bool) -> None:
    """Check the configuration: every mistake at once, with its line, its column and the way out.

    The tests in the rules are run as well; one that fails is a mistake. Where stories were collected already, the
    rules are tried on the newest 1,000, those that find too much are named, and it is said what all would have sent
    in the last seven days. Exit code 1 when there are errors; warnings alone are fine. Nothing is fetched, sent or
    written.
    """
    from alerts.rules.embedded import run_tests
    from crawler.config.loader import read
    from crawler.config.strangers import watched
    from crawler.notifiers import troubles
    from crawler.owners import refuse_strangers

    refuse_strangers()
    attempt = read(config_path(config), os.environ)
    report = run_tests(attempt.config.rules, watched(attempt.config.sources)) if attempt.config else None
    problems = [*attempt.problems, *(report.problems if report else ())]
    problems += (*troubles(attempt.config), *_unheard(attempt.config)) if attempt.config else ()
    if attempt.config and not any(problem.level is Level.ERROR for problem in problems):
        problems += _measured(attempt.config)
    problems.sort(key=lambda one: one.place)
    said = forecast_of(attempt.config) if attempt.config else None
    errors = sum(problem.level is Level.ERROR for problem in problems)
    if as_json:
        print_json(_facts(attempt.config, report, problems, errors) | _forecasts(said))
    elif errors or attempt.config is None or report is None:
        report_problems(problems)
    else:
        print_problems(problems)
        _praise(attempt.config, report, clauses=clauses)
        if said:
            click.echo(summary(attempt.config, said))
    if errors:
        sys.exit(1)


def _forecasts(said: Forecast | None) -> dict[str, object]:
    return {"forecasts": {rule: forecast_facts(said, rule) for rule in said.rules} if said else {}}


def _unheard(config: Config) -> Sequence[Problem]:
    """Warn that nobody in Slack hears of what is not well, where there is a Slack that could."""
    from alerts.errors import Place, Problem

    slack = config.slack
    if slack.ops_channel is not None or (slack.token is None and slack.webhook is None):
        return ()
    message = "no channel hears of sources that fail, of refused messages and of refused configurations: only the log"
    hint = 'write `ops_channel: "#tocsin-ops"` below `slack:`'
    return (Problem(Place(str(config.path), 1, 1), message, hint, Level.WARNING),)


def _measured(config: Config) -> Sequence[Problem]:
    """Try the rules on the newest stories of the store, if there is one; that it cannot be read is only said."""
    from alerts.rules.volume import volume
    from crawler.store.place import file_of

    try:
        file = file_of(config.store)
        if file is not None and not file.exists():
            return ()
        stories = asyncio.run(_newest_stories(config.store))
    except StoreError as error:
        click.echo(f"note: the rules were not tried on collected stories: {error}", err=True)
        return ()
    return volume(config.rules, stories)


async def _newest_stories(url: str) -> Sequence[Story]:
    from crawler.clock import SystemClock
    from crawler.store import Store

    store = Store.open(url, clock=SystemClock(), exclusive=False, patience=PATIENCE)
    try:
        return await store.kept(before=None, after=BEGINNING, limit=STORIES)
    finally:
        await store.close()


def _praise(config: Config, report: Report, *, clauses: bool) -> None:
    if clauses:
        for clause in report.undecided:
            click.echo(f"{clause.place}: note: no test of the rule {clause.rule} ever decides `{clause.text}`")
    channels = sorted(config.channels)
    fine = click.style("fine", fg="green", bold=True)
    tests = f"{_counted(len(report.results), 'test')} passed"
    undecided = f" ({_counted(len(report.undecided), 'clause')} decided by none: --clauses)" if report.undecided else ""
    sources, rules = _counted(len(config.sources), "source"), _counted(len(config.rules.rules), "rule")
    click.echo(
        f"{config.path}: {fine}, {sources}, {rules}, channels {', '.join(channels) or 'none'}, {tests}{undecided}"
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
                "to": rule.to or config.defaults,
                "tags": rule.tags,
                "owner": rule.owner,
                "note": rule.note,
                "enabled": rule.enabled,
            }
            for rule in config.rules.rules
        ],
    }


def _facts(config: Config | None, report: Report | None, problems: Sequence[Problem], errors: int) -> dict[str, object]:
    facts: dict[str, object] = {"ok": not errors, "problems": [problem_facts(problem) for problem in problems]}
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
