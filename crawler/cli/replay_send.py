"""``tocsin replay --send``: the past is told on purpose."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

import click

from crawler.cli.common import print_json, shown
from crawler.cli.progress import counting
from crawler.cli.silence import login
from crawler.ids import encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.story import Match
    from crawler.config.model import Config
    from crawler.replay.nouns import Request, Result
    from crawler.store.retelling import Retold, Wanted

_SHOWN = 10  # stories that are listed before the question


def send_past(config: Config, request: Request, workers: int | None, *, ask: bool, as_json: bool) -> None:
    """Tell what these rules would have told in a time, but for what was told already; raises StoreError.

    With ``ask`` somebody must say yes first.
    """
    _refuse(config, request)
    result = _replayed(config, request, workers)
    wanted = _wanted(config, result)
    if not wanted:
        print_json([]) if as_json else click.echo("there is nothing to tell: the rules would have told nothing then")
        return
    if ask:
        _show(result, wanted)
        click.confirm("Send what of it the channels were not told already?", abort=True, err=True)
    done = asyncio.run(_retell(config, wanted))
    if as_json:
        print_json([_facts(one) for one in done])
        return
    sent = Counter(one.wanted.channel for one in done if one.message)
    before = sum(one.message is None for one in done)
    said = ", ".join(f"{number:,} to {channel}" for channel, number in sorted(sent.items())) or "nothing"
    click.echo(f"queued {said}{f'; {before:,} had been told already' if before else ''}")


def _refuse(config: Config, request: Request) -> None:
    for rule in config.rules.rules:
        if rule.id in (request.rules or ()):
            if rule.stream:
                raise click.UsageError(f"the rule {rule.id} tells of many stories together: there is no past to send")
            if rule.shadow:
                raise click.UsageError(f"the rule {rule.id} is on trial, so it tells nobody: take `shadow: true` away")


def _replayed(config: Config, request: Request, workers: int | None) -> Result:
    from crawler.replay.running import replay

    result = None
    with counting("stories") as tell:
        for step in replay(config, request, workers=workers):
            tell(step.progress.done, step.progress.of)
            result = step.result
    if result is None:
        raise AssertionError("a replay ends with its result")
    return result


def _wanted(config: Config, result: Result) -> list[Wanted]:
    """Return what is to be told, oldest first: one message for each version of a story and channel."""
    from alerts.errors import StoreError
    from crawler.store.archive import Archive
    from crawler.store.retelling import Wanted

    told: dict[tuple[int, int, str], list[Match]] = {}
    for one in sorted(result.decisions, key=lambda each: (each.at, each.story, each.version)):
        if one.tells and one.channel:
            told.setdefault((one.story, one.version, one.channel), []).append(one.match)
    archive = Archive.of(config.store)
    if archive is None:
        raise StoreError("the store is gone")
    with archive:
        texts = archive.some(sorted({story for story, _, _ in told}))
        stories = {(text.story.id, text.story.version): text.story for text in texts}
    wanted = []
    for (story, version, channel), matches in told.items():
        placed = config.judge.place(matches[0], stories[story, version])
        wanted.append(
            Wanted(
                story=story,
                version=version,
                channel=channel,
                matches=matches,
                route=placed.route,
                style=placed.spec.style or config.cards.style,
                template=placed.spec.template or config.cards.template,
            )
        )
    return wanted


def _show(result: Result, wanted: Sequence[Wanted]) -> None:
    for channel, number in sorted(Counter(one.channel for one in wanted).items()):
        click.echo(f"{channel}: {number:,} {'story' if number == 1 else 'stories'}", err=True)
    for one in wanted[-_SHOWN:]:
        head = result.headlines[one.story]
        click.echo(f"  {encode(one.story)}  {shown(head.title, 80)}  {shown(head.outlet, 30)}", err=True)
    if len(wanted) > _SHOWN:
        click.echo(f"  … and {len(wanted) - _SHOWN:,} older ones", err=True)


async def _retell(config: Config, wanted: Sequence[Wanted]) -> Sequence[Retold]:
    from alerts.slack.desk import Audit
    from crawler.clock import SystemClock
    from crawler.ids import Ids
    from crawler.store.beside import open_beside

    clock = SystemClock()
    why = Audit(at=clock.now(), user=login(), channel=None, deed="replay --send", on=", ".join(_rules(wanted)))
    store = open_beside(config.store, clock)
    try:
        return await store.people.retell(wanted, Ids(clock), why)
    finally:
        await store.close()


def _rules(wanted: Sequence[Wanted]) -> list[str]:
    return sorted({match.rule for one in wanted for match in one.matches})


def _facts(one: Retold) -> dict[str, object]:
    return {
        "story": encode(one.wanted.story),
        "version": one.wanted.version,
        "channel": one.wanted.channel,
        "told": one.rules,
        "told_before": one.before,
        "message": one.message,
    }
