"""``tocsin replay``: what rules would have told of the stored past, and what a change of them gains and loses."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.cli.common import config_option, json_option, load_config, print_json
from crawler.cli.progress import counting
from crawler.cli.replay_print import Replayed
from crawler.cli.search import moment
from crawler.cli.subjects import known_rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.config.model import Config
    from crawler.replay.condition import FailOn
    from crawler.replay.nouns import Request

_SAMPLES = 3  # cards that a terminal shows
_ON_PAGE = 30  # cards of each kind in a report


@click.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False))
@config_option
@json_option
@click.option("--rule", "rules", metavar="RULE", multiple=True, help="Only this rule; may be given several times.")
@click.option("--since", default="30d", show_default=True, help="From when on: 30d (ago), or 2026-11-02.")
@click.option("--until", help="Up to when; without it, now.")
@click.option("--against", type=click.Path(dir_okay=False), help="A configuration to compare with: gained and lost.")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="Write an HTML page to send around.")
@click.option(
    "--fail-on", "fail_on", metavar="COND", multiple=True, help="Exit code 1 when so: 'lost>0', 'per_day>=20'."
)
@click.option(
    "--workers", type=click.IntRange(1, 64), help="Processes that read; else as many as there are processors."
)
@click.option("--from-capture", is_flag=True, help="Run the answers kept by `capture:` through today's code instead.")
@click.option("--send", is_flag=True, help="Alert the past on purpose: needs --rule, asks first.")
@click.option("--yes", is_flag=True, help="With --send: do not ask.")
def replay(
    *,
    file: str | None,
    config: str | None,
    rules: tuple[str, ...],
    since: str,
    until: str | None,
    against: str | None,
    report: Path | None,
    fail_on: tuple[str, ...],
    workers: int | None,
    as_json: bool,
    from_capture: bool,
    send: bool,
    yes: bool,
) -> None:
    """Show what the rules would have told of the stored past, judged and decided as if they had been in force.

    The rules and routes are those of FILE, any configuration or file of rules, else those in force; the store is that
    of --config. Copies are folded, limits, quiet hours and budgets are kept, so that messages are counted as channels
    would have had them; what is not replayed is said below. With --against the same is asked of another file, and
    each story is gained, lost or unchanged. The store is only read, daemon or not, except with --send.
    """
    from crawler.clock import SystemClock
    from crawler.replay.nouns import Request

    conditions = _conditions(fail_on, compares=against is not None)
    loaded = load_config(config)
    now = SystemClock().now()
    begin = moment(since, now, loaded.timezone)
    end = moment(until, now, loaded.timezone) if until else now
    if begin >= end:
        raise click.UsageError(f"there is no time between --since {since} and --until {until or 'now'}")
    if from_capture:
        _refuse_beside_capture(file, rules, against, report, send=send)
        from crawler.cli.captured import replay_captured

        sys.exit(replay_captured(loaded, begin, as_json=as_json))
    own = load_config(file) if file else loaded
    request = Request(since=begin, until=end, rules=_chosen(own, rules))
    if send:
        from crawler.cli.replay_send import send_past

        if file or against or report or fail_on or not rules:
            raise click.UsageError("--send tells of the rules in force: name them by --rule, and no other file")
        send_past(loaded, request, workers, ask=not yes, as_json=as_json)
        return
    done = _replayed(loaded, own, request, against, workers)
    _tell(done, report, conditions, as_json=as_json)


def _conditions(written: Sequence[str], *, compares: bool) -> list[FailOn]:
    from alerts.errors import ExpressionError
    from crawler.replay.condition import parse

    try:
        conditions = [parse(one) for one in written]
    except ExpressionError as error:
        raise click.BadParameter(str(error), param_hint="--fail-on") from error
    for one in conditions:
        if one.needs_two and not compares:
            raise click.UsageError(f"--fail-on '{one}' compares with other rules: name their file by --against")
    return conditions


def _chosen(config: Config, rules: Sequence[str]) -> frozenset[str] | None:
    for name in rules:
        if not known_rule(config, name).enabled:
            raise click.UsageError(f"the rule {name} is switched off (enabled: no): switch it on in a copy of the file")
    return frozenset(rules) or None


def _refuse_beside_capture(
    file: str | None, rules: Sequence[str], against: str | None, report: Path | None, *, send: bool
) -> None:
    if file or rules or against or report or send:
        raise click.UsageError(
            "--from-capture takes --since and --json only: it compares what was told with today's code"
        )


def _replayed(config: Config, own: Config, request: Request, against: str | None, workers: int | None) -> Replayed:
    from crawler.replay.difference import compare, renamed
    from crawler.replay.running import replay as run

    other = load_config(against) if against else None
    names = renamed(own.rules.rules, other.rules.rules) if other else {}
    looked = request
    if request.rules is not None:  # of what is compared with, a rule is asked for by the name that it had there
        names = {name: was for name, was in names.items() if name in request.rules}
        looked = replace(request, rules=request.rules | {*names.values()})
    result = before = None
    with counting("stories") as tell:
        for step in run(config, looked, other, rules=own, workers=workers):
            tell(step.progress.done, step.progress.of)
            result, before = step.result, step.before
    if result is None:
        raise AssertionError("a replay ends with its result")
    difference = compare(result, before, names) if before else None
    return Replayed(
        config=config,
        own=own,
        request=request,
        result=result,
        before=before,
        difference=difference,
        against=against or "",
    )


def _tell(done: Replayed, report: Path | None, conditions: Sequence[FailOn], *, as_json: bool) -> None:
    from crawler.cli import replay_print
    from crawler.replay.volume import numbers_of, volume_of

    volume = volume_of(done.result, done.config.timezone)
    numbers = numbers_of(volume, done.difference)
    failed = [one for one in conditions if one.holds(numbers)]
    if report:
        _write(done, report)
    if as_json:
        print_json(replay_print.facts(done, volume, [str(one) for one in failed]))
    else:
        replay_print.show(done, volume, _SAMPLES)
        if report:
            click.echo(f"the report is in {report}")
        for one in failed:
            click.echo(click.style(f"failed: {one} ({numbers[one.name]:g})", fg="red"), err=True)
    if failed:
        sys.exit(1)


def _write(done: Replayed, path: Path) -> None:
    from crawler.clock import SystemClock
    from crawler.replay.page import html
    from crawler.replay.reporting import report_of

    page = html(
        report_of(
            done.config,
            done.request,
            done.result,
            done.before,
            made=SystemClock().now(),
            name=done.own.path.name,
            against=done.against,
            number=_ON_PAGE,
            renamed=done.difference.renamed if done.difference else None,
        )
    )
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}") from error
