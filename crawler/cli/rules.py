"""``tocsin rules``: which rules there are, and how they do in their own tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from crawler.cli.common import config_option, json_option, load_config, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.judge import Judge
    from alerts.rules.embedded import Report
    from alerts.rules.ruleset import Rule


@click.group()
def rules() -> None:
    """Look at the rules of the configuration."""


@rules.command("list")
@config_option
@json_option
def list_rules(config: str | None, *, as_json: bool) -> None:
    """List the rules: severity, channels, whether they are on, on trial or off, and their tests."""
    from alerts.rules.embedded import run_tests
    from crawler.config.strangers import watched

    loaded = load_config(config)
    rule_set, report, judge = loaded.rules, run_tests(loaded.rules, watched(loaded.sources)), loaded.judge
    if as_json:
        print_json([_facts(rule, report, judge) for rule in rule_set.rules])
    else:
        _print(rule_set.rules, report, judge)


def _facts(rule: Rule, report: Report, judge: Judge) -> dict[str, object]:
    tests = [result for result in report.results if result.rule == rule.id]
    return {
        "id": rule.id,
        "name": rule.name,
        "severity": rule.severity.label,
        "channels": judge.channels(rule.id),
        "enabled": rule.enabled,
        "shadow": rule.shadow,
        "tests": len(tests),
        "tests_passed": sum(result.passed for result in tests),
    }


def _print(listed: Sequence[Rule], report: Report, judge: Judge) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("rule", "name", "severity", "channels", "state", "tests"):
        table.add_column(heading, no_wrap=heading in {"rule", "tests"}, overflow="fold")
    for rule in listed:
        facts = _facts(rule, report, judge)
        state = "off" if not rule.enabled else "on trial" if rule.shadow else "on"
        passed, tests = facts["tests_passed"], facts["tests"]
        table.add_row(
            rule.id,
            Text(rule.name),
            rule.severity.label,
            ", ".join(judge.channels(rule.id)),
            state,
            Text(f"{passed} of {tests}" if tests else "none", style="red" if passed != tests else ""),
        )
    Console(highlight=False).print(table if listed else "There are no rules.")
