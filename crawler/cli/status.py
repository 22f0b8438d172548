"""``tocsin status``: is it working?"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import click

from alerts.errors import ConfigError, Level
from crawler.cli.common import ago, config_option, config_path, json_option, print_json
from spiders.reasons import meaning

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from rich.console import RenderableType
    from rich.table import Table

    from crawler.config.loader import Attempt
    from crawler.store import Overview, Pages, Pulse, SourceStatus

COLOURS = {"ok": "green", "silent": "yellow", "failing": "red", "gone": "red", "new": "yellow", "disabled": "dim"}
_REASONS = 3  # for which pages failed, that are explained
_INDENT = 10


@click.command()
@config_option
@json_option
def status(config: str | None, *, as_json: bool) -> None:
    """Show what was collected, what was told, and which sources are in trouble.

    Works beside a running daemon and without one, and also says when the configuration, as it is written now,
    would be refused: a running daemon goes on with the one from before.
    """
    from crawler.owners import refuse_strangers
    from crawler.reload import examine

    refuse_strangers()
    attempt = examine(config_path(config), os.environ)
    if attempt.store is None:
        raise ConfigError(attempt.problems)
    asyncio.run(_show(attempt.store, attempt, as_json=as_json))


async def _show(url: str, attempt: Attempt, *, as_json: bool) -> None:
    from crawler.clock import SystemClock
    from crawler.store import Store

    now = SystemClock().now()
    store = Store.open(url, clock=SystemClock(), exclusive=False)
    try:
        overview, sources = await store.overview(now), await store.sources()
    finally:
        await store.close()
    errors = sum(problem.level is Level.ERROR for problem in attempt.problems)
    if as_json:
        print_json({"configuration_errors": errors, "overview": overview, "sources": sources})
        return
    from rich.console import Console

    console = Console(highlight=False)
    if errors:
        console.print(
            f"[b red]refused[/]   the configuration has {errors} error{'s' if errors > 1 else ''}, see `tocsin check`; "
            "a running daemon goes on with the one from before"
        )
    for line in _summary(overview, now):
        console.print(line)
    console.print(_table(sources, now))


def _summary(overview: Overview, now: datetime) -> Iterator[RenderableType]:
    from rich.markup import escape

    yield f"[b]sources[/]   {_counts(overview.sources)}"
    yield f"[b]stories[/]   {overview.stories}, of them {overview.stories_24h} in the last 24 h"
    yield f"[b]events[/]    {_pulse(overview.pulse)}"
    yield from _pages(overview.pages)
    yield f"[b]verdicts[/]  {_counts(overview.verdicts)}"
    for reason in overview.verdicts:
        yield _remark(f"{reason}: {reason.words}")
    for waiting in overview.held_back:
        number = f"{waiting.stories} {'story waits' if waiting.stories == 1 else 'stories wait'}"
        where = escape(f"rule {waiting.rule} for {waiting.channel}")
        yield f"[b yellow]waiting[/]   {number} for a summary of {where}, since {ago(waiting.since, now)}"
    oldest = f" · oldest waiting since {ago(overview.oldest_waiting, now)}" if overview.oldest_waiting else ""
    yield f"[b]messages[/]  {_counts({state: count for state, count in overview.outbox.items() if count})}{oldest}"
    for hold in overview.holds:
        where = hold.channel or "every channel"
        yield f"[b red]held[/]      {escape(where)}, tried again {ago(hold.until, now)}: {escape(hold.reason)}"


def _pulse(pulse: Pulse) -> str:
    """Say in one line how much of the last day was new, and what goes on."""
    alive = sum(pulse.phases.values())
    phases = ", ".join(f"{count} {phase}" for phase, count in pulse.phases.items())
    going = f"{alive} {'goes' if alive == 1 else 'go'} on: {phases}" if alive else "none goes on"
    return f"{going}; of {pulse.stories} stories in 24 h {pulse.copies} were folded as copies"


def _pages(pages: Pages) -> Iterator[RenderableType]:
    yield f"[b]pages[/]     {pages.due} due, {pages.read} read and {pages.failed} failed in the last 24 h"
    for reason, count in list(pages.reasons.items())[:_REASONS]:
        yield _remark(f"{count} {reason}: {meaning(reason)}")
    if len(pages.reasons) > _REASONS:
        others = sum(list(pages.reasons.values())[_REASONS:])
        yield _remark(f"{others} for other reasons")


def _remark(text: str) -> RenderableType:
    """Set a text below the line that it belongs to."""
    from rich.padding import Padding
    from rich.text import Text

    return Padding(Text(text, "dim"), (0, 0, 0, _INDENT))


def _counts(counts: object) -> str:
    pairs = dict(counts).items() if isinstance(counts, dict) else ()
    return ", ".join(f"{count} {name}" for name, count in pairs) or "none yet"


def _table(sources: Sequence[SourceStatus], now: datetime) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("source", "state", "last good", "next", "stories", "last answer"):
        table.add_column(heading, justify="right" if heading == "stories" else "left", overflow="fold")
    for source in sorted(sources, key=lambda one: (one.failures == 0, one.id)):
        answer = f"{source.last_reason or ''} {source.last_detail or ''}".strip()
        table.add_row(
            source.id,
            Text(source.condition, style=COLOURS[source.condition]),
            ago(source.last_ok, now),
            ago(source.next_due, now) if source.next_due else "",
            str(source.stories),
            Text(answer + (f" ({source.failures} in a row)" if source.failures else "")),
        )
    return table
