"""``tocsin slack``: is Slack set up right?"""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import TYPE_CHECKING

import click

from crawler.cli.common import config_option, json_option, load_config, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.slack.check import Finding
    from crawler.config.model import Config


@click.group()
def slack() -> None:
    """Set up and check the connection to Slack."""


@slack.command("check")
@config_option
@json_option
def check_slack(config: str | None, *, as_json: bool) -> None:
    """Check the token, its scopes, and every channel that a rule may write to.

    Posts nothing. Exit code 1 when something is not right; each problem says the way out.
    """
    loaded = load_config(config)
    if loaded.slack.token is None:
        raise click.ClickException("slack.token is not set: export SLACK_BOT_TOKEN, or put token_file: in config.yaml")
    findings = asyncio.run(_findings(loaded))
    if as_json:
        print_json(findings)
    else:
        _print(findings)
    sys.exit(0 if all(finding.ok for finding in findings) else 1)


async def _findings(config: Config) -> Sequence[Finding]:
    from alerts.slack.client import SlackNotifier, open_session
    from crawler.clock import SystemClock

    channels = sorted({channel for rule in config.rules.rules for channel in rule.to})
    token = config.slack.token.reveal() if config.slack.token else ""
    async with open_session() as session:
        slack = SlackNotifier(
            token, config.slack.api_url, session, clock=SystemClock(), log=logging.getLogger("alerts.slack")
        )
        return await slack.check(channels)


def _print(findings: Sequence[Finding]) -> None:
    for finding in findings:
        mark = click.style("ok  ", fg="green") if finding.ok else click.style("FAIL", fg="red", bold=True)
        click.echo(f"{mark}  {finding.subject}: {finding.text}")
        if finding.way_out:
            click.echo(f"      {finding.way_out}")
