"""``tocsin status``: is it working?"""

from __future__ import annotations

import asyncio
import dataclasses
import os
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from alerts.errors import ConfigError, Level, StoreError
from crawler.cli.common import ago, config_option, config_path, json_option, lasting, print_json
from crawler.cli.tables import Column, Fitted
from spiders.reasons import meaning

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from rich.console import RenderableType

    from crawler.config.loader import Attempt
    from crawler.store import Overview, Pages, Pulse, SourceStatus
    from crawler.store.crew import Crew
    from crawler.upkeep.glance import Glance

COLOURS = {"ok": "green", "silent": "yellow", "failing": "red", "gone": "red", "new": "yellow", "disabled": "dim"}
_REASONS = 3  # for which pages failed, that are explained
_INDENT = 10
_EVERY = timedelta(seconds=2)  # between two looks of --watch
_SLOWEST = 3  # sources and rules that are named


@click.command()
@config_option
@json_option
@click.option("--watch", is_flag=True, help="Show it anew every two seconds, until Ctrl-C.")
def status(config: str | None, *, as_json: bool, watch: bool) -> None:
    """Show what was collected, what was told and how soon, and which sources are in trouble.

    Works beside a running daemon and without one, and also says when the configuration, as it is written now,
    would be refused: a running daemon goes on with the one from before.
    """
    from crawler.owners import refuse_strangers
    from crawler.reload import examine

    if watch and as_json:
        raise click.UsageError("--watch is for people: programs call --json again and again")
    refuse_strangers()
    attempt = examine(config_path(config), os.environ)
    if attempt.store is None:
        raise ConfigError(attempt.problems)
    with suppress(KeyboardInterrupt):
        asyncio.run(_watch(attempt.store, attempt) if watch else _show(attempt.store, attempt, as_json=as_json))


async def _show(url: str, attempt: Attempt, *, as_json: bool) -> None:
    from rich.console import Console

    from crawler.clock import SystemClock

    now = SystemClock().now()
    glance = await _look(url, attempt, now)
    if as_json:
        print_json(
            {
                "configuration_errors": _errors(attempt),
                **{field.name: getattr(glance, field.name) for field in dataclasses.fields(glance)},
            }
        )
        return
    console = Console(highlight=False)
    for line in _lines(glance, attempt, now):
        console.print(line)


async def _watch(url: str, attempt: Attempt) -> None:
    """Show it anew again and again; while the store is busy, what was seen last stays."""
    from rich.console import Console, Group
    from rich.live import Live
    from rich.text import Text

    from crawler.clock import SystemClock

    clock = SystemClock()
    with Live(console=Console(highlight=False), screen=True, auto_refresh=False, vertical_overflow="crop") as live:
        while True:
            now = clock.now()
            try:
                glance = await _look(url, attempt, now)
            except StoreError as error:
                live.update(Text(str(error), style="red"), refresh=True)
            else:
                live.update(Group(*_lines(glance, attempt, now)), refresh=True)
            await clock.wait_until(now + _EVERY)


async def _look(url: str, attempt: Attempt, now: datetime) -> Glance:
    from crawler.clock import SystemClock
    from crawler.config.credentials import tellable
    from crawler.store import Store
    from crawler.store.copies import Copies
    from crawler.upkeep.glance import look

    store = Store.open(url, clock=SystemClock(), exclusive=False)
    try:
        glance = await look(store, Copies(url), attempt.config.care if attempt.config else None, now)
        concealed = attempt.config.concealed if attempt.config else ()
        told = [replace(one, url=tellable(one.url, concealed=one.id in concealed)) for one in glance.sources]
        return replace(glance, sources=told)
    finally:
        await store.close()


def _errors(attempt: Attempt) -> int:
    return sum(problem.level is Level.ERROR for problem in attempt.problems)


def _lines(glance: Glance, attempt: Attempt, now: datetime) -> Iterator[RenderableType]:
    if errors := _errors(attempt):
        yield (
            f"[b red]refused[/]   the configuration has {errors} error{'s' if errors > 1 else ''}, see `tocsin check`; "
            "a running daemon goes on with the one from before"
        )
    if glance.paused:
        yield f"[b red]paused[/]    {glance.paused}"
    yield from _summary(glance.overview, now)
    if glance.crew is not None:
        yield from _crew(glance.crew, now)
    yield from _upkeep(glance, now)
    yield _table(glance.sources, now)


