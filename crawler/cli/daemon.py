"""``tocsin run`` and ``tocsin once``: the daemon, and one round of it."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

import click

from crawler.cli.common import config_option, json_option, load_config, print_json
from crawler.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Coroutine

    from alerts.notify import Notifier
    from alerts.pacer import Pace
    from alerts.slack.client import SlackNotifier
    from crawler.app import App, Round
    from crawler.cluster.roles import Role
    from crawler.config.loader import Attempt
    from crawler.config.model import Config

log = logging.getLogger("crawler.slack")


@click.command()
@config_option
def run(config: str | None) -> None:
    """Start the daemon: collect, judge, alert, until it is stopped.

    With a PostgreSQL store it shares the work with every other `tocsin run` and `tocsin worker` of that store.

    SIGTERM or Ctrl-C ends it within ten seconds: what is under way is finished or left so that the next
    start takes it up; nothing is lost and nothing is told twice. Without a Slack token the same cards are
    printed here. A changed configuration takes effect by itself, or on SIGHUP, once it is sound and its rules
    pass their tests; until then the old one stays in force.
    """
    from crawler.cluster.roles import EVERY

    serve(load_config(config), EVERY)


def serve(loaded: Config, roles: Collection[Role], *, console: bool = True) -> None:
    """Work until stopped: alone, or, where several processes share a store, with these roles."""
    from alerts.rules.embedded import run_tests
    from crawler.config.strangers import watched
    from crawler.reload import examine

    if failures := run_tests(loaded.rules, watched(loaded.sources)).problems:
        click.echo("\n".join(map(str, failures)), err=True)
        click.echo("Rules fail their own tests; they are in force all the same: silence would be worse.", err=True)
    reread = partial(examine, loaded.path, os.environ)
    shared = roles if loaded.engine == "procrastinate" else ()
    with_app(loaded, until_stopped, reread=reread, roles=shared, console=console)


@click.command()
@config_option
@json_option
@click.option("--strict", is_flag=True, help="Exit with 1 also when a source that was visited failed.")
def once(config: str | None, *, as_json: bool, strict: bool) -> None:
    """Visit every source that is due, deliver what there is, say what came of it, and exit.

    Exit code 1 when messages still wait or were refused. Sources that failed are named, and tried again at
    later runs: with --strict they make the exit code 1, too.
    """
    rounds: list[Round] = []

    async def one_round(app: App) -> None:
        rounds.append(await app.once())

    with_app(load_config(config), one_round, cards_aside=as_json)
    (done,) = rounds
    if as_json:
        print_json(done)
    else:
        click.echo(
            f"sources: {done.read} read, {done.unchanged} unchanged, {done.failed} failed; "
            f"{done.stories} new stories; messages: {done.waiting} waiting, {done.dead} dead",
            err=True,
        )
        for source, why in done.failures.items():
            click.echo(f"failed: {source}: {why}", err=True)
    sys.exit(1 if done.waiting or done.dead or (strict and done.failed) else 0)


def with_app(
    config: Config,
    work: Callable[[App], Coroutine[None, None, None]],
    *,
    pace: Pace | None = None,
    reread: Callable[[], Attempt] | None = None,
    cards_aside: bool = False,
    roles: Collection[Role] = (),
    console: bool = True,
) -> None:
    """Build the program from its configuration, let it do ``work``, and end it in order.

    With ``reread`` a changed configuration takes effect while it works.

    ``cards_aside`` prints cards on standard error, where Slack does not take them. With ``roles`` others work at the
    same store.
    """
    from crawler.log import configure

    configure(config.log.format, config.log.level)
    for warning in config.warnings:
        click.echo(str(warning), err=True)
    if reread:  # what it would ask for is read just now
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with asyncio.Runner(loop_factory=_fastest_loop()) as runner:
        runner.run(_work(config, work, pace, reread, cards_aside=cards_aside, roles=roles, console=console))


async def _work(
    config: Config,
    work: Callable[[App], Coroutine[None, None, None]],
    pace: Pace | None,
    reread: Callable[[], Attempt] | None,
    *,
    cards_aside: bool,
    roles: Collection[Role],
    console: bool,
) -> None:
    from crawler.app import App

    async with (
        notifier(config, cards_aside=cards_aside) as teller,
        App(
            config, teller, SystemClock(), pace=pace, reread=reread, environ=os.environ, roles=roles, console=console
        ) as app,
    ):
        await work(app)


async def until_stopped(app: App) -> None:
    """Run until SIGTERM or Ctrl-C; SIGHUP reads the configuration anew."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    if app.reloader:
        loop.add_signal_handler(signal.SIGHUP, app.reloader.ask)
    await app.run(stop)


@asynccontextmanager
async def notifier(config: Config, *, cards_aside: bool = False) -> AsyncIterator[Notifier]:
    """Yield the ways to tell people that the configuration asks for; raises ConfigError when one cannot be used."""
    from crawler.notifiers import switchboard

    async with _main(config, cards_aside=cards_aside) as main, switchboard(config, main, SystemClock()) as all_ways:
        yield all_ways


@asynccontextmanager
async def _main(config: Config, *, cards_aside: bool) -> AsyncIterator[Notifier]:
    """Yield the main way to tell people: Slack, or this terminal."""
    if config.slack.webhook is not None:
        from alerts.slack.client import open_session
        from alerts.slack.incoming import IncomingNotifier

        async with open_session() as session:
            yield IncomingNotifier(config.slack.webhook.reveal(), session)
        return

    if config.slack.token is None:
        from rich.console import Console

        from alerts.notify.console import ConsoleNotifier

        click.echo("No Slack token (slack.token in the configuration): cards are printed here.", err=True)
        yield ConsoleNotifier(Console(stderr=cards_aside), config.timezone)
        return

    from alerts.slack.client import SlackNotifier, open_session

    token, url = config.slack.token.reveal(), config.slack.api_url
    async with open_session() as session:
        heard = config.slack.app_token is not None
        slack = SlackNotifier(token, url, session, clock=SystemClock(), log=log, buttons=heard)
        greeting = asyncio.create_task(_greet(slack))
        try:
            yield slack
        finally:
            greeting.cancel()
            await asyncio.gather(greeting, return_exceptions=True)


async def _greet(slack: SlackNotifier) -> None:
    """Tell at once what is wrong with the token, not only when the first alert fails."""
    for finding in await slack.check(()):
        if not finding.ok:
            facts = {"subject": finding.subject, "detail": finding.text, "way_out": finding.way_out}
            log.error("slack-trouble", extra=facts)


def _fastest_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's loop where the extra [speed] is installed, else asyncio's own."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
