"""``tocsin sources list``: what each source brings, when it comes next, and which are in trouble."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import click

from alerts.errors import ConfigError
from crawler.cli.aligned import Line, aligned
from crawler.cli.common import ago, config_option, config_path, json_option, print_json, shown
from crawler.cli.sources_opml import sources
from crawler.visits.spans import roughly

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence
    from datetime import datetime

    from rich.text import Text

    from crawler.config.loader import Attempt
    from crawler.store import Account, Store

T = TypeVar("T")

__all__ = ["sources"]

STYLES = {"gone": "b red", "failing": "red", "silent": "yellow", "new": "cyan", "ok": "green", "disabled": "dim"}
_ORDER = list(STYLES)  # trouble first
_WIDE = 100  # columns from which there is room for everything
_SMALL = 0.095  # a number that needs two digits after the point
_ROUND = 9.95  # a number from which a digit after the point says nothing
_NAME = 22  # characters of an id that are shown


@sources.command("list")
@config_option
@json_option
@click.option("--failing", is_flag=True, help="Only those that fail or are gone.")
@click.option("--silent", is_flag=True, help="Only those that answer, but have had nothing new for unusually long.")
@click.option("--tag", "tags", multiple=True, help="Only those with this tag; given twice, with either.")
def list_sources(config: str | None, tags: tuple[str, ...], *, failing: bool, silent: bool, as_json: bool) -> None:
    """Show every source: its state, when it was last good, when it comes next, and what it brings.

    `late` is how long after its publication half of the stories are found, `95 %` how long 19 in 20 take. `gaps` counts
    visits that shared nothing with the one before, so that stories may have come and gone unseen. Says when nothing is
    collected for lack of space on the disk. Works beside a running daemon and without one.
    """
    attempt = examined(config)

    async def look(store: Store, now: datetime) -> tuple[Sequence[Account], str | None]:
        return [veiled(one, attempt) for one in await store.accounts(now)], await paused(store, attempt)

    now, (accounts, stopped) = ask(attempt, look)
    chosen = _chosen(accounts, attempt, tags, _states(failing=failing, silent=silent))
    if as_json:
        print_json(chosen)
        return
    from rich.console import Console

    console = Console(highlight=False)
    if stopped:
        console.print(f"[b red]paused[/]  {stopped}")
    if not chosen:
        console.print("[dim]no source is like that[/]" if accounts else "[dim]there are no sources[/]")
        return
    for line in _lines(chosen, now, console.width):
        console.print(line, no_wrap=True, overflow="ellipsis")
    console.print(_total(chosen, len(accounts)))


def _states(*, failing: bool, silent: bool) -> set[str]:
    """Return the states that are asked for; none means all."""
    return ({"failing", "gone"} if failing else set()) | ({"silent"} if silent else set())


def _chosen(accounts: Sequence[Account], attempt: Attempt, tags: Sequence[str], states: set[str]) -> list[Account]:
    """Return the accounts that are asked for, trouble first; tags are known only by the configuration."""
    if tags and attempt.config is None:
        raise ConfigError(attempt.problems)
    sources = attempt.config.sources if attempt.config else ()
    tagged = {one.id for one in sources if set(tags) & set(one.tags)}
    found = [one for one in accounts if (not tags or one.id in tagged) and (not states or one.condition in states)]
    return sorted(found, key=lambda one: (_ORDER.index(one.condition), one.id))


def examined(config: str | None) -> Attempt:
    """Read the configuration; one with errors will do, as long as it says where the store is."""
    from crawler.owners import refuse_strangers
    from crawler.reload import examine

    refuse_strangers()
    attempt = examine(config_path(config), os.environ)
    if attempt.store is None:
        raise ConfigError(attempt.problems)
    return attempt


def ask(attempt: Attempt, question: Callable[[Store, datetime], Awaitable[T]]) -> tuple[datetime, T]:
    """Open the store to read, ask it, and return the answer with the time of asking."""
    from crawler.clock import SystemClock
    from crawler.store import Store

    async def answer() -> tuple[datetime, T]:
        now = SystemClock().now()
        store = Store.open(str(attempt.store), clock=SystemClock(), exclusive=False)
        try:
            return now, await question(store, now)
        finally:
            await store.close()

    return asyncio.run(answer())


def veiled(account: Account, attempt: Attempt) -> Account:
    """Return how a source does, without the secrets in its addresses: where it was and where it is visited."""
    from crawler.config.credentials import tellable

    hidden = account.id in (attempt.config.concealed if attempt.config else ())
    how = account.standing
    moved, heading, topic = (one and tellable(one, concealed=hidden) for one in (how.moved_to, how.heading, how.topic))
    standing = replace(how, moved_to=moved, heading=heading, topic=topic)
    return replace(account, url=tellable(account.url, concealed=hidden), standing=standing)


async def paused(store: Store, attempt: Attempt) -> str | None:
    """Say that nothing is collected at all, why, and the way out; None where all goes on."""
    from crawler.upkeep.glance import paused_now

    return await paused_now(store, attempt.config.care if attempt.config else None)


def trouble(account: Account, now: datetime) -> str | None:
    """Say in one line what is wrong with a source; None when nothing is."""
    how = account.standing
    if account.condition == "silent" and how.rhythm.last_new:
        usual = f"; usual is one every {roughly(how.rhythm.gap)}" if how.rhythm.gap else ""
        return f"nothing new for {roughly(now - how.rhythm.last_new)}{usual}"
    if not how.failures:
        return None
    since = f" for {roughly(now - how.failing_since)}" if how.failing_since else ""
    visits = f"{how.failures} visits in a row" if how.failures > 1 else "one visit"
    detail = shown(account.last_detail or "")
    return f"{account.last_reason}{since}, {visits}" + (f": {detail}" if detail else "")


def due(account: Account, now: datetime) -> str:
    """Say when a source is visited next."""
    if account.next_due is None:
        return "never"
    return ago(account.next_due, now) if account.next_due > now else "now"


def number(value: float | None) -> str:
    """Write a number with about two digits, a dash for what nobody knows."""
    if value is None:
        return "-"
    if 0 < value < _SMALL:
        return f"{value:.2f}"
    return f"{value:.1f}" if 0 < value < _ROUND else f"{value:.0f}"


def _lines(accounts: Sequence[Account], now: datetime, width: int) -> Iterator[Text]:
    headings = ["source", "state", "last good", "next", "new/day", "late", "95 %", "gaps", "why then"]
    if width < _WIDE:
        headings = [*headings[:6], "gaps"]
    lines = []
    for one in accounts:
        cells = _cells(one, now)
        lines.append(Line(cells=[cells[heading] for heading in headings], remarks=_remarks(one, now)))
    return aligned(headings, lines, right=frozenset({"new/day", "late", "95 %", "gaps"}))


def _cells(account: Account, now: datetime) -> dict[str, tuple[str, str]]:
    late, gaps = account.latency, account.standing.gaps
    return {
        "source": (shown(account.id, _NAME), ""),
        "state": (account.condition, STYLES[account.condition]),
        "last good": (ago(account.last_ok, now), ""),
        "next": (due(account, now), ""),
        "new/day": (number(account.new_a_day), ""),
        "late": (roughly(late.p50) if late else "-", ""),
        "95 %": (roughly(late.p95) if late else "-", ""),
        "gaps": (str(gaps), "yellow" if gaps else "dim"),
        "why then": (shown(account.next_why), ""),
    }


def _remarks(account: Account, now: datetime) -> list[tuple[str, str]]:
    remarks = []
    if len(account.id) > _NAME:  # commands want it whole
        remarks.append((shown(account.id), "dim"))
    if problem := trouble(account, now):
        remarks.append((problem, STYLES[account.condition]))
    if account.standing.moved_to and not account.standing.read_as:
        remarks.append((f"moved to {shown(account.standing.moved_to)}", "dim"))
    return remarks


def _total(accounts: Sequence[Account], of: int) -> str:
    counts = Counter(one.condition for one in accounts)
    parts = ", ".join(f"{counts[state]} {state}" for state in _ORDER if counts[state])
    some = f" of {of}" if len(accounts) < of else ""
    return f"[dim]{len(accounts)}{some} source{'s' if of != 1 else ''}: {parts}[/]"
