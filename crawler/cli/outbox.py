"""``tocsin outbox``: what is on its way to people, and what came of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from alerts.outbox import State
from crawler.cli.common import ago, config_option, json_option, load_config, print_json
from crawler.ids import encode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from crawler.config.model import Config
    from crawler.store import DeliveryStatus


RATIOS = {"rules": 2, "title": 4, "why": 3}
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
    anybody saw it, for its story's page says otherwise or somebody else told it.
    """
    wanted = State(state) if state else None
    loaded = load_config(config)
    rows = asyncio.run(_rows(loaded, wanted, limit))
    if as_json:
        print_json([_facts(row) for row in rows])
    else:
        _print(rows, loaded.timezone)


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
    return {
        "key": delivery.key,
        "state": delivery.state,
        "channel": delivery.alert.channel,
        "severity": delivery.alert.severity.label if delivery.alert.matches else None,
        "rules": [match.rule for match in delivery.alert.matches],
        "note": delivery.note or None,
        "together": delivery.alert.trend.says if delivery.alert.trend else None,
        "story": encode(delivery.alert.story.id),
        "title": delivery.alert.story.title,
        "url": delivery.alert.story.url,
        "queued": delivery.queued,
        "attempts": delivery.attempts,
        "reason": row.reason,
        "detail": row.detail,
        "changed": row.changed,
        "not_before": row.not_before,
        "waits_for_page_until": row.page_until,
        "receipt": row.receipt,
    }


def _print(rows: Sequence[DeliveryStatus], zone: ZoneInfo) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from crawler.clock import SystemClock

    now = SystemClock().now()
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", expand=True)
    for heading in ("key", "state", "channel", "queued", "rules", "title", "why"):
        table.add_column(heading, no_wrap=heading in {"key", "state"}, overflow="fold", ratio=RATIOS.get(heading))
    for row in rows:
        alert = row.delivery.alert
        says = row.delivery.note or (alert.trend.says if alert.trend else "")
        table.add_row(
            row.delivery.key[-KEY_END:],
            row.delivery.state.value,
            alert.channel,
            ago(row.delivery.queued, now),
            ", ".join(match.rule for match in alert.matches),
            Text(f"{says}: {alert.story.title}" if says else alert.story.title)
            + Text(f"\n{encode(alert.story.id)}", "dim"),
            Text(_why(row, now, zone)),
        )
    Console(highlight=False).print(table if rows else "Nothing there.")


def _why(row: DeliveryStatus, now: datetime, zone: ZoneInfo) -> str:
    """Say how a message came to where it is, in the zone of the configuration."""
    if row.page_until and row.page_until > now:
        return f"waits for its page until {row.page_until.astimezone(zone):%H:%M:%S} at the latest"
    return f"{row.reason} {row.detail}".strip()
