"""``tocsin sources add``: from an address to an entry of config.yaml."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from alerts.errors import FetchError
from crawler.cli.addresses import as_story
from crawler.cli.common import ago, config_option, config_path, json_option, load_config, print_json, shown, working
from crawler.cli.sources import sources
from crawler.config import values

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from crawler.config.model import Config
    from crawler.config.writing import Written
    from crawler.fetch.explore import Found
    from spiders.discover import Choice
    from spiders.entry import Entry, Reading
    from spiders.source import Source

__all__ = ["sources"]

T = TypeVar("T")
_SHOWN = 5  # entries of a candidate
_LONGEST_NAME = 80  # characters; what a feed calls itself may be a sentence


class _Value(click.ParamType[str]):
    """An option that is read as config.yaml would read it."""

    def __init__(self, name: str, read: Callable[[str], Any]) -> None:
        self.name = name
        self._read = read

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            self._read(value)
        except values.Unusable as error:
            self.fail(f"{value} {error.message}" + (f"; {error.hint}" if error.hint else ""), param, ctx)
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A source that could be added, and what it would collect today."""

    source: Source
    choice: Choice
    reading: Reading
    rules: Mapping[int, Sequence[str]]  # the number of an entry → the rules that hold for it
    now: datetime


@sources.command("add")
@click.argument("url")
@config_option
@json_option
@click.option("--id", "identity", type=_Value("id", values.identifier), help="A short name; default: from the address.")
@click.option("--name", help="The name on cards; default: what the source calls itself.")
@click.option("--tag", "tags", multiple=True, help="A word of your own for it; may be repeated.")
@click.option("--tier", type=click.IntRange(1, 4), help="1 wire or government … 4 unknown.")
@click.option("--type", "genre", type=click.Choice(values.SOURCE_TYPES), help="What publishes it.")
@click.option("--country", type=_Value("country", values.country), help="Where it is published, two letters.")
@click.option("--language", type=_Value("language", values.language), help="Of its stories; default: as it says.")
@click.option("--kind", type=click.Choice(("feed", "sitemap", "listing")), help="Look for this kind only.")
@click.option("--dry-run", is_flag=True, help="Show what would be added, and change nothing.")
@click.option("--yes", is_flag=True, help="Ask nothing: add the best that is found.")
def add(
    url: str, config: str | None, kind: str | None, *, as_json: bool, dry_run: bool, yes: bool, **given: Any
) -> None:
    """Find what can be watched at URL, show what it would collect, and add it to the configuration.

    URL may be a feed, a sitemap, or any page of a site: its feeds, its sitemaps and the page itself are looked
    at and ranked, each with the reason. The new entry goes to the end of `sources:`; everything else in the
    file, comments included, stays as it is. With --json nothing is asked: add --yes to write.
    """
    path = config_path(config)
    loaded = load_config(config)
    start = _start(loaded, url)
    try:
        with working(f"looking at {start.url}"):
            found, proposals = asyncio.run(_explored(loaded, start, kind, given))
    except FetchError as error:
        _fail(f"{start.url}: {error}", {"url": start.url, "reason": error.reason, "detail": error.detail}, as_json)
    if not as_json:
        _print_choices(found, loaded)
    if not proposals:
        nothing = "nothing new can be watched there"
        _fail(nothing, {"url": start.url, "reason": "nothing-found", "candidates": found.choices}, as_json)
    chosen = proposals[0] if yes or as_json or dry_run else _asked_which(proposals, found)
    entry = _entry(chosen.source)
    if not as_json:
        _print_proposal(chosen, entry)
    writes = yes and not dry_run
    if not (as_json or yes or dry_run):
        writes = click.confirm(f"Add this to {path}?", default=True)
    if writes:
        write_sources(path, [entry])
    if as_json:
        print_json(
            {
                "ok": True,
                "added": writes,
                "entry": entry,
                "entries": len(chosen.reading.entries),
                "candidates": found.choices,
            }
        )
    elif writes:
        click.echo(f"{click.style('added', fg='green', bold=True)} to {path}; a running daemon takes it up by itself")
    else:
        click.echo("nothing was changed")


def write_sources(path: Path, entries: Sequence[Mapping[str, Written]]) -> None:
    """Append entries to a configuration; raises ConfigError, and exits where there is no safe place for them."""
    from crawler.config.append import NoPlace, append_to_file
    from crawler.config.writing import as_lines

    try:
        append_to_file(path, entries, os.environ)
    except NoPlace as error:
        click.echo(f"{click.style('error', fg='red', bold=True)}: {path}: {error}; add this by hand:", err=True)
        for entry in entries:
            click.echo("\n".join(f"  {line}" for line in as_lines(entry)), err=True)
        sys.exit(1)
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror or error}") from error


def _start(config: Config, url: str) -> Source:
    """Return the source that an address would be by itself; raises click.UsageError."""
    from spiders.source import Source

    if re.fullmatch(r"[\w-]+(\.[\w-]+)+(:\d+)?(/\S*)?", url):
        url = f"https://{url}"
    try:
        address = values.address(url)
    except values.Unusable as error:
        raise click.UsageError(f"{url} {error.message}" + (f"; {error.hint}" if error.hint else "")) from error
    if known := _known(config, address):
        raise click.UsageError(f"{address} is watched already, as {known}")
    return Source(id="new", url=address, name="", kind="auto")


