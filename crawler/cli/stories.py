"""``tocsin stories``: what came in of late, each text once, however many outlets have it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING

import click

from alerts.errors import QueryError
from crawler.cli.common import config_option, json_option, load_config, print_json, shown
from crawler.cli.kin import STYLES, copies_facts, counted, event_facts, phase_name
from crawler.cli.search import MOST, between, since_option, until_option
from crawler.ids import encode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from rich.table import Table
    from rich.text import Text

    from alerts.search.query import Query
    from crawler.config.model import Config
    from crawler.store import Event, Listed

_LEGEND = (
    "last: since its newest copy came · also: further outlets with this text",
    "indep.: outlets that tell of its event on their own account",
)
_MEANT = {"source": "id of a source, and no host", "lang": "code of a language"}


@click.group(invoke_without_command=True)
@config_option
@json_option
@click.option("--events", "by_event", is_flag=True, help="Put texts under the event they tell of, with its phase.")
@since_option
@until_option
@click.option("--source", "sources", multiple=True, help="Only stories of this source: its id or host; repeatable.")
@click.option("--lang", "languages", multiple=True, help="Only stories in this language; repeatable.")
@click.option("--limit", type=click.IntRange(1, MOST), default=20, show_default=True, help="How many texts.")
@click.pass_context
def stories(
    context: click.Context,
    *,
    config: str | None,
    since: str | None,
    until: str | None,
    sources: tuple[str, ...],
    languages: tuple[str, ...],
    limit: int,
    by_event: bool,
    as_json: bool,
) -> None:
    """Show the newest stories, those that are copies of one text in one line, with the story that leads.

    A text is listed when one of its stories is from the sources, in the languages and of the time that are asked
    for; the numbers are those of all its stories. `tocsin explain` takes the code at the end of a line and says by
    which numbers stories are copies, and why they belong to an event; `tocsin stories show` takes it and prints the
    story whole.
    """
    if context.invoked_subcommand is not None:
        if config is not None:
            context.find_root().obj = config
        return
    from crawler.clock import SystemClock

    now = SystemClock().now()
    try:
        asked = _narrowed(sources, languages)
        loaded = load_config(config)
        found = _found(loaded, asked, between(since, until, now, loaded.timezone), now, limit + 1)
    except QueryError as error:
        raise click.UsageError(str(error)) from error
    listed, more = found[:limit], len(found) > limit
    if as_json:
        print_json([_facts(one) for one in listed])
        return
    _print(listed, now, by_event=by_event, more=more)


def _narrowed(sources: Sequence[str], languages: Sequence[str]) -> Query:
    """Return the search that wants these sources and languages and no words; raises QueryError and BadParameter."""
    from alerts.search.query import AllOf, Query, parse

    wanted = [*(("source", one) for one in sources), *(("lang", one) for one in languages)]
    if not wanted:
        return Query(written="", words=AllOf(()))
    for field, value in wanted:
        if not value.strip() or any(sign in value for sign in ' \t\n"()'):
            raise click.BadParameter(f"{shown(value, 40)!r} is no {_MEANT[field]}", param_hint=f"--{field}")
    return parse(" ".join(f"{field}:{value}" for field, value in wanted))


def _found(
    config: Config, query: Query, between: tuple[datetime | None, datetime | None], now: datetime, limit: int
) -> Sequence[Listed]:
    from crawler.clock import SystemClock
    from crawler.store import Store
    from crawler.store.search import Search

    wanted = Search(query=query, since=between[0], until=between[1], limit=limit)

    async def ask() -> Sequence[Listed]:
        store = Store.open(config.store, clock=SystemClock(), exclusive=False)
        try:
            return await store.texts(wanted, now)
        finally:
            await store.close()

    return asyncio.run(ask())


def _facts(one: Listed) -> dict[str, object]:
    lead = one.copies.lead
    return {
        "title": lead.title,
        "independent": _independent(one),
        **copies_facts(one.copies),
        "event": event_facts(one.event) if one.event else None,
    }


def _print(listed: Sequence[Listed], now: datetime, *, by_event: bool, more: bool) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    if not listed:
        console.print("[dim]nothing found[/]")
        return
    if by_event:
        for heading, block in _blocks(listed):
            console.print(heading)
            console.print(_table(block, now, heading=False), "")
    else:
        console.print(_table(listed, now, heading=True), "")
    rest = "; there are more, --limit shows them" if more else ""
    console.print(f"[dim]{counted(len(listed), 'text', 'texts')}{rest}[/]")
    for line in () if by_event else _LEGEND:
        console.print(f"[dim]{line}[/]")


def _blocks(listed: Sequence[Listed]) -> Iterator[tuple[Text, list[Listed]]]:
    """Yield the texts of each event under its heading, that of the newest text first.

    Stories that are the only one of their event, or have none, come last and share a heading.
    """
    from rich.text import Text

    blocks: dict[int, list[Listed]] = defaultdict(list)
    singles: list[Listed] = []
    for one in listed:
        if one.event is None or one.event.stories == 1:
            singles.append(one)
        else:
            blocks[one.event.id].append(one)
    for block in blocks.values():
        if event := block[0].event:
            yield _heading(event, len(block)), block
    if singles:
        yield Text("alone, or without an event", "dim"), singles


def _heading(event: Event, texts: int) -> Text:
    from rich.text import Text

    phase = event.standing.phase
    head = Text(phase_name(phase), STYLES.get(phase or "", ""))
    others = len(event.texts) - texts
    more = f" · {counted(others, 'more text', 'more texts')}" if others > 0 else ""
    counts = f" · {event.independent} independent{more}"
    return head + Text(f"{counts} · {event.standing.reason}", "dim")


def _table(listed: Sequence[Listed], now: datetime, *, heading: bool) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_header=heading, expand=True, pad_edge=False)
    table.add_column("last", width=4, justify="right", no_wrap=True)
    table.add_column("title", ratio=1, no_wrap=True, overflow="ellipsis")
    table.add_column("led by", width=14, no_wrap=True, overflow="ellipsis")
    table.add_column("also", width=4, justify="right", no_wrap=True)
    table.add_column("indep.", width=6, justify="right", no_wrap=True)
    table.add_column("story", width=13, no_wrap=True)
    for one in listed:
        copies, lead = one.copies, one.copies.lead
        table.add_row(
            Text(_age(max(story.member.seen for story in copies.stories), now), "dim"),
            Text(shown(lead.title) or "no title", _title_style(one)),
            Text(shown(lead.member.outlet), "cyan"),
            Text(f"+{copies.outlets - 1}" if copies.outlets > 1 else ""),
            Text(str(_independent(one))),
            Text(encode(lead.member.story), "dim"),
        )
    return table


def _independent(one: Listed) -> int:
    """Return how many outlets tell of a text's event on their own account; one text alone is one source."""
    return one.event.independent if one.event else 1


def _title_style(one: Listed) -> str:
    return "bold" if one.copies.outlets > 1 else ""


def _age(moment: datetime, now: datetime) -> str:
    """Write how long ago something was in four columns: 3m, 23h, 140d."""
    from crawler.cli.common import ago

    return ago(moment, now).removesuffix(" ago").removeprefix("in ")
