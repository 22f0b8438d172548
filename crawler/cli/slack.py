"""``tocsin slack``: is Slack set up right?"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from typing import TYPE_CHECKING

import click

from alerts.outbox import way_of
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

    Where SLACK_APP_TOKEN is set, also whether buttons and commands would work. Posts nothing. Exit code 1 when
    something is not right; each problem says the way out.
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


@slack.command("manifest")
@config_option
@json_option
@click.option("--name", default="Tocsin", show_default=True, help="What the app is called in your workspace.")
@click.option("--no-socket", is_flag=True, help="Without buttons, /tocsin and the home page.")
@click.option("--url", is_flag=True, help="Print an address that offers to make the app, to be opened in a browser.")
def print_manifest(config: str | None, name: str, *, no_socket: bool, url: bool, as_json: bool) -> None:
    """Print the manifest of the Slack app, from which Slack makes the app with every scope that is needed.

    Needs no configuration and reaches nobody.
    """
    from alerts.slack.manifest import facts, manifest, manifest_url

    del config
    socket = not no_socket
    try:
        if as_json:
            print_json({"url": manifest_url(name, socket=socket)} if url else facts(name, socket=socket))
        else:
            click.echo(manifest_url(name, socket=socket) if url else manifest(name, socket=socket), nl=url)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--name") from error


async def _findings(config: Config) -> Sequence[Finding]:
    from alerts.slack.client import SlackNotifier, open_session
    from alerts.slack.socket import check_socket
    from crawler.clock import SystemClock

    channels = sorted({channel for rule in config.rules.rules for channel in rule.to if way_of(channel) is None})
    token = config.slack.token.reveal() if config.slack.token else ""
    async with open_session() as session:
        slack = SlackNotifier(
            token, config.slack.api_url, session, clock=SystemClock(), log=logging.getLogger("alerts.slack")
        )
        findings = await slack.check(channels)
        if app_token := os.environ.get("SLACK_APP_TOKEN"):
            findings = [*findings, *await check_socket(app_token, token, config.slack.api_url, session)]
        return findings


def _print(findings: Sequence[Finding]) -> None:
    for finding in findings:
        mark = click.style("ok  ", fg="green") if finding.ok else click.style("FAIL", fg="red", bold=True)
        click.echo(f"{mark}  {finding.subject}: {finding.text}")
        if finding.way_out:
            click.echo(f"      {finding.way_out}")
