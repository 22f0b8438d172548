"""``tocsin outbox``: what is on its way to people, and what came of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from alerts.bulletin import Bulletin
from alerts.outbox import State
from crawler.cli.common import ago, config_option, json_option, load_config, print_json
from crawler.cli.silence import login
from crawler.cli.tables import Column, Fitted
from crawler.ids import encode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from rich.text import Text

    from alerts.outbox import Delivery
    from alerts.story import Alert
    from crawler.config.model import Config
    from crawler.store import DeliveryStatus
    from crawler.store.replay import Replayed


KEY_END = 8  # characters; --json has the whole key


@click.group()
def outbox() -> None:
    """Look at messages that wait, were sent, or could not be sent."""


@outbox.command("list")
@config_option
@json_option
@click.option("--state", type=click.Choice([state.value for state in State]), help="Only messages in this state.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many, newest first.")
def list_deliveries(config: str | None, state: str | None, limit: int, *, as_json: bool) -> None:
    """List messages, newest first, each with the id of its story, for `tocsin explain RULE STORY`.

    pending waits for its turn · sending is on the wire · unclear may have arrived and is being looked
    for · sent stands in the channel · dead was refused in every form · withdrawn was taken back before
    anybody saw it, for its story's page says otherwise or somebody else told it · folded is listed by
    the message of a storm.
    """
    wanted = State(state) if state else None
    loaded = load_config(config)
    rows = asyncio.run(_rows(loaded, wanted, limit))
    if as_json:
        print_json([_facts(row) for row in rows])
    else:
        _print(rows, loaded.timezone)


@outbox.command("replay")
@click.argument("keys", metavar="[KEY]...", nargs=-1)
@config_option
@json_option
@click.option("--dead", is_flag=True, help="All that were refused in every form.")
@click.option("--author", help="Who asks; otherwise the name that you are logged in by.")
def replay(keys: tuple[str, ...], config: str | None, author: str | None, *, dead: bool, as_json: bool) -> None:
    """Try messages again that were refused, or wait for their next try: something was mended.

    KEY is the key of a message, or the end of it as `tocsin outbox list` shows it. A running daemon takes them up
    within a second. Exit code 1 when there is nothing to try of those that you name.
    """
    if bool(keys) == dead:
        raise click.UsageError("name messages by their keys, or write --dead for all that were refused in every form")
    done = asyncio.run(_replay(load_config(config), None if dead else keys, author or login()))
    if as_json:
        print_json(done)
    else:
        for one in done:
            told = f"was {one.state}, is tried again" if one.again else f"is {one.state}: left as it is"
            click.echo(f"{one.key} to {one.channel} {told}")
    if not any(one.again for one in done):
        if keys:
            raise click.ClickException("there was nothing to try again")
        click.echo("there was nothing to try again", err=True)


async def _replay(config: Config, written: Sequence[str] | None, author: str) -> Sequence[Replayed]:
    from alerts.slack.desk import Audit
    from crawler.clock import SystemClock
    from crawler.store.beside import open_beside

    clock = SystemClock()
    store = open_beside(config.store, clock)
    try:
        keys = None if written is None else [_only(one, await store.people.keys_like(one)) for one in written]
        why = Audit(at=clock.now(), user=author, channel=None, deed="outbox-replay", on="")
        return await store.people.replay(keys, why)
    finally:
        await store.close()


def _only(written: str, found: Sequence[str]) -> str:
    """Return the one key that was meant; raises click.UsageError when there is none, or more."""
    if len(found) != 1:
        several = "several messages have a key that ends so: write more of it"
        raise click.UsageError(f"{written}: {several if found else 'no message has such a key'}")
    return found[0]


async def _rows(config: Config, state: State | None, limit: int) -> Sequence[DeliveryStatus]:
    from crawler.clock import SystemClock
    from crawler.store import Store

    store = Store.open(config.store, clock=SystemClock(), exclusive=False)
    try:
        return await store.deliveries(state, limit)
    finally:
        await store.close()


def _facts(row: DeliveryStatus) -> dict[str, object]:
    delivery = row.delivery
    said = _of_bulletin(delivery.content) if isinstance(delivery.content, Bulletin) else _of_alert(delivery.content)
    return {
        "key": delivery.key,
        "state": delivery.state,
        "channel": delivery.channel,
        **said,
        "note": delivery.note or None,
        "queued": delivery.queued,
        "attempts": delivery.attempts,
        "reason": row.reason,
        "detail": row.detail,
        "changed": row.changed,
        "not_before": row.not_before,
        "waits_for_page_until": row.page_until,
        "receipt": row.receipt,
    }


def _of_alert(alert: Alert) -> dict[str, object]:
    return {
        "about": "story",
        "severity": alert.severity.label if alert.matches else None,
        "rules": [match.rule for match in alert.matches],
        "together": alert.trend.says if alert.trend else None,
        "story": encode(alert.story.id),
        "title": alert.story.title,
        "url": alert.story.url,
    }


def _of_bulletin(bulletin: Bulletin) -> dict[str, object]:
    return {
        "about": bulletin.topic,
        "severity": bulletin.severity.label,
        "rules": [],
        "together": None,
        "story": None,
        "title": bulletin.title,
        "url": None,
    }


def _print(rows: Sequence[DeliveryStatus], zone: ZoneInfo) -> None:
    from rich.console import Console

    from crawler.clock import SystemClock

    console, now = Console(highlight=False), SystemClock().now()
    if not rows:
        console.print("Nothing there.")
        return
    headings = ("key", "state", "channel", "queued", "rules", "title", "why")
    columns = [Column(heading=one, keep=one not in {"rules", "title", "why"}) for one in headings]
    console.print(Fitted(columns, [_row(row, now, zone) for row in rows]))


def _row(row: DeliveryStatus, now: datetime, zone: ZoneInfo) -> Sequence[str | Text]:
    delivery = row.delivery
    rules, title = _said(delivery)
    at = ago(delivery.queued, now)
    return _end(delivery.key), delivery.state.value, delivery.channel, at, rules, title, _why(row, now, zone)


def _end(key: str) -> str:
    """Return the end of a key, by which it is known; of a copy also what it was made for."""
    origin, dot, purpose = key.partition(".")
    return f"{origin[-KEY_END:]}{dot}{purpose.partition('.')[0]}"


def _said(delivery: Delivery) -> tuple[str, Text]:
    """Return the rules that a message tells of, and what it is about."""
    from rich.text import Text

    if isinstance(delivery.content, Bulletin):
        return "", Text(delivery.content.title) + Text(f"\n{delivery.content.topic}", "dim")
    alert = delivery.content
    says = delivery.note or (alert.trend.says if alert.trend else "")
    title = f"{says}: {alert.story.title}" if says else alert.story.title
    rules = ", ".join(match.rule for match in alert.matches)
    return rules, Text(title) + Text(f"\n{encode(alert.story.id)}", "dim")


def _why(row: DeliveryStatus, now: datetime, zone: ZoneInfo) -> str:
    """Say how a message came to where it is, in the zone of the configuration."""
    if row.page_until and row.page_until > now:
        return f"waits for its page until {row.page_until.astimezone(zone):%H:%M:%S} at the latest"
    return f"{row.reason} {row.detail}".strip()
