"""``tocsin doctor``: is what Tocsin stands on sound?"""

from __future__ import annotations

import asyncio
import os
import sys
from importlib import metadata
from typing import TYPE_CHECKING

import click

from crawler.cli.common import config_option, config_path, json_option, print_json, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from crawler.config.model import Config
    from crawler.upkeep.checkup import Finding

_MARKS = {"ok": ("✓", "green"), "warn": ("!", "yellow"), "fail": ("✗", "red")}
_DATE = 5.0  # seconds that a server may take to tell the date


@click.command()
@config_option
@json_option
@click.option("--offline", is_flag=True, help="Ask nobody: neither name servers nor Slack.")
def doctor(config: str | None, *, as_json: bool, offline: bool) -> None:
    """Look at SQLite or PostgreSQL, the store, disk, clock, names, packages, files, rights, copies and Slack.

    ✓ is fine, ! is worth a word, ✗ is a fault; both come with the way out. Works beside a running daemon, and changes
    nothing. Exit code 1 when something is at fault.
    """
    from crawler.reload import examine

    path = config_path(config)
    attempt = examine(path, os.environ)
    errors = sum(one.level == "error" for one in attempt.problems)
    findings = list(_look(path, errors, len(attempt.problems) - errors, attempt.config))
    if attempt.config is not None and not offline:
        findings += asyncio.run(_ask(attempt.config))
    if as_json:
        print_json(findings)
    else:
        _print(findings)
    sys.exit(1 if any(one.level == "fail" for one in findings) else 0)


def _look(path: os.PathLike[str], errors: int, warnings: int, config: Config | None) -> Iterator[Finding]:
    """Look at what is on this machine."""
    from pathlib import Path

    from crawler.clock import SystemClock
    from crawler.store import engine
    from crawler.store.place import file_of
    from crawler.upkeep import checkup

    file, now = Path(path), SystemClock().now()
    yield checkup.configuration(errors, warnings)
    written = file.read_text("utf-8", errors="replace")
    yield from checkup.permissions(file, written, checkup.secret_files(written, file.resolve().parent))
    yield checkup.packages(metadata.requires, metadata.version)
    if config is None:
        yield checkup.sqlite(engine.version(), engine.library())
        return
    database = file_of(config.store)
    if database is None:
        yield from _look_at_server(config)
        yield checkup.copies(config, now)
    else:
        yield checkup.sqlite(engine.version(), engine.library())
        yield from _look_at_file(config, database)
        if database.exists():
            yield checkup.copies(config, now)
    yield checkup.files(config.fetch.concurrency, checkup.open_limit())


def _look_at_file(config: Config, database: Path) -> Iterator[Finding]:
    from crawler.store import lock
    from crawler.store.backup import free_at
    from crawler.upkeep import checkup

    yield from checkup.store(database, lock.holder(database))
    folder, limits = next(one for one in database.parents if one.exists()), config.care.disk
    yield checkup.disk(free_at(folder), limits.stop_below, limits.ballast, database)


def _look_at_server(config: Config) -> Iterator[Finding]:
    """Look at the server that has the store, as far as it lets us in."""
    from alerts.errors import StoreError
    from crawler.clock import SystemClock
    from crawler.store import dumps, server
    from crawler.store.place import shown
    from crawler.upkeep import checkup, checkup_server

    yield checkup_server.programs(dumps.missing())
    try:
        found = server.look(config.store, SystemClock().now)
    except StoreError as error:
        yield checkup.fail("store", str(error), "docs/operations.md says how a database is made")
        return
    yield from checkup_server.server(found, shown(config.store))


async def _ask(config: Config) -> list[Finding]:
    """Ask name servers, Slack, and somebody for the time."""
    from urllib.parse import urlsplit

    from crawler.clock import SystemClock
    from crawler.upkeep import checkup

    address = config.slack.api_url
    asked = [address] if config.slack.token else []
    hosts = [urlsplit(one).hostname or "" for one in (*asked, *(source.url for source in config.sources))]
    findings = [await checkup.dns(filter(None, hosts), checkup.names)]
    newest = await asyncio.to_thread(_newest_seen, config.store)
    findings.append(checkup.clock(SystemClock().now(), await _date_at(address), newest))
    return [*findings, *await _slack(config)]


def _newest_seen(url: str) -> datetime | None:
    """Return when the newest story of a store was seen; None without one, or where it cannot be read."""
    from alerts.errors import StoreError
    from crawler.store.archive import Archive

    try:
        archive = Archive.of(url)
        if archive is None:
            return None
        with archive:
            return archive.last_seen()
    except StoreError:
        return None


async def _date_at(address: str) -> str | None:
    """Return what a server says the date is; None when it says nothing."""
    import aiohttp

    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_DATE)) as session,
            session.head(address, allow_redirects=False) as response,
        ):
            return response.headers.get("Date")
    except (aiohttp.ClientError, OSError, TimeoutError):
        return None


async def _slack(config: Config) -> list[Finding]:
    from crawler.cli.slack import look_at_slack
    from crawler.upkeep.checkup import Finding, Level

    if config.slack.token is None:
        way_out = "set slack.token; docs/slack.md says where it is found"
        if config.slack.webhook is not None:
            way_out = "a webhook can do less than a token: no threads, no edits, no canary"
        return [Finding(subject="slack", level=Level.WARN, text="there is no token", way_out=way_out)]
    return [
        Finding(
            subject=f"slack {one.subject}",
            level=Level.OK if one.ok else Level.FAIL,
            text=one.text,
            way_out=one.way_out or "",
        )
        for one in await look_at_slack(config, None)
    ]


def _print(findings: list[Finding]) -> None:
    for finding in findings:
        mark, colour = _MARKS[finding.level]
        click.echo(f"{click.style(mark, fg=colour, bold=True)} {finding.subject}: {shown(finding.text)}")
        if finding.way_out:
            click.echo(f"    → {shown(finding.way_out)}")
    faults = sum(one.level == "fail" for one in findings)
    words = sum(one.level == "warn" for one in findings)
    click.echo(f"{len(findings)} looked at, {faults} at fault, {words} worth a word")
