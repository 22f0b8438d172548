"""``tocsin slack``: is Slack set up right?"""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import TYPE_CHECKING

import click

from alerts.outbox import way_of
from crawler.cli.common import config_option, json_option, load_config, print_json, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.slack.check import Finding
    from alerts.slack.desk import Audit
    from crawler.config.model import Config


@click.group()
def slack() -> None:
    """Set up and check the connection to Slack."""


@slack.command("check")
@config_option
@json_option
@click.option(
    "--probe",
    is_flag=False,
    flag_value="",
    metavar="[CHANNEL]",
    help="Where the test message is posted; slack.ops_channel unless you say.",
)
@click.option("--no-probe", is_flag=True, help="Post no test message.")
def check_slack(config: str | None, probe: str | None, *, no_probe: bool, as_json: bool) -> None:
    """Check the token, its scopes, and every channel that a message may go to.

    A test message is posted to slack.ops_channel and deleted at once; where that is not set, only --probe posts one.
    Where slack.app_token is set, also whether buttons, /tocsin and the home page would work. Exit code 1 when
    something is not right; each problem says the way out.
    """
    loaded = load_config(config)
    if loaded.slack.token is None:
        raise click.ClickException("slack.token is not set: export SLACK_BOT_TOKEN, or put token_file: in config.yaml")
    findings = asyncio.run(look_at_slack(loaded, None if no_probe else _place(loaded, probe)))
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


@slack.command("audit")
@config_option
@json_option
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many, newest first.")
def print_audit(config: str | None, limit: int, *, as_json: bool) -> None:
    """Show who changed what, newest first: by a button, by /tocsin, or by a command on this machine."""
    loaded = load_config(config)
    audits = asyncio.run(_audits(loaded, limit))
    if as_json:
        print_json(audits)
        return
    from crawler.desk.words import local

    for one in audits:
        where = f" in {one.channel}" if one.channel else ""
        said = f"{local(one.at, loaded.timezone)}  {one.user}{where}: {_done(one)} {one.on} {one.detail}"
        click.echo(shown(said.rstrip()))
    if not audits:
        click.echo("Nobody changed anything yet.")


def _done(audit: Audit) -> str:
    """Say what was done, before what it was done to."""
    from alerts.slack.actions import deed_words

    said = deed_words(audit.deed)
    return said if said == audit.deed else f"{said}:"


async def _audits(config: Config, limit: int) -> Sequence[Audit]:
    from crawler.clock import SystemClock
    from crawler.store import Store

    store = Store.open(config.store, clock=SystemClock(), exclusive=False)
    try:
        return await store.people.audits(limit)
    finally:
        await store.close()


def _place(config: Config, probe: str | None) -> str | None:
    """Return the channel of the test message; None when there is to be none. ``probe`` is what was asked for."""
    ops = config.slack.ops_channel
    channel = probe or (ops if ops and way_of(ops) is None else None)
    if channel is None and probe is not None:
        raise click.UsageError("slack.ops_channel is no channel: write --probe CHANNEL, such as --probe news")
    return f"#{channel}" if channel and way_of(channel) else channel


async def look_at_slack(config: Config, probe: str | None) -> Sequence[Finding]:
    """Return what is right and wrong with token, scopes and channels; ``probe`` is where a test message goes."""
    from alerts.slack.client import SlackNotifier, open_session
    from alerts.slack.socket import check_socket
    from crawler.clock import SystemClock

    reached = {*config.channels, *filter(None, [config.slack.ops_channel])}
    channels = sorted(channel for channel in reached if way_of(channel) is None)
    token = config.slack.token.reveal() if config.slack.token else ""
    async with open_session() as session:
        slack = SlackNotifier(
            token, config.slack.api_url, session, clock=SystemClock(), log=logging.getLogger("alerts.slack")
        )
        findings = list(await slack.check(channels))
        if probe and not {"token", probe} & {finding.subject for finding in findings if not finding.ok}:
            findings += await slack.probe(probe)
        if app_token := config.slack.app_token:
            socket = await check_socket(app_token.reveal(), token, config.slack.api_url, session)
            findings += socket
        return findings


def _print(findings: Sequence[Finding]) -> None:
    for finding in findings:
        mark = click.style("ok  ", fg="green") if finding.ok else click.style("FAIL", fg="red", bold=True)
        click.echo(f"{mark}  {finding.subject}: {finding.text}")
        if finding.way_out:
            click.echo(f"      {finding.way_out}")
