"""``tocsin run`` and ``tocsin once``: the daemon, and one round of it."""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import click

from crawler.cli.common import config_option, load_config
from crawler.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from alerts.courier import Pace
    from alerts.notify import Notifier
    from crawler.app import App
    from crawler.config.model import Config


@click.command()
@config_option
def run(config: str | None) -> None:
    """Start the daemon: collect, judge, alert, until it is stopped.

    SIGTERM or Ctrl-C ends it within ten seconds: what is under way is finished or left so that the next
    start takes it up; nothing is lost and nothing is told twice. Without a Slack token the same cards are
    printed here.
    """
    with_app(load_config(config), until_stopped)


@click.command()
@config_option
def once(config: str | None) -> None:
    """Visit every source that is due, deliver what there is, and exit."""
    with_app(load_config(config), lambda app: app.once())


def with_app(config: Config, work: Callable[[App], Coroutine[None, None, None]], *, pace: Pace | None = None) -> None:
    """Build the program from its configuration, let it do ``work``, and end it in order."""
    from crawler import log

    log.configure(config.log.format, config.log.level)
    for warning in config.warnings:
        click.echo(str(warning), err=True)
    with asyncio.Runner(loop_factory=_fastest_loop()) as runner:
        runner.run(_work(config, work, pace))


async def _work(config: Config, work: Callable[[App], Coroutine[None, None, None]], pace: Pace | None) -> None:
    from crawler.app import App

    async with notifier(config) as teller, App(config, teller, SystemClock(), pace=pace) as app:
        await work(app)


async def until_stopped(app: App) -> None:
    """Run until SIGTERM or Ctrl-C."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    await app.run(stop)


@asynccontextmanager
async def notifier(config: Config) -> AsyncIterator[Notifier]:
    """Yield the way to tell people that the configuration asks for: Slack, or this terminal."""
    if config.slack.token is None:
        from rich.console import Console

        from alerts.notify.console import ConsoleNotifier

        click.echo("No Slack token (slack.token in the configuration): cards are printed here.", err=True)
        yield ConsoleNotifier(Console(), config.timezone)
        return

    from alerts.slack.client import SlackNotifier, open_session

    token, url = config.slack.token.reveal(), config.slack.api_url
    async with open_session() as session:
        yield SlackNotifier(token, url, session, clock=SystemClock(), log=logging.getLogger("alerts.slack"))


def _fastest_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's loop where the extra [speed] is installed, else asyncio's own."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
