"""``tocsin worker``: one of several processes that share the work of one store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from crawler.cli.common import config_option, load_config

if TYPE_CHECKING:
    from crawler.cluster.roles import Role

ALL = "crawl,deliver,maintenance"


def _roles(_context: click.Context, option: click.Parameter, value: str) -> frozenset[Role]:
    """Return the roles that are named, with commas between them; fails for a name that is none."""
    from crawler.cluster.roles import Role

    names = [name.strip() for name in value.split(",") if name.strip()]
    unknown = [name for name in names if name not in set(Role)]
    if unknown or not names:
        wrong = f"{unknown[0]!r} is no role" if unknown else "no role is named"
        raise click.BadParameter(f"{wrong}; write some of {ALL}", param=option)
    return frozenset(Role(name) for name in names)


@click.command()
@config_option
@click.option("--roles", callback=_roles, default=ALL, show_default=True, help="What it takes its share of.")
def worker(config: str | None, roles: frozenset[Role]) -> None:
    """Start one of several processes that share the work of a PostgreSQL store.

    Start as many as you like, on as many machines, all with the same configuration. A crawl worker visits sources
    and judges what they bring; messages are sent by one deliver worker at a time, and what goes by the clock, such
    as digests, is done by one maintenance worker at a time: when that one ends or dies, another takes over within
    seconds. `tocsin run` is a worker with all roles that serves the console as well.
    """
    from crawler.cli.daemon import serve

    loaded = load_config(config)
    if loaded.engine != "procrastinate":
        raise click.UsageError(
            "workers share a PostgreSQL store: write `store: postgresql+psycopg://user@host/database` and "
            "`engine: auto`; with one process `tocsin run` does all the work"
        )
    serve(loaded, roles, console=False)
