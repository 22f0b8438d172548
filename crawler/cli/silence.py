"""``tocsin silence``: what tells nobody for a while, whether the daemon runs or not."""

from __future__ import annotations

import asyncio
import getpass
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

import click

from alerts.story import Severity
from crawler.cli.common import config_option, json_option, load_config, print_json
from crawler.cli.search import moment
from crawler.cli.subjects import known_rule
from crawler.cli.tables import Column, Fitted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.routing.silence import Matcher, Silence
    from alerts.slack.desk import Audit
    from crawler.config.model import Config

SEVERITIES = [severity.label for severity in Severity]


@click.group()
def silence() -> None:
    """Keep quiet for a while about what is expected; what is found is stored all the same."""


@silence.command("add")
@config_option
@json_option
@click.option("--rule", "rules", multiple=True, help="A rule, by its id; repeat it for one of several.")
@click.option("--tag", "tags", multiple=True, help="A tag of a rule or a source; repeat it for one of several.")
@click.option("--source", "sources", multiple=True, help="A source, by id or host; repeat it for one of several.")
@click.option("--severity", type=click.Choice(SEVERITIES), help="Only this level or lower: what is worse is heard.")
@click.option("--text", default="", help="A phrase in the headline or the text.")
@click.option("--for", "length", help="How long: 30m, 2h, 3d.")
@click.option("--until", help="Until when, in the zone of the configuration: 2026-11-02 (its end) or 2026-11-02T14:30.")
@click.option("--comment", default="", help="Why, for those who wonder.")
@click.option("--author", help="Who asks; otherwise the name that you are logged in by.")
def add_silence(
    config: str | None,
    rules: tuple[str, ...],
    tags: tuple[str, ...],
    sources: tuple[str, ...],
    *,
    severity: str | None,
    text: str,
    length: str | None,
    until: str | None,
    comment: str,
    author: str | None,
    as_json: bool,
) -> None:
    """Silence what all the given options hold for, and print the id by which that can be ended.

    A running daemon heeds it from the next story on. Nothing is silenced for ever: --for or --until is needed.
    """
    from alerts.routing.silence import Matcher, Silence, fault_of
    from crawler.clock import SystemClock

    loaded = load_config(config)
    matcher = Matcher(
        rules=tuple(known_rule(loaded, rule).id for rule in rules),
        tags=tuple(_known_tag(loaded, tag) for tag in tags),
        sources=tuple(_known_source(loaded, source) for source in sources),
        severity=Severity.from_label(severity) if severity else None,
        text=text,
    )
    now = SystemClock().now()
    wanted = Silence(
        id="",
        matcher=matcher,
        author=author or login(),
        comment=comment,
        start=now,
        end=_end(loaded, length, until, now),
    )
    if fault := fault_of(wanted):
        raise click.UsageError(f"{fault[0]}: {fault[1]}")
    kept = asyncio.run(_add(loaded, wanted))
    _print([kept], loaded, now, as_json=as_json)


@silence.command("list")
@config_option
@json_option
@click.option("--all", "ended", is_flag=True, help="Those that have ended, too.")
def list_silences(config: str | None, *, ended: bool, as_json: bool) -> None:
    """List what is silenced, the first to end first: by these commands, by a button, or by /tocsin mute."""
    from crawler.clock import SystemClock

    loaded = load_config(config)
    now = SystemClock().now()
    _print(asyncio.run(_list(loaded, now, ended=ended)), loaded, now, as_json=as_json)


@silence.command("expire")
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@config_option
@json_option
@click.option("--author", help="Who asks; otherwise the name that you are logged in by.")
def expire_silence(ids: tuple[str, ...], config: str | None, author: str | None, *, as_json: bool) -> None:
    """End silences now, by their ids; `tocsin silence list` shows them."""
    from crawler.clock import SystemClock

    loaded = load_config(config)
    now = SystemClock().now()
    done = asyncio.run(_expire(loaded, ids, author or login(), now))
    _print([one for one in done if one], loaded, now, as_json=as_json)
    if missing := [id_ for id_, one in zip(ids, done, strict=True) if one is None]:
        raise click.ClickException(f"there is no silence {', '.join(missing)} that could be ended")