def _upkeep(glance: Glance, now: datetime) -> Iterator[RenderableType]:
    """Say how soon people were told, and how Tocsin itself does."""
    from rich.markup import escape

    from alerts.timing import Stage
    from alerts.upkeep_cards import megabytes, spoken

    whole = glance.time_to_alert.overall.get(Stage.WHOLE)
    if whole is not None:
        parts = [(stage, glance.time_to_alert.overall.get(stage)) for stage in Stage if stage is not Stage.WHOLE]
        walk = ", ".join(f"{stage.replace('_', ' ')} {spoken(one.p50)}" for stage, one in parts if one)
        yield f"[b]alerts[/]    half within {spoken(whole.p50)}, 95 % within {spoken(whole.p95)} of publication; {walk}"
        yield from _slowest(glance)
    daemon = f"runs ({glance.daemon})" if glance.daemon else "[yellow]does not run[/]"
    copy = f"newest copy {ago(glance.newest_backup, now)}" if glance.newest_backup else "no copy"
    room = f"{megabytes(glance.disk_free)} free" if glance.is_file else f"on a server, {escape(glance.store)}"
    space = f"store {megabytes(glance.store_bytes)}, {room}"
    yield f"[b]daemon[/]    {daemon} · {space} · {copy}"
    if glance.canary is not None:
        waits = ", and its last story has not arrived yet" if glance.canary_waits else ""
        yield f"[b]canary[/]    sang {ago(glance.canary, now)}{waits}"


def _crew(crew: Crew, now: datetime) -> Iterator[RenderableType]:
    """Say who shares the work, and whether they keep up."""
    from rich.markup import escape

    from crawler.cluster.roles import Role
    from crawler.store.crew import ranges

    dead = sum(one.is_dead for one in crew.hands)
    late = f" · the longest overdue for {lasting(crew.oldest, now)}" if crew.oldest else ""
    died = f", [b red]{dead} gave no sign of life lately[/]" if dead else ""
    yield f"[b]workers[/]   {len(crew.hands) - dead} at work{died} · {crew.due} sources due{late}"
    for one in crew.hands:
        who = one.member
        parts = [
            "no sign of life since " + ago(who.beat, now) if one.is_dead else f"up for {lasting(who.started, now)}",
            "+".join(who.roles),
            " and ".join(one.posts),
            f"shards {ranges(one.shards)}" if one.shards else "",
            f"{who.visits} visits, {who.stories} stories, {who.messages} messages",
        ]
        yield _remark(f"{escape(who.place)}: {'; '.join(filter(None, parts))}")
    idle = [role for role in Role if not any(role in one.member.roles for one in crew.hands if not one.is_dead)]
    if idle:
        yield f"[b red]undone[/]    no worker has the role {' or '.join(idle)}; `tocsin worker` has them all"
    if crew.waiting:
        yield _remark(f"{len(crew.waiting)} shards wait for a worker: {ranges(crew.waiting)}")


def _slowest(glance: Glance) -> Iterator[RenderableType]:
    """Name the sources and rules that people hear of last."""
    from alerts.timing import Stage
    from alerts.upkeep_cards import spoken

    for what, groups in (("sources", glance.time_to_alert.sources), ("rules", glance.time_to_alert.rules)):
        timed = [(stages[Stage.WHOLE].p95, name) for name, stages in groups.items() if Stage.WHOLE in stages]
        named = [f"{name} {spoken(span)}" for span, name in sorted(timed, reverse=True)[:_SLOWEST]]
        if len(timed) > 1:
            yield _remark(f"slowest {what} (95 %): {', '.join(named)}")


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
        yield f"[b yellow]waiting[/]   {number} for a summary of {where}, the first for {lasting(waiting.since, now)}"
    oldest = f" · the oldest has waited for {lasting(overview.oldest_waiting, now)}" if overview.oldest_waiting else ""
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


def _table(sources: Sequence[SourceStatus], now: datetime) -> RenderableType:
    from rich.text import Text

    headings = ("source", "state", "last good", "next", "stories", "last answer")
    columns = [Column(heading=one, right=one == "stories", keep=one != "last answer") for one in headings]
    rows = []
    for source in sorted(sources, key=lambda one: (one.failures == 0, one.id)):
        answer = f"{source.last_reason or ''} {source.last_detail or ''}".strip()
        row = (
            source.id,
            Text(source.condition, style=COLOURS[source.condition]),
            ago(source.last_ok, now),
            ago(source.next_due, now) if source.next_due else "",
            str(source.stories),
            answer + (f" ({source.failures} in a row)" if source.failures else ""),
        )
        rows.append(row)
    return Fitted(columns, rows)
