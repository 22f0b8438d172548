"""``tocsin digest``: a digest as it stands now, or told before its time."""

from __future__ import annotations

import asyncio
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING

import click

from crawler.cli.common import config_option, json_option, load_config, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.bulletin import Bulletin
    from alerts.routing.spec import DigestSpec
    from crawler.config.model import Config


@click.command()
@click.argument("name", required=False)
@config_option
@json_option
@click.option("--now", "tells", is_flag=True, help="Tell its channels now; the next one goes on from there.")
def digest(name: str | None, config: str | None, *, tells: bool, as_json: bool) -> None:
    """Show what a digest would say if it came now; without a NAME the first one.

    With --now it is told, by the daemon if one runs, else at its next start.
    """
    loaded = load_config(config)
    spec = _named(loaded, name)
    pages = asyncio.run(_pages(loaded, spec, tells=tells))
    if as_json:
        print_json(pages)
        return
    from rich.console import Console

    from alerts.notify.console import shown

    console = Console(highlight=False)
    for page in pages:
        console.print(shown(page, page.channel, loaded.timezone))
    if tells:
        click.echo(f"queued for {', '.join(spec.to)}")


def _named(config: Config, name: str | None) -> DigestSpec:
    known = {one.name: one for one in config.routing.digests}
    if not known:
        raise click.ClickException("there are no digests: write `digests:` in config.yaml, see docs/routing.md")
    if name is None:
        return next(iter(known.values()))
    if name in known:
        return known[name]
    near = get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
    raise click.UsageError(f"there is no digest {name}: {hint}")


async def _pages(config: Config, spec: DigestSpec, *, tells: bool) -> Sequence[Bulletin]:
    from crawler.clock import SystemClock
    from crawler.ids import Ids
    from crawler.intake.held import names_of, preview, tell_now
    from crawler.store import Store
    from crawler.store.beside import open_beside

    clock, rules = SystemClock(), names_of(config.rules)
    now = clock.now()
    store = open_beside(config.store, clock) if tells else Store.open(config.store, clock=clock, exclusive=False)
    try:
        pages = await store.ask(partial(preview, spec, rules=rules, now=now))
        if tells:
            await store.apply(partial(tell_now, spec, ids=Ids(clock), rules=rules, now=now))
        return pages
    finally:
        await store.close()
