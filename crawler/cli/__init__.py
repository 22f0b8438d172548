"""The tocsin command: one module for each group of commands."""

from __future__ import annotations

import sys

import click

from alerts.errors import ConfigError, TocsinError
from crawler import __version__
from crawler.cli.backup import backup, migrate, restore
from crawler.cli.cards import cards
from crawler.cli.check import check
from crawler.cli.common import report_problems
from crawler.cli.daemon import once, run
from crawler.cli.demo import demo
from crawler.cli.digest import digest
from crawler.cli.doctor import doctor
from crawler.cli.explain import explain
from crawler.cli.export import export
from crawler.cli.feedback import feedback
from crawler.cli.fmt import fmt
from crawler.cli.init import init
from crawler.cli.man import man
from crawler.cli.outbox import outbox
from crawler.cli.packs import packs
from crawler.cli.replay import replay
from crawler.cli.rules_tuning import rules
from crawler.cli.search import search
from crawler.cli.silence import silence
from crawler.cli.slack import slack
from crawler.cli.sources_show import sources
from crawler.cli.status import status
from crawler.cli.stories_show import stories
from crawler.cli.suggest import suggest
from crawler.cli.try_rule import try_rule
from crawler.cli.why import why
from crawler.cli.worker import worker

HELP = """News monitoring that never misses a story, never tells it twice, and always knows why.

Everything you tune stands in config.yaml. A first tour:

\b
  tocsin demo      watch it work, offline, on a small news web of its own
  tocsin check     read config.yaml and list every mistake with line and column
  tocsin run       start the daemon

The configuration is the file that --config names, else ./config.yaml, else the one in $TOCSIN_CONFIG.
Exit codes: 0 fine, 1 problems found, 2 wrong usage.
"""


@click.group(help=HELP, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="tocsin")
@click.option("-c", "--config", "config", type=click.Path(), help="The configuration file (also after the command).")
@click.pass_context
def tocsin(context: click.Context, config: str | None) -> None:
    """Hold the option for the command; the text users see is HELP."""
    context.obj = config


for command in (
    run,
    worker,
    once,
    check,
    try_rule,
    explain,
    suggest,
    feedback,
    why,
    replay,
    fmt,
    demo,
    init,
    digest,
    status,
    doctor,
    backup,
    restore,
    migrate,
    sources,
    stories,
    search,
    rules,
    packs,
    outbox,
    silence,
    cards,
    slack,
    export,
    man,
):
    tocsin.add_command(command)


def main() -> None:
    """Run the command line; errors raised on purpose are printed without a traceback, exit code 1."""
    try:
        tocsin(prog_name="tocsin")
    except ConfigError as error:
        report_problems(error.problems)
        sys.exit(1)
    except TocsinError as error:
        click.echo(f"{click.style('error', fg='red', bold=True)}: {error}", err=True)
        sys.exit(1)
