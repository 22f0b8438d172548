"""``tocsin rules``: which rules there are, what they find, and how they do in their own tests."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from crawler.cli.common import config_option, json_option, load_config, print_json
from crawler.cli.forecasts import facts as forecast_facts
from crawler.cli.forecasts import forecast_of, short, summary
from crawler.cli.tables import Column, Fitted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.text import Text

    from alerts.rules.embedded import Report
    from crawler.config.model import Config
    from crawler.tuning.standing import Standing

SECONDS = 2.0  # that a forecast of all rules may take


@click.group()
def rules() -> None:
    """Look at the rules of the configuration."""


@rules.command("list")
@config_option
@json_option
def list_rules(config: str | None, *, as_json: bool) -> None:
    """List the rules: severity, channels, what they found in a week, their precision, state and tests.

    Under `sends` stands how many messages each would have sent in that week, as it is now, to which channels and within
    which budget; the last line sums it up.
    Precision is the share of stories that people called relevant, with its 95 % interval (Wilson), of n judged ones.
    """
    from alerts.rules.embedded import run_tests
    from crawler.config.strangers import watched

    loaded = load_config(config)
    report = run_tests(loaded.rules, watched(loaded.sources))
    known, said = asyncio.run(_standings(loaded)), forecast_of(loaded, seconds=SECONDS)
    if as_json:
        told = {one.id: {"forecast": forecast_facts(said, one.id)} for one in known}
        print_json([one.facts | told[one.id] | _tests(one, report) for one in known])
    else:
        _print(known, report, {one.id: short(loaded, said, one.id) for one in known})
        click.echo(summary(loaded, said))


async def _standings(config: Config) -> Sequence[Standing]:
    """Return what is known of the rules; without a store that can be read, only what the configuration says."""
    from alerts.errors import StoreError
    from crawler.clock import SystemClock
    from crawler.store import Store
    from crawler.tuning.standing import standings

    clock = SystemClock()
    try:
        store = Store.open(config.store, clock=clock, exclusive=False)
    except StoreError as error:
        click.echo(f"What rules found is not known: {error}", err=True)
        return await standings(config, None, clock.now())
    try:
        return await standings(config, store, clock.now())
    finally:
        await store.close()


def _tests(rule: Standing, report: Report) -> dict[str, object]:
    results = [result for result in report.results if result.rule == rule.id]
    return {"tests": len(results), "tests_passed": sum(result.passed for result in results)}


def _print(listed: Sequence[Standing], report: Report, said: Mapping[str, str]) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    if not listed:
        console.print("There are no rules.")
        return
    wrapped, numbers = {"name", "channels", "sends"}, {"7 d", "n"}
    headings = ("rule", "name", "severity", "channels", "7 d", "sends", "precision", "n", "state", "tests")
    columns = [Column(heading=one, right=one in numbers, keep=one not in wrapped) for one in headings]
    console.print(Fitted(columns, [_row(one, report, said[one.id]) for one in listed]))


def _row(rule: Standing, report: Report, said: str) -> Sequence[str | Text]:
    from rich.text import Text

    facts = _tests(rule, report)
    passed, tests = facts["tests_passed"], facts["tests"]
    return (
        rule.id,
        rule.name,
        rule.severity.label,
        ", ".join(rule.channels),
        "" if rule.volume is None else f"{rule.volume:,}",
        said,
        _share(rule),
        str(rule.precision.judged or ""),
        rule.state,
        Text(f"{passed} of {tests}" if tests else "none", style="red" if passed != tests else ""),
    )


def _share(rule: Standing) -> str:
    """Write a share with its interval: "78 % (45-94)"."""
    share = rule.precision.share
    if share is None:
        return ""
    low, high = (round(100 * end) for end in rule.precision.interval)
    return f"{round(100 * share)} % ({low}-{high})"
