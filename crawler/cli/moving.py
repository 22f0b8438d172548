"""``tocsin migrate --to``: the store in another database."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.cli.common import print_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crawler.config.model import Config
    from crawler.store.moving.move import Moved


def move_store(config: Config, to: str, *, as_json: bool) -> None:
    """Copy the store of a configuration to another address, and say what is to be done next."""
    from crawler.cli.progress import rows
    from crawler.clock import SystemClock
    from crawler.store.moving.move import move

    url = _address(config, to)
    try:
        with rows() as tell:
            done = move(config.store, url, SystemClock().now, tell)
    except KeyboardInterrupt:
        click.echo("stopped; what was copied stays: run the same command again, and it goes on from there", err=True)
        raise click.exceptions.Exit(1) from None
    if as_json:
        print_json({**_facts(done), "store": _line(url), "captured": _captured(config, url)})
        return
    for line in _said(done, config, url):
        click.echo(line)


def _address(config: Config, to: str) -> str:
    """Return an address as ``store:`` has it, a relative path below the configuration's folder."""
    from crawler.config.stores import store_in
    from crawler.config.values import Unusable

    try:
        return store_in(config.path.resolve().parent)(to)
    except Unusable as error:
        named = "" if error.secret else f" {to!r}"
        raise click.UsageError(f"--to{named} {error.message}: {error.hint}") from None


def _said(done: Moved, config: Config, url: str) -> Iterator[str]:
    rows, written = sum(one.rows for one in done.tables), sum(one.written for one in done.tables)
    removed, seconds = sum(one.removed for one in done.tables), done.took.total_seconds()
    yield f"{done.source} → {done.target}, as of {done.as_of:%H:%M:%S} UTC"
    yield from _table(done)
    gone = f", {removed:,} removed that are no more" if removed else ""
    yield f"{written:,} rows written{gone}, in {seconds:,.0f} s; the copy has {done.size / 1e6:,.0f} MB"
    for column, number in done.replaced.items():
        yield f"{column}: {number:,} characters that no text may have there (NUL, torn UTF-8) are replaced by a sign"
    if not done.complete:
        yield f"not complete: a Tocsin works on the store ({done.company}), and what it writes since is not there"
        yield "stop it, and run the same command again: that brings over the rest, and verifies all"
        return
    yield f"complete, and verified: {rows:,} rows in {len(done.tables)} tables are equal on both sides"
    yield f"now write in {config.path}:  store: {_line(url)}"
    if "***" in _line(url):
        yield "(with the password in the place of ***: ${NAME} takes it from the environment)"
    yield f"{done.source} stays as it is; start no daemon on it again"
    if captured := _captured(config, url):
        yield f"captured answers are files and not moved: move those in {captured['is']} to {captured['expected']}"


def _table(done: Moved) -> Iterator[str]:
    named = [one for one in done.tables if one.rows or one.there or one.removed]
    width = max((len(one.name) for one in named), default=0)
    for one in named:
        yield f"  {one.name:<{width}}  {one.rows:>12,} here  {one.there:>12,} there  {one.written:>12,} written"


def _facts(done: Moved) -> dict[str, object]:
    return {
        "source": done.source,
        "target": done.target,
        "as_of": done.as_of,
        "complete": done.complete,
        "company": done.company or None,
        "took": done.took,
        "bytes": done.size,
        "tables": list(done.tables),
        "replaced": dict(done.replaced),
    }


def _line(url: str) -> str:
    """Return what ``store:`` is to say, without a password."""
    from crawler.store.place import file_of, shown

    return url if file_of(url) else shown(url)


def _captured(config: Config, url: str) -> dict[str, str] | None:
    """Return where captured answers are, and where they will be looked for; None when there are none to take along."""
    from crawler.capture.shelf import folder_of

    here, there = folder_of(config), folder_of(replace(config, store=url))
    return {"is": str(here), "expected": str(there)} if here != there and Path(here).exists() else None
