"""``tocsin sources show``: all that is known of one source."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

import click

from crawler.cli.aligned import Line, aligned
from crawler.cli.common import ago, config_option, json_option, print_json, shown
from crawler.cli.sources_list import STYLES, ask, due, examined, number, paused, sources, trouble, veiled
from crawler.visits.spans import roughly, spoken
from spiders.reasons import meaning

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from rich.table import Table
    from rich.text import Text

    from crawler.store import Account, Dossier, Store, VisitLine
    from spiders.source import Source

__all__ = ["sources"]

_BARS = "▁▂▃▄▅▆▇█"
_ANSWERS = {"read": "", "unchanged": "dim", "failed": "red"}
_KIB, _MIB = 1024, 1024 * 1024


@sources.command("show")
@click.argument("name", metavar="ID")
@config_option
@json_option
def show_source(name: str, config: str | None, *, as_json: bool) -> None:
    """Show what is known of the source ID: its state, rhythm, delays, gaps, and its last visits.

    Works beside a running daemon and without one.
    """
    attempt = examined(config)

    async def look(store: Store, now: datetime) -> tuple[Dossier | None, list[str], str | None]:
        found = await store.dossier(name, now)
        found = replace(found, account=veiled(found.account, attempt)) if found else None
        ids = [] if found else [one.id for one in await store.accounts(now)]
        return found, ids, await paused(store, attempt)

    now, (dossier, ids, stopped) = ask(attempt, look)
    if dossier is None:
        near = get_close_matches(name, ids, n=3) or ids[:3]
        hint = f": did you mean {', '.join(near)}?" if near else ": no source was ever visited"
        raise click.UsageError(f"there is no source {name!r}{hint}")
    if as_json:
        print_json(dossier)
        return
    from rich.console import Console

    source = next((one for one in attempt.config.sources if one.id == name), None) if attempt.config else None
    console = Console(highlight=False)
    console.print(_title(dossier.account), soft_wrap=True)
    if stopped:
        console.print(f"[b red]paused[/]  {stopped}")
    console.print(_facts(dossier, source, now))
    console.print()
    for line in _visits(dossier.visits, now):
        console.print(line)


def _title(account: Account) -> str:
    from rich.markup import escape

    kinds = [account.kind, f"tier {account.tier}", account.country, account.type]
    return f"[b]{escape(shown(account.name))}[/]  [dim]{' · '.join(kind for kind in kinds if kind)}[/]"


def _facts(dossier: Dossier, source: Source | None, now: datetime) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text, style in (*_state(dossier, now), *_yield(dossier, now), *_polling(dossier, source, now)):
        table.add_row(name, Text(text, style=style))
    return table


def _state(dossier: Dossier, now: datetime) -> Iterator[tuple[str, str, str]]:
    account, how = dossier.account, dossier.account.standing
    yield "address", shown(account.url), ""
    if how.read_as:
        yield "read as", f"a {how.read_as}" + (f", found at {shown(how.moved_to)}" if how.moved_to else ""), ""
    elif how.moved_to:
        yield "moved", f"visited at {shown(how.moved_to)}; `url:` in the configuration should say so", "yellow"
    elif how.heading:
        yield "moving", f"redirected to {shown(how.heading)}, {how.headed} of 3 times before it is believed", ""
    problem = trouble(account, now)
    named = problem if problem and problem.startswith(account.condition) else account.condition
    text = f"{named}: {problem}" if problem and named != problem else named
    yield "state", text, STYLES[account.condition]
    if how.failures and account.last_reason:
        yield "", meaning(account.last_reason), ""
    if how.reported:
        yield "", f"reported {ago(how.reported, now)}", ""
    yield "visited", f"{ago(account.last_at, now)}, last good {ago(account.last_ok, now)}", ""
    for host, (until, reason) in dossier.holds.items():
        if host in {_host(account.url), _host(how.moved_to or "")}:
            yield "held", f"{host} wants to be left alone, which ends {ago(until, now)}: {shown(reason)}", "red"
    when = f"{due(account, now)}: " if account.next_due else ""
    yield "next", when + shown(account.next_why), ""


def _yield(dossier: Dossier, now: datetime) -> Iterator[tuple[str, str, str]]:
    account, how = dossier.account, dossier.account.standing
    a_day = "" if account.new_a_day is None else f", {number(account.new_a_day)} new a day"
    yield "stories", f"{account.stories}{a_day}; {how.entries} in the last document", ""
    if late := account.latency:
        text = f"half within {roughly(late.p50)} of publication, 19 in 20 within {roughly(late.p95)}"
        yield "late", f"{text} ({_stories(late.stories)} of 7 days)", ""
    if how.gaps:
        text = (
            f"{how.gaps} visit{'s' if how.gaps > 1 else ''} shared nothing with the one before: stories may be missing"
        )
        yield "gaps", text, "yellow"
    for one in dossier.filled:
        span = f"of {roughly(one.until - one.since)}, {ago(one.until, now)}"
        yield "", f"{span}: {shown(one.result) or 'to be filled from other documents'}", "dim"
    yield from _pages(dossier, now)
    if account.rate is None:
        yield "rhythm", "nothing learnt yet", ""
        return
    usual = f", usual gap {roughly(how.rhythm.gap)}" if how.rhythm.gap else ""
    silence = f", longest silence {roughly(how.rhythm.longest)}" if how.rhythm.longest else ""
    newest = f", last new {ago(how.rhythm.last_new, now)}"
    yield "rhythm", f"{number(account.rate)} stories/h at this hour{usual}{silence}{newest}", ""
    yield "", f"{sparkline(dossier.profile)}  by hour, 0 to 23 UTC ({_stories(how.rhythm.learnt)})", ""


def _stories(count: int) -> str:
    return f"{count} {'story' if count == 1 else 'stories'}"


def _pages(dossier: Dossier, now: datetime) -> Iterator[tuple[str, str, str]]:
    pages, failed = dossier.pages, dossier.failed_page
    if not (pages.due or pages.read or pages.failed or failed):
        return
    style = "yellow" if pages.failed > pages.read else ""
    yield "pages", f"{pages.read} read, {pages.failed} failed in 7 days; {pages.due} due", style
    if failed:
        yield "", f"the last that failed, {ago(failed.at, now)}: {failed.reason}, {shown(failed.url)}", ""
        yield "", meaning(failed.reason) + (f" ({shown(failed.detail)})" if failed.detail else ""), "dim"


def _polling(dossier: Dossier, source: Source | None, now: datetime) -> Iterator[tuple[str, str, str]]:
    account, how = dossier.account, dossier.account.standing
    yield "every", _every(account, source), ""
    named = (("ETag", dossier.etag), ("Last-Modified", dossier.last_modified))
    validators = " and ".join(name for name, value in named if value)
    if how.untrusted:
        yield (
            "repeats",
            f"whole, for its server said that nothing had changed when it had ({ago(how.untrusted, now)})",
            "yellow",
        )
    else:
        by = f"conditional by {validators}" if validators else "found by comparing bytes"
        yield "repeats", f"{by}; the whole document was last given {ago(how.last_full, now)}", ""
    if wishes := _wishes(account):
        yield "it asks", wishes, ""
    if how.hub:
        yield "hub", shown(how.hub), ""


def _every(account: Account, source: Source | None) -> str:
    if account.cron is not None:
        return f"cron {account.cron}" + (f", {source.cron_zone}" if source and source.cron_zone else "")
    if account.every is not None:
        return spoken(account.every)
    return "auto" + (f", {spoken(source.every_min)} to {spoken(source.every_max)}" if source else "")


def _wishes(account: Account) -> str:
    wishes = account.standing.wishes
    parts = []
    if wishes.ttl is not None:
        parts.append(f"not sooner than {spoken(wishes.ttl)}")
    if wishes.skip_hours:
        parts.append(f"not in the hours {', '.join(map(str, sorted(wishes.skip_hours)))} UTC")
    if wishes.skip_days:
        days = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
        parts.append(f"not on {', '.join(days[day] for day in sorted(wishes.skip_days))}")
    return "; ".join(parts)


def sparkline(values: Sequence[float]) -> str:
    """Draw values as bars; the highest fills its cell."""
    top = max(values, default=0.0)
    return "".join(_BARS[round(value / top * (len(_BARS) - 1))] if top > 0 else _BARS[0] for value in values)


def _visits(visits: Sequence[VisitLine], now: datetime) -> Iterator[Text]:
    lines = []
    for one in visits:
        style = _ANSWERS[one.answer]
        said = one.reason if one.answer == "failed" else f"{one.answer} {one.reason}"
        cells = [
            f"{roughly(now - one.at)} ago",
            said,
            f"{one.elapsed.total_seconds():.2f} s",
            size(one.size),
            str(one.new or "·"),
            str(one.changed or "·"),
        ]
        notes = [*([one.detail] if one.detail else []), *one.notes]
        remarks = [(shown(note), "dim") for note in notes]
        lines.append(Line(cells=[(cell, style) for cell in cells], remarks=remarks))
    headings = ["visit", "answer", "took", "size", "new", "changed"]
    return aligned(headings, lines, right=frozenset(headings[2:]))


def size(count: int) -> str:
    """Write a number of bytes as people do."""
    if not count:
        return "·"
    if count < _KIB:
        return f"{count} B"
    return f"{count / _KIB:.0f} KiB" if count < _MIB else f"{count / _MIB:.1f} MiB"


def _host(url: str) -> str:
    from urllib.parse import urlsplit

    return urlsplit(url).netloc.rpartition("@")[2].lower()
