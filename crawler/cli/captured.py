"""``tocsin replay --from-capture``: what was fetched then, through today's code and rules."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from crawler.cli.common import print_json, shown
from crawler.cli.progress import counting

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from crawler.capture.comparing import Comparison
    from crawler.capture.replaying import Played
    from crawler.config.model import Config
    from crawler.store.captured import Told

_SHOWN = 50  # differences of a kind


def replay_captured(config: Config, since: datetime | None, *, as_json: bool) -> int:
    """Run the capture, print what differs, and return the exit code: 1 when anything does.

    Raises CaptureError where nothing is captured, and StoreError.
    """
    from crawler.capture.replaying import play

    with counting("visits") as tell:
        found = asyncio.run(play(config, since=since, tell=tell))
    altered = None if found.comparison.is_same else _altered(config, found)
    if as_json:
        print_json(_facts(found) | {"altered": altered})
    else:
        _print(found, config.timezone)
        if altered:
            click.echo(f"  {altered} answers had secrets taken out, of these sources: what differs may come of that")
    return 0 if found.is_same else 1


def _altered(config: Config, found: Played) -> int:
    """Count the answers whose bodies were altered, of the sources whose alerts differ."""
    from crawler.capture.index import entries
    from crawler.capture.kept import altered
    from crawler.capture.shelf import folder_of

    compared = found.comparison
    told = (*compared.gained, *(one.told for one in compared.lost), *(one.before for one in compared.changed))
    folder = folder_of(config)
    of_then = [one for one in entries(folder) if one.occasion and found.since <= one.at <= found.until]
    return altered(folder, of_then, {one.source for one in told})


def _facts(found: Played) -> dict[str, object]:
    compared = found.comparison
    return {
        "since": found.since,
        "until": found.until,
        "visits": found.visits,
        "answers": found.answers,
        "order_unsure": found.unsure,
        "skipped": found.skipped,
        "not_captured": found.missing,
        "damaged": found.damaged,
        "pages_not_captured": found.unvisited,
        "same": compared.same,
        "gained": compared.gained,
        "lost": [{"alert": one.told, "why": one.why or None} for one in compared.lost],
        "changed": compared.changed,
        "set_aside": compared.aside,
        "broken": found.broken,
        "is_same": found.is_same,
    }


def _print(found: Played, zone: ZoneInfo) -> None:
    begins, ends = (moment.astimezone(zone).strftime("%Y-%m-%d %H:%M") for moment in (found.since, found.until))
    click.echo(f"{found.visits} visits with {found.answers} answers, {begins} to {ends}")
    if found.unsure:
        click.echo(f"  {found.unsure} visits are made in the order of their last answers: this capture has no other")
    for why, number in found.skipped.items():
        click.echo(f"  {number} visits were not made again: {why}")
    if found.missing:
        first = shown(next(iter(found.missing)), 80)
        click.echo(f"  {len(found.missing)} addresses were asked for today and not then, such as {first}")
    for file, number in found.damaged.items():
        answers = f"{number} {'answer' if number == 1 else 'answers'}"
        click.echo(click.style(f"  {answers} of {file} cannot be read: the file is damaged", fg="yellow"))
    if found.broken:
        click.echo(click.style(f"  {found.broken} visits broke by a fault of ours: the log says how", fg="red"))
    if found.unvisited:
        click.echo(f"  {found.unvisited} pages are wanted today that were not visited then")
    _print_differences(found.comparison)
    _print_verdict(found.comparison)


def _print_differences(compared: Comparison) -> None:
    for sign, colour, alerts in (("+", "green", compared.gained), ("-", "red", [one.told for one in compared.lost])):
        for one in alerts[:_SHOWN]:
            click.echo(click.style(f"{sign} {_line(one)}", fg=colour))
        if len(alerts) > _SHOWN:
            click.echo(f"{sign} … and {len(alerts) - _SHOWN} more; --json has them all")
    for change in compared.changed[:_SHOWN]:
        click.echo(click.style(f"~ {_line(change.after)}", fg="yellow"))
        for name in change.what:
            old, new = (_value(getattr(one, name)) for one in (change.before, change.after))
            click.echo(f"    {name}: {shown(old, 60)} → {shown(new, 60)}")


def _print_verdict(compared: Comparison) -> None:
    for why, number in sorted(compared.aside.items()):
        click.echo(f"  set aside: {number} {why}")
    for why in sorted({one.why for one in compared.lost if one.why}):
        click.echo(f"  of what is lost: {sum(one.why == why for one in compared.lost)}, as {why}")
    verdict = click.style("the same alerts", fg="green", bold=True)
    if not compared.is_same:
        numbers = f"{len(compared.gained)} gained, {len(compared.lost)} lost, {len(compared.changed)} changed"
        verdict = click.style(numbers, fg="red", bold=True)
    click.echo(f"{verdict}; {compared.same} unchanged")


def _line(alert: Told) -> str:
    condition = f" ({alert.condition})" if alert.condition else ""
    return f"{alert.channel}  {alert.rule}{condition}  {alert.source}: {shown(alert.title, 80)}"


def _value(value: object) -> str:
    return ", ".join(dict.fromkeys(map(str, value))) if isinstance(value, tuple) else str(value)