def _known(config: Config, url: str) -> str | None:
    from crawler.config.sources import address_key

    key = address_key(url)
    return next((one.id for one in config.sources if address_key(one.url) == key), None)


async def _explored(
    config: Config, start: Source, kind: str | None, given: Mapping[str, Any]
) -> tuple[Found, list[Proposal]]:
    from crawler.cli.probe import Probe
    from crawler.fetch.explore import explore

    kinds = frozenset({kind}) if kind else None
    async with Probe(config) as probe:
        found = await explore(start, probe, probe.clock.now(), kinds=kinds)
        now = probe.clock.now()
    usable = [choice for choice in found.choices if choice.usable and not _known(config, choice.candidate.url)]
    return found, [_proposed(config, choice, found, given, now) for choice in usable]


def _proposed(config: Config, choice: Choice, found: Found, given: Mapping[str, Any], now: datetime) -> Proposal:
    from crawler.config.slug import free_id
    from spiders.source import Source

    reading = found.reading_of(choice)
    if reading is None:
        raise click.ClickException(f"{choice.candidate.url} was not read")
    url = choice.candidate.url
    source = Source(
        id=given["identity"] or free_id(url, {one.id for one in config.sources}),
        url=url,
        name=given["name"] or shown(" ".join((reading.title or "").split()), _LONGEST_NAME),
        kind=choice.candidate.kind,
        language=(given["language"] or _language(reading) or "").lower() or None,
        country=given["country"] and given["country"].lower(),
        tier=given["tier"] or 4,
        type=given["genre"],
        tags=tuple(dict.fromkeys(given["tags"])),
    )
    source = replace(source, name=source.name or source.outlet.host)
    judged = {
        number: [match.rule for match in config.rules.match(as_story(entry, source, now))]
        for number, entry in enumerate(reading.entries)
    }
    return Proposal(source=source, choice=choice, reading=reading, rules=judged, now=now)


def _language(reading: Reading) -> str | None:
    """Return what the source calls its language, else what most of its entries are in."""
    if reading.language:
        try:
            return values.language(reading.language)
        except values.Unusable:
            pass  # some write "English", or a blank
    (most, count), *_ = [*_languages(reading.entries).most_common(1), ("", 0)]
    return most if 2 * count > len(reading.entries) else None


def _languages(entries: Sequence[Entry]) -> Counter[str]:
    from alerts.language import identify

    found = (identify(entry.title, entry.text, entry.language)[0] for entry in entries)
    return Counter(language for language in found if language)


def _entry(source: Source) -> dict[str, Written]:
    from crawler.config.writing import as_mapping

    return {"id": source.id, **as_mapping(source)}


def _asked_which(proposals: Sequence[Proposal], found: Found) -> Proposal:
    """Let the user choose among the candidates by the number that they were shown with."""
    numbers = {found.choices.index(one.choice) + 1: one for one in proposals}
    first = next(iter(numbers))
    if len(numbers) == 1:
        return numbers[first]
    wanted = click.prompt(
        "Which one?", default=str(first), type=click.Choice([str(number) for number in numbers]), show_choices=False
    )
    return numbers[int(wanted)]


def _print_choices(found: Found, config: Config) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_edge=False)
    table.add_column("", justify="right")
    table.add_column("kind", no_wrap=True)
    table.add_column("address and reason", overflow="fold")
    for number, choice in enumerate(found.choices, 1):
        known = _known(config, choice.candidate.url)
        usable = choice.usable and not known
        about = Text(shown(choice.candidate.url))
        about.append(f"\n{shown(choice.candidate.reason)}", "dim")
        about.append(f"\n{f'watched already, as {known}' if known else shown(choice.reason)}", "" if usable else "red")
        table.add_row(str(number) if usable else "", Text(choice.candidate.kind), about)
    Console(highlight=False).print(table)


def _print_proposal(proposal: Proposal, entry: Mapping[str, Written]) -> None:
    from crawler.config.writing import as_lines

    entries = proposal.reading.entries
    languages = ", ".join(f"{language} {count}" for language, count in _languages(entries).most_common(4))
    matching = sum(bool(rules) for rules in proposal.rules.values())
    click.echo(
        f"\n{click.style(shown(proposal.source.name), bold=True)}: {len(entries)} entries today, "
        f"{matching} match a rule" + (f"; languages: {languages}" if languages else "")
    )
    for number, one in enumerate(entries[:_SHOWN]):
        when = ago(one.published, proposal.now) if one.published else f"date {one.date_note or 'unknown'}"
        rules = click.style("  ← " + ", ".join(proposal.rules[number]), fg="green") if proposal.rules[number] else ""
        click.echo(f"  {when:>12}  {shown(one.title or one.text or one.url or one.identity, 62)}{rules}")
    if len(entries) > _SHOWN:
        click.echo(f"  … and {len(entries) - _SHOWN} more")
    click.echo("\n" + "\n".join(f"  {line}" for line in as_lines(entry)) + "\n")


def _fail(message: str, facts: Mapping[str, object], as_json: bool) -> None:
    if as_json:
        print_json({"ok": False, **facts})
    else:
        click.echo(f"{click.style('failed', fg='red', bold=True)}  {shown(message)}", err=True)
    sys.exit(1)
