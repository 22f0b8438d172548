"""``tocsin sources``: try a source before trusting it."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from alerts.errors import FetchError
from crawler.cli.addresses import as_story, source_of
from crawler.cli.common import ago, config_option, json_option, load_config, print_json, shown
from spiders.reasons import meaning

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.story import Match
    from crawler.cli.probe import Probe
    from crawler.config.model import Config
    from crawler.fetch.crawl import Fetched
    from spiders.article import Article
    from spiders.entry import Entry
    from spiders.source import Source

LINKS = frozenset({"listing", "newsmap", "sitemap", "sitemapindex", "urls"})  # dialects whose entries are addresses
_NO_SECTION = frozenset({"drift", "html"})  # what a visit says of a web page that lists no stories
_IF_ARTICLE = "If it is an article's page, --page reads it, and `tocsin try all URL` tries the rules on it."
_EXCERPT = 300  # characters of a page's text


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What one visit of an address brought, and which rules hold for its entries."""

    source: Source
    at: datetime
    fetched: Fetched
    judged: tuple[tuple[Entry, tuple[Match, ...]], ...]
    page: Article | FetchError | None = None  # of the first entry, when that was asked for


@click.group()
def sources() -> None:
    """Find, try, add and exchange places that publish stories."""


@sources.command("test")
@click.argument("url")
@config_option
@json_option
@click.option("--limit", type=click.IntRange(0), default=10, show_default=True, help="How many entries to show.")
@click.option(
    "--page",
    is_flag=True,
    help="Fetch the page of the first entry as well, and show what is read there; of an article's address, that page.",
)
def test_source(url: str, config: str | None, limit: int, *, as_json: bool, page: bool) -> None:
    """Visit URL once and show what it holds, what is odd about it, and which rules would match.

    URL may be a feed, a sitemap or a section page, or the id of a source in the configuration; with --page it may be
    the address of an article. Nothing is stored and nothing is sent.
    """
    loaded = load_config(config)
    source = source_of(loaded, url)
    try:
        trial = asyncio.run(_try(loaded, source, page=page))
    except FetchError as error:
        if page and error.reason in _NO_SECTION and source not in loaded.sources:
            _show_article(loaded, source.url, as_json=as_json)
            return
        facts = {"ok": False, "url": source.url, "reason": error.reason, "detail": error.detail}
        if as_json:
            print_json(facts)
        else:
            hint = f"\n  {_IF_ARTICLE}" if error.reason in _NO_SECTION and source not in loaded.sources else ""
            failed = click.style("failed", fg="red", bold=True)
            click.echo(f"{failed}  {source.url}\n  {error}\n  {meaning(error.reason)}{hint}", err=True)
        sys.exit(1)
    if as_json:
        print_json(_facts(trial, limit))
    else:
        _print(trial, limit)


def _show_article(config: Config, url: str, *, as_json: bool) -> None:
    """Show what an address tells that is an article's; raises FetchError."""
    from rich.console import Console

    from crawler.cli.try_article import facts_of, found_at, lines

    found = found_at(config, url, as_page=True)
    rules = [match.rule for story in found.stories for match in config.rules.match(story)]
    if found.looked is None:
        return
    if as_json:
        print_json({"ok": True, "url": found.looked.url, "page": facts_of(found.looked), "rules": rules})
        return
    console = Console(highlight=False, soft_wrap=True)
    click.echo(f"{click.style('article', fg='green', bold=True)}  {shown(found.looked.article.title) or 'no title'}")
    for line in lines(found.looked):
        console.print(line)
    click.echo(f"matched by {', '.join(rules)}" if rules else "no rule matches")


async def _try(config: Config, source: Source, *, page: bool) -> Trial:
    from crawler.cli.probe import Probe

    async with Probe(config) as probe:
        fetched = await probe.visit(source)
        at, entries = probe.clock.now(), fetched.reading.entries if fetched.reading else ()
        first = next((entry.url for entry in entries if entry.url), None) if page else None
        article = await _page(probe, first, source) if first else None
    judged = tuple((entry, config.rules.match(as_story(entry, source, at))) for entry in entries)
    return Trial(source=source, at=at, fetched=fetched, judged=judged, page=article)


async def _page(probe: Probe, url: str, source: Source) -> Article | FetchError:
    try:
        return await probe.article(url, source)
    except FetchError as error:
        return error


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
        **_page_facts(trial.page),
    }


def _page_facts(page: Article | FetchError | None) -> dict[str, object]:
    if page is None:
        return {}
    if isinstance(page, FetchError):
        return {"page": {"ok": False, "reason": page.reason, "detail": page.detail}}
    return {"page": page}


def _print(trial: Trial, limit: int) -> None:
    facts = _facts(trial, 0)
    validators = trial.fetched.validators
    conditional = " and ".join(
        name for name, value in (("ETag", validators.etag), ("Last-Modified", validators.last_modified)) if value
    )
    title = shown(str(facts["title"] or "untitled"))
    click.echo(f"{click.style('ok', fg='green', bold=True)}  {title}  {facts['url']}")
    click.echo(f"    {facts['dialect']}, {facts['bytes']} bytes, {facts['entries']} entries")
    click.echo(f"    repeats are {f'conditional by {conditional}' if conditional else 'found by comparing bytes'}")
    for note in trial.fetched.reading.notes if trial.fetched.reading else ():
        click.echo(f"    {click.style('note', fg='yellow')}: {shown(note)}")
    with_links = facts["dialect"] in LINKS
    for entry, matches in trial.judged[:limit]:
        _print_entry(entry, matches, trial.at, with_link=with_links)
    if len(trial.judged) > limit:
        click.echo(f"  … and {len(trial.judged) - limit} more (--limit)")
    click.echo(f"{facts['matches']} of {facts['entries']} entries match a rule")
    if trial.page is not None:
        _print_page(trial.page, trial.at)


def _print_entry(entry: Entry, matches: Sequence[Match], now: datetime, *, with_link: bool) -> None:
    when = ago(entry.published, now) if entry.published else f"date {entry.date_note or 'unknown'}"
    rules = click.style("  ← " + ", ".join(match.rule for match in matches), fg="green") if matches else ""
    words = entry.title or entry.text[:80]
    click.echo(f"  {when:>16}  {shown(words or entry.url or entry.identity)}{rules}")
    if with_link and words and entry.url:
        click.echo(f"  {'':16}  {click.style(entry.url, dim=True)}")


def _print_page(page: Article | FetchError, now: datetime) -> None:
    if isinstance(page, FetchError):
        click.echo(f"{click.style('no page', fg='red')}  {page}")
        return
    when = ago(page.published, now) if page.published else f"date {page.date_note or 'unknown'}"
    click.echo(f"{click.style('page', fg='green')}  {shown(page.title) or 'no title'}  ({when})")
    facts = [f"{len(page.text.split())} words by {page.method}", page.language or "", ", ".join(page.authors)]
    click.echo("    " + ", ".join(filter(None, [*map(shown, facts), "behind a paywall" if page.paywalled else ""])))
    for note in page.notes:
        click.echo(f"    {click.style('note', fg='yellow')}: {shown(note)}")
    click.echo(f"    {shown(page.text, _EXCERPT)}")
