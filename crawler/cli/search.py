"""``tocsin search``: which stories of the store hold these words?"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

import click

from alerts.errors import QueryError
from crawler.cli.common import config_option, json_option, load_config, print_json, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from zoneinfo import ZoneInfo

    from rich.text import Text

    from alerts.search.query import Query
    from alerts.story import Span, Story
    from crawler.config.model import Config
    from crawler.store.search import Order

_SNIPPET = 240  # characters
_LATE = timedelta(hours=1)  # from publication to discovery: from here on both are shown
_FOUND = "black on yellow"
MOST = 1_000  # stories that are shown
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)  # before any story
_DAY = re.compile(r"\d{4}-\d\d-\d\d")

HELP = """Search the titles and texts of all stories in the store, in any language.

\b
  tungsten export            both words, anywhere
  "export licence"           a phrase; rare-earths is one, too
  tungsten OR gallium        one of them; (a OR b) c
  -sport, NOT sport          not this word
  sanction*                  any ending
  title:treaty               in the title only; body:treaty in the text only
  source:nhk lang:ja         of a source (id or host), in a language; -lang:en

In a shell a query stands in '…', and one that begins with a minus after --. Case, accents and hyphens do not
matter. A story is found in its newest version. `tocsin explain` and `try` take the code that each has.
"""


since_option = click.option("--since", help="Only stories first seen after: 2d (ago), 2026-11-02 or 2026-11-02T14:30.")
until_option = click.option("--until", help="Only stories first seen before, in the same forms; a day is included.")


@click.command(help=HELP)
@click.argument("query", nargs=-1, required=True)
@config_option
@json_option
@since_option
@until_option
@click.option("--limit", type=click.IntRange(1, MOST), default=20, show_default=True, help="How many stories.")
@click.option(
    "--by",
    type=click.Choice(["newest", "relevance"]),
    default="newest",
    show_default=True,
    help="What comes first; relevance is BM25, and words in titles weigh more.",
)
def search(
    query: tuple[str, ...],
    *,
    config: str | None,
    since: str | None,
    until: str | None,
    limit: int,
    by: str,
    as_json: bool,
) -> None:
    """Look for words; the text users see is HELP."""
    from alerts.search.query import parse
    from crawler.store.search import Order

    written = " ".join(query)
    try:
        asked = parse(written)
        loaded = load_config(config)
        found = _found(loaded, asked, since, until, order=Order(by), limit=limit + 1)
    except QueryError as error:
        raise click.UsageError(str(error)) from error
    stories = [(story, _spans(asked, story)) for story in found[:limit]]
    if as_json:
        print_json([_facts(story, spans) for story, spans in stories])
    else:
        _print(stories, loaded.timezone, more=len(found) > limit)


def between(
    since: str | None, until: str | None, now: datetime, zone: ZoneInfo
) -> tuple[datetime | None, datetime | None]:
    """Read what --since and --until say; raises click.BadParameter."""
    return (
        moment(since, now, zone) if since else None,
        moment(until, now, zone, ends_day=True) if until else None,
    )


def moment(value: str, now: datetime, zone: ZoneInfo, *, ends_day: bool = False) -> datetime:
    """Read a point in time as users write it: how long ago, a day, or a day and an hour in their zone.

    A day is its beginning, with ``ends_day`` its end; nothing is older than 1970. Raises click.BadParameter.
    """
    from crawler.config.values import Unusable

    try:
        return max(_moment(value, now, zone, ends_day=ends_day), _BEGINNING)
    except (ValueError, OverflowError, Unusable) as error:
        message = f"{shown(value)} is no time: write 2d or 12h (ago), 2026-11-02, or 2026-11-02T14:30"
        raise click.BadParameter(message) from error


def _moment(value: str, now: datetime, zone: ZoneInfo, *, ends_day: bool) -> datetime:
    from crawler.config.values import duration

    if _DAY.fullmatch(value):
        day = datetime.combine(datetime.fromisoformat(value), time(), zone)
        return day + timedelta(days=ends_day)
    if "-" in value or ":" in value:
        read = datetime.fromisoformat(value)
        return read if read.tzinfo else read.replace(tzinfo=zone)
    return now - duration(value)


def _found(
    config: Config, query: Query, since: str | None, until: str | None, *, order: Order, limit: int
) -> Sequence[Story]:
    import asyncio

    from crawler.clock import SystemClock
    from crawler.store import Store
    from crawler.store.search import Search

    clock = SystemClock()
    after, before = between(since, until, clock.now(), config.timezone)
    wanted = Search(query=query, since=after, until=before, order=order, limit=limit)

    async def ask() -> Sequence[Story]:
        store = Store.open(config.store, clock=clock, exclusive=False)
        try:
            return await store.search(wanted)
        finally:
            await store.close()

    return asyncio.run(ask())


def _spans(query: Query, story: Story) -> tuple[Span, ...]:
    from alerts.search.marks import spans

    return spans(tuple(query.phrases()), story)


def _facts(story: Story, spans: Sequence[Span]) -> dict[str, object]:
    from crawler.ids import encode

    start, end = _slice(story, spans)
    return {
        "story": encode(story.id),
        "version": story.version,
        "source": story.outlet.id,
        "name": story.outlet.name,
        "title": story.title,
        "url": story.url,
        "language": story.language,
        "published": story.published,
        "seen": story.seen,
        "snippet": story.text[start:end],
        "words": list(dict.fromkeys(span.of(story) for span in spans)),
        "spans": [[span.field, span.start, span.end] for span in spans],
    }


def _slice(story: Story, spans: Sequence[Span]) -> tuple[int, int]:
    from alerts.search.marks import best_slice
    from alerts.story import Field

    places = [(span.start, span.end) for span in spans if span.field is Field.TEXT]
    return best_slice(story.text, places, _SNIPPET)


def _print(stories: Sequence[tuple[Story, Sequence[Span]]], zone: ZoneInfo, *, more: bool) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    for story, spans in stories:
        for line in _lines(story, spans, zone):
            console.print(line)
        console.print()
    number = f"{len(stories)} {'story' if len(stories) == 1 else 'stories'}"
    rest = ", and there are more: --limit shows them, --since and --until narrow the time" if more else ""
    console.print(f"[dim]{number if stories else 'nothing found'}{rest}[/]")


def _lines(story: Story, spans: Sequence[Span], zone: ZoneInfo) -> Iterator[Text]:
    from rich.text import Text

    from alerts.story import Field
    from crawler.ids import encode

    head = Text(f"{local(story.seen, zone)}  ", "dim") + Text(shown(story.outlet.name), "cyan")
    if story.published and story.seen - story.published > _LATE:
        head += Text(f"  published {local(story.published, zone)}", "dim")
    yield head + Text(f"  {encode(story.id)}", "dim")
    yield _marked(Text(shown(story.title), "bold"), [span for span in spans if span.field is Field.TITLE], 0)
    start, end = _slice(story, spans)
    if start < end:
        part = Text(shown(story.text[start:end]))
        part = _marked(part, [span for span in spans if span.field is Field.TEXT], start)
        yield Text("… " if start else "") + part + Text(" …" if end < len(story.text) else "")
    if story.url:
        yield Text(shown(story.url), "dim")


def local(when: datetime, zone: ZoneInfo) -> str:
    """Write a time to the minute, in the zone of the configuration."""
    with suppress(OverflowError):  # the first and the last day that can be written
        when = when.astimezone(zone)
    return f"{when:%Y-%m-%d %H:%M}"


def _marked(text: Text, spans: Sequence[Span], offset: int) -> Text:
    for span in spans:
        if span.end > offset:
            text.stylize(_FOUND, max(span.start - offset, 0), span.end - offset)
    return text
