"""``tocsin sources``: try a source before trusting it."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from alerts.errors import FetchError
from crawler.cli.common import ago, config_option, json_option, load_config, print_json

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.story import Match, Story
    from crawler.config.model import Config
    from crawler.crawl import Fetched
    from spiders.entry import Entry
    from spiders.source import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What one visit of an address brought, and which rules hold for its entries."""

    source: Source
    at: datetime
    fetched: Fetched
    judged: tuple[tuple[Entry, tuple[Match, ...]], ...]


@click.group()
def sources() -> None:
    """Try out places that publish stories."""


@sources.command("test")
@click.argument("url")
@config_option
@json_option
@click.option("--limit", type=click.IntRange(0), default=10, show_default=True, help="How many entries to show.")
def test_source(url: str, config: str | None, limit: int, *, as_json: bool) -> None:
    """Visit URL once and show what it holds, what is odd about it, and which rules would match.

    URL may also be the id of a source in the configuration. Nothing is stored and nothing is sent.
    """
    loaded = load_config(config)
    source = source_of(loaded, url)
    try:
        trial = asyncio.run(_try(loaded, source))
    except FetchError as error:
        facts = {"ok": False, "url": source.url, "reason": error.reason, "detail": error.detail}
        if as_json:
            print_json(facts)
        else:
            click.echo(f"{click.style('failed', fg='red', bold=True)}  {source.url}\n  {error}", err=True)
        sys.exit(1)
    if as_json:
        print_json(_facts(trial, limit))
    else:
        _print(trial, limit)


def source_of(config: Config, url: str) -> Source:
    """Return a source of the configuration by id or address, else one for an address; raises click.UsageError."""
    from spiders.source import Source

    if known := next((one for one in config.sources if url in {one.id, one.url}), None):
        return known
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        ids = ", ".join(one.id for one in config.sources[:5])
        raise click.UsageError(f"{url!r} is neither an http(s) address nor the id of a source (such as {ids})")
    return Source(id="trial", url=url, name=parts.hostname)


async def _try(config: Config, source: Source) -> Trial:
    from crawler.clock import SystemClock

    clock = SystemClock()
    fetched = await visit_once(config, source)
    entries = fetched.reading.entries if fetched.reading else ()
    judged = tuple((entry, config.rules.match(as_story(entry, source, clock.now()))) for entry in entries)
    return Trial(source=source, at=clock.now(), fetched=fetched, judged=judged)


async def visit_once(config: Config, source: Source) -> Fetched:
    """Fetch and read a source as the daemon would the first time; raises FetchError."""
    from crawler.clock import SystemClock
    from crawler.crawl import Crawl
    from crawler.poll import Claim, Validators

    clock = SystemClock()
    crawl = Crawl(config.fetch, clock=clock)
    claim = Claim(source=source.id, due=clock.now(), token=0, first=True, validators=Validators())
    await crawl.start()
    try:
        return await crawl.visit(source, claim)
    finally:
        await crawl.stop()


def as_story(entry: Entry, source: Source, now: datetime) -> Story:
    """Return the story that the daemon would make of an entry."""
    return entry.as_story(id=0, outlet=source.outlet, seen=now, language=entry.language_of_words())


def _facts(trial: Trial, limit: int) -> dict[str, object]:
    reading = trial.fetched.reading
    return {
        "ok": True,
        "url": trial.fetched.url,
        "status": trial.fetched.status,
        "bytes": trial.fetched.size,
        "validators": {
            "etag": trial.fetched.validators.etag,
            "last_modified": trial.fetched.validators.last_modified,
        },
        "title": reading.title if reading else None,
        "dialect": reading.dialect if reading else None,
        "notes": list(reading.notes) if reading else [],
        "entries": len(trial.judged),
        "matches": sum(bool(matches) for _, matches in trial.judged),
        "shown": [{"entry": entry, "rules": [m.rule for m in matches]} for entry, matches in trial.judged[:limit]],
    }


def _print(trial: Trial, limit: int) -> None:
    facts = _facts(trial, 0)
    validators = trial.fetched.validators
    conditional = " and ".join(
        name for name, value in (("ETag", validators.etag), ("Last-Modified", validators.last_modified)) if value
    )
    click.echo(f"{click.style('ok', fg='green', bold=True)}  {facts['title'] or 'untitled'}  {facts['url']}")
    click.echo(f"    {facts['dialect']}, {facts['bytes']} bytes, {facts['entries']} entries")
    click.echo(f"    repeats are {f'conditional by {conditional}' if conditional else 'found by comparing bytes'}")
    for note in trial.fetched.reading.notes if trial.fetched.reading else ():
        click.echo(f"    {click.style('note', fg='yellow')}: {note}")
    for entry, matches in trial.judged[:limit]:
        when = ago(entry.published, trial.at) if entry.published else f"date {entry.date_note or 'unknown'}"
        rules = click.style("  ← " + ", ".join(match.rule for match in matches), fg="green") if matches else ""
        click.echo(f"  {when:>16}  {entry.title or entry.text[:80]}{rules}")
    if len(trial.judged) > limit:
        click.echo(f"  … and {len(trial.judged) - limit} more (--limit)")
    click.echo(f"{facts['matches']} of {facts['entries']} entries match a rule")
