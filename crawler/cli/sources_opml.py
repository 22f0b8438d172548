"""``tocsin sources import`` and ``export``: lists of subscriptions, as feed readers exchange them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.cli.common import config_option, config_path, json_option, load_config, print_json, problem_facts
from crawler.cli.sources_add import sources, write_sources

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.config.findings import Findings
    from crawler.config.model import Config
    from crawler.config.writing import Written
    from spiders.source import Source

__all__ = ["sources"]


@sources.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@config_option
@json_option
@click.option("--print", "prints", is_flag=True, help="Print the entries as YAML, and change nothing.")
def import_sources(file: Path, config: str | None, *, as_json: bool, prints: bool) -> None:
    """Add the feeds in FILE, which is OPML, to the configuration.

    Folders and categories become tags. What is watched already is left as it is; an outline that cannot be
    used is reported with its line and left out (exit code 1). To keep using the file itself, name it under
    `sources_from:` instead.
    """
    if prints and as_json:
        raise click.UsageError("--print and --json exclude each other")
    path = config_path(config)
    loaded = load_config(config)
    found, findings = _read(file)
    entries = _entries(found, loaded)
    for problem in findings.all:
        click.echo(str(problem), err=True)
    known = len(found) - len(entries)
    if entries and not prints:
        write_sources(path, entries)
    if prints:
        _print_yaml(entries)
    elif as_json:
        problems = [problem_facts(problem) for problem in findings.all]
        print_json({"added": entries, "watched_already": known, "problems": problems})
    else:
        told = f"{len(entries)} added to {path}" if entries else "nothing was changed"
        click.echo(told + (f", {known} watched already" if known else ""))
    sys.exit(1 if findings.fatal else 0)


@sources.command("export")
@config_option
@json_option
@click.option("--opml", is_flag=True, help="Print OPML 2.0; this is what is done without --json, too.")
def export_sources(config: str | None, *, as_json: bool, opml: bool) -> None:
    """Print the sources for other programs: as OPML 2.0, or as JSON with the keys of the configuration.

    `tocsin sources import` reads the OPML back. Headers, credentials and addresses that hold the value of a
    variable are never printed; what is left out is said on standard error.
    """
    if as_json and opml:
        raise click.UsageError("--opml and --json exclude each other")
    loaded = load_config(config)
    public = [source for source in loaded.sources if source.id not in loaded.concealed]
    if as_json:
        print_json([_entry(source) for source in public])
    else:
        _print_opml(public)
    if loaded.concealed:
        ids = ", ".join(sorted(loaded.concealed))
        click.echo(f"left out, for their addresses hold the value of a variable: {ids}", err=True)
    if headers := [source.id for source in public if source.headers]:
        click.echo(f"without their headers and credentials: {', '.join(headers)}", err=True)


def _read(file: Path) -> tuple[Sequence[Source], Findings]:
    from crawler.config.findings import Findings
    from crawler.config.outlines import read_drafts
    from crawler.config.sources import SourceDefaults, settle_sources

    findings = Findings()
    drafts = read_drafts(file, SourceDefaults(), findings)
    return settle_sources(drafts, findings), findings


def _entries(found: Sequence[Source], config: Config) -> list[dict[str, Written]]:
    """Return entries for what is not watched yet; an id that is taken is counted on."""
    from dataclasses import replace

    from crawler.config.slug import free_id
    from crawler.config.sources import address_key

    known = {address_key(source.url) for source in config.sources}
    taken = {source.id for source in config.sources}
    entries = []
    for source in found:
        if address_key(source.url) in known:
            continue
        identity = source.id if source.id not in taken else free_id(source.url, taken)
        taken.add(identity)
        entries.append(_entry(replace(source, id=identity)))
    return entries


def _entry(source: Source) -> dict[str, Written]:
    from crawler.config.writing import as_mapping

    return {"id": source.id, **as_mapping(source)}


def _print_yaml(entries: Sequence[dict[str, Written]]) -> None:
    from crawler.config.writing import as_lines

    click.echo("sources:" if entries else "sources: []")
    for entry in entries:
        click.echo("\n".join(f"  {line}" for line in as_lines(entry)))


def _print_opml(found: Sequence[Source]) -> None:
    from crawler.config.opml import write_opml
    from crawler.config.outlines import outline_of

    click.echo(write_opml(map(outline_of, found), "Tocsin's sources"), nl=False)