def login() -> str:
    """Return the name of who runs the command."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without a user of that number
        return "somebody"


async def _add(config: Config, wanted: Silence) -> Silence:
    from crawler.clock import SystemClock
    from crawler.desk.words import meant
    from crawler.store.beside import open_beside

    store = open_beside(config.store, SystemClock())
    why = _audit("silence", meant(wanted.matcher), wanted.author, wanted.start)
    try:
        return await store.people.silence(wanted, why)
    finally:
        await store.close()


async def _expire(config: Config, ids: Sequence[str], author: str, now: datetime) -> Sequence[Silence | None]:
    from crawler.clock import SystemClock
    from crawler.store.beside import open_beside

    store = open_beside(config.store, SystemClock())
    try:
        return [await store.people.expire(id_, _audit("silence-expire", id_, author, now)) for id_ in ids]
    finally:
        await store.close()


async def _list(config: Config, now: datetime, *, ended: bool) -> Sequence[Silence]:
    from crawler.clock import SystemClock
    from crawler.store import Store

    store = Store.open(config.store, clock=SystemClock(), exclusive=False)
    try:
        return await store.people.silences(now, ended=ended)
    finally:
        await store.close()


def _audit(deed: str, on: str, author: str, at: datetime) -> Audit:
    from alerts.slack.desk import Audit

    return Audit(at=at, user=author, channel=None, deed=deed, on=on)


def _end(config: Config, length: str | None, until: str | None, now: datetime) -> datetime:
    from crawler.config.values import Unusable, duration

    if (length is None) == (until is None):
        raise click.UsageError("say how long: --for 2h, or --until 2026-11-02T14:30; one of the two")
    if until is not None:
        return _until(until, now, config)
    try:
        return now + duration(str(length))
    except (Unusable, OverflowError) as error:
        raise click.BadParameter("write 30m, 2h or 3d", param_hint="--for") from error


def _until(until: str, now: datetime, config: Config) -> datetime:
    """Read when a silence ends; raises click.BadParameter for what is no time to come."""
    if re.fullmatch(r"\s*\d+\s*[a-z]+\s*", until, re.IGNORECASE):
        raise click.BadParameter(f"{until} is how long, not until when: write --for {until}", param_hint="--until")
    try:
        end = moment(until, now, config.timezone, ends_day=True)
    except click.BadParameter as error:
        message = f"{until} is no time: write 2026-11-02 (its end) or 2026-11-02T14:30, or how long: --for 2h"
        raise click.BadParameter(message, param_hint="--until") from error
    if end <= now:
        message = f"{until} is over; it is now {now.astimezone(config.timezone):%Y-%m-%dT%H:%M} in {config.timezone}"
        raise click.BadParameter(message, param_hint="--until")
    return end


def _known_source(config: Config, wanted: str) -> str:
    """Return a source's id or host; raises click.UsageError for one that there is not."""
    from crawler.config.strangers import watched

    if doubt := watched(config.sources).doubt_of_source(wanted):
        raise click.UsageError(": ".join(doubt))
    return wanted


def _known_tag(config: Config, wanted: str) -> str:
    """Return a tag; raises click.UsageError for one that neither a rule nor a source has."""
    known = {tag for rule in config.rules.rules for tag in rule.tags}
    known |= {tag for source in config.sources for tag in source.tags}
    if wanted in known:
        return wanted
    near = get_close_matches(wanted, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known)[:5]) or 'none'}"
    raise click.UsageError(f"no rule and no source has the tag {wanted}: {hint}")


def _print(silences: Sequence[Silence], config: Config, now: datetime, *, as_json: bool) -> None:
    if as_json:
        print_json([_facts(one, now) for one in silences])
        return
    from rich.console import Console

    from crawler.desk.words import local, meant

    console = Console(highlight=False)
    if not silences:
        console.print("Nothing is silenced.")
        return
    columns = [
        Column(heading=one, keep=one in {"id", "state", "from", "until"})
        for one in ("id", "state", "what", "from", "until", "by", "why")
    ]
    rows = []
    for one in silences:
        times = (local(one.start, config.timezone), local(one.end, config.timezone))
        rows.append((one.id, one.phase(now).value, meant(one.matcher), *times, one.author, one.comment))
    console.print(Fitted(columns, rows))


def _facts(one: Silence, now: datetime) -> dict[str, object]:
    return {
        "id": one.id,
        "state": one.phase(now),
        **_matcher(one.matcher),
        "start": one.start,
        "end": one.end,
        "author": one.author,
        "comment": one.comment,
    }


def _matcher(matcher: Matcher) -> dict[str, object]:
    return {
        "rules": list(matcher.rules),
        "tags": list(matcher.tags),
        "sources": list(matcher.sources),
        "severity": None if matcher.severity is None else matcher.severity.label,
        "text": matcher.text or None,
    }
