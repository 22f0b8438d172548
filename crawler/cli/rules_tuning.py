"""``tocsin rules trials``, ``promote`` and ``advise``: rules on trial, and edits that are proposed and never made."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import click

from crawler.cli.common import config_option, json_option, load_config, print_json, shown
from crawler.cli.rules_import import rules
from crawler.cli.search import local, moment
from crawler.cli.subjects import known_rule
from crawler.cli.tables import Column, Fitted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from rich.console import Console, RenderableType

    from alerts.rules.ruleset import Rule
    from alerts.tuning.advice import Toll
    from alerts.tuning.trial import Trial
    from crawler.config.model import Config
    from crawler.tuning.advice import Advice, Blame, Offer

__all__ = ["rules"]  # the group, with all its commands

_BLAMES = 10  # clauses and words that are listed
_APPLY = "Nothing was changed. To make this edit: tocsin rules promote {} | git apply"

since_option = click.option(
    "--since", default="30d", show_default=True, help="Only what was seen after: 30d (ago), or 2026-11-02."
)


@rules.command()
@click.argument("rule", required=False)
@config_option
@json_option
@click.option("--since", default="7d", show_default=True, help="Only what was seen after: 7d (ago), or 2026-11-02.")
def trials(rule: str | None, config: str | None, since: str, *, as_json: bool) -> None:
    """List what the rules on trial (shadow: true), or only RULE, would have sent.

    The same is reported every Monday to slack.ops_channel, or else to the channel of each rule.
    """
    from crawler.clock import SystemClock

    loaded = load_config(config)
    wanted = known_rule(loaded, rule).id if rule else None
    now = SystemClock().now()
    begin = moment(since, now, loaded.timezone)
    found = [one for one in asyncio.run(_trials(loaded, begin, now)) if wanted in {None, one.rule}]
    if wanted and not found:
        raise click.ClickException(f"rule {wanted} is not on trial")
    if as_json:
        print_json([_trial_facts(one) for one in found])
        return
    _print_trials(found, now - begin)


async def _trials(config: Config, since: datetime, now: datetime) -> Sequence[Trial]:
    from crawler.clock import SystemClock
    from crawler.store import Store
    from crawler.tuning.rehearsal import Rehearsal, rehearse
    from crawler.tuning.trials import on_trial, trials_of

    store = Store.open(config.store, clock=SystemClock(), exclusive=False)
    try:
        found = await asyncio.to_thread(rehearse, config, since, now) if on_trial(config) else Rehearsal()
        if found.read_since:
            cut = local(found.read_since, config.timezone)
            click.echo(f"There was time to read only what came since {cut}; a later --since reads less.", err=True)
        return trials_of(config, found, await store.people.precisions())
    finally:
        await store.close()


def _trial_facts(one: Trial) -> dict[str, object]:
    return {
        "rule": one.rule,
        "name": one.name,
        "channels": one.by_channel,
        "replies": one.replies,
        "precision": one.precision.share,
        "judged": one.precision.judged,
        "unsent": [
            {
                "story": message.code,
                "channel": message.channel or None,
                "title": message.line.title,
                "url": message.line.url,
                "outlet": message.line.outlet,
                "others": message.line.others,
                "severity": message.line.severity.label,
                "seen": message.line.seen,
                "says": message.says or None,
                "in_thread": message.quiet,
            }
            for message in one.unsent
        ],
    }


def _print_trials(found: Sequence[Trial], span: timedelta) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    if not found:
        console.print("No rule is on trial: `shadow: true` in a rule puts it there.")
    for one in found:
        console.print(Text(one.rule, "bold") + Text(f"  would have sent {one.says(span)}; {one.precision.says}"))
        for message in one.unsent:
            line = Text(f"  {message.code}  ", "dim") + Text(shown(message.line.title) or "(no title)")
            where = f"{message.channel}{' in a thread' * message.quiet}"
            console.print(line + Text(f"  {shown(message.says or message.line.outlet)} → {where}", "dim"))


@rules.command()
@click.argument("rule")
@config_option
@json_option
def promote(rule: str, config: str | None, *, as_json: bool) -> None:
    """Print the edit of the configuration that ends the trial of RULE, as a unified diff; nothing is changed."""
    from crawler.config.edits import promoted

    loaded = load_config(config)
    known = known_rule(loaded, rule)
    if not known.shadow:
        raise click.ClickException(f"rule {rule} is not on trial: it has no `shadow: true`")
    edit = promoted(known)
    if as_json:
        print_json({"rule": rule, "file": edit.file, "diff": edit.diff})
        return
    click.echo(edit.diff, nl=False)
    if sys.stdout.isatty():
        click.echo(f"\n{_APPLY.format(rule)}", err=True)


@rules.command()
@click.argument("rule")
@config_option
@json_option
@since_option
def advise(rule: str, config: str | None, since: str, *, as_json: bool) -> None:
    """Propose what RULE could exclude or require, from what people called relevant and not relevant.

    Shows by which clause and word the rule goes wrong, and clauses made of the words that tell the two sets apart, each
    with what it would have kept out and spared of the rule's matches since then, and as a unified diff of the
    configuration. Nothing is changed.
    """
    from crawler.clock import SystemClock

    loaded = load_config(config)
    known = known_rule(loaded, rule)
    begin = moment(since, SystemClock().now(), loaded.timezone)
    advice = asyncio.run(_advice(loaded, known, begin))
    if as_json:
        print_json(_advice_facts(advice))
        return
    _print_advice(advice)


async def _advice(config: Config, rule: Rule, since: datetime) -> Advice:
    from crawler.cli.progress import counting
    from crawler.clock import SystemClock
    from crawler.store import Store
    from crawler.tuning.advice import advise as of_rule

    store = Store.open(config.store, clock=SystemClock(), exclusive=False)
    try:
        with counting("matches") as progress:
            return await of_rule(config, store, rule, since, progress=progress)
    finally:
        await store.close()


def _advice_facts(advice: Advice) -> dict[str, object]:
    low, high = advice.precision.interval
    return {
        "rule": advice.rule,
        "precision": advice.precision.share,
        "precision_low": low,
        "precision_high": high,
        "judged": advice.precision.judged,
        "enough": advice.enough,
        "unjudged_stand_in": advice.stand_in,
        "judged_not_kept": advice.gone,
        "matches": advice.matches,
        "outdated": advice.outdated,
        "capped": advice.capped,
        "clauses": [
            {
                "clause": one.clause,
                "word": one.word or None,
                "relevant": one.precision.relevant,
                "not_relevant": one.precision.not_relevant,
            }
            for one in advice.blames
        ],
        "proposals": [_offer_facts(one) for one in advice.offers],
    }


def _offer_facts(offer: Offer) -> dict[str, object]:
    one, toll = offer.proposal, offer.proposal.toll
    return {
        "clause": one.clause,
        "kind": "exclusion" if one.excludes else "context",
        "killed": toll.killed,
        "killed_relevant": toll.killed_relevant,
        "killed_not_relevant": toll.killed_not_relevant,
        "killed_unjudged": toll.killed_unjudged,
        "spared": toll.spared,
        "spared_relevant": toll.spared_relevant,
        "spared_not_relevant": toll.spared_not_relevant,
        "spared_unjudged": toll.spared_unjudged,
        "examples": [story.title for story in toll.examples],
        "file": offer.edit.file if offer.edit else None,
        "diff": offer.edit.diff if offer.edit else None,
        "hindrance": offer.hindrance,
    }


def _print_advice(advice: Advice) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    console.print(Text(advice.rule, "bold") + Text(f"  {advice.precision.says}"))
    if advice.blames:
        console.print(_blames(advice.blames[:_BLAMES]))
    if advice.gone:
        console.print(Text(f"{advice.gone} judged stories are not kept any more, and say no words.", "dim"))
    if not advice.enough:
        console.print(
            "Too few are called not relevant to propose anything: below messages are buttons for it, and "
            f"`tocsin feedback STORY --rule {advice.rule} --not-relevant` does the same."
        )
        return
    tried = f"Tried on {advice.matches:,} match{'es' * (advice.matches != 1)}" + (
        ", the newest" if advice.capped else ""
    )
    old = f"; {advice.outdated:,} more are of an earlier form of the rule" if advice.outdated else ""
    console.print(Text(f"{tried}{old}.", "dim"))
    if advice.stand_in:
        console.print(Text("Few are called relevant: matches that nobody judged stand in for them.", "dim"))
    if not advice.offers:
        console.print("No word tells the two apart at a fair price.")
    for number, offer in enumerate(advice.offers, 1):
        _print_offer(console, number, offer)


def _print_offer(console: Console, number: int, offer: Offer) -> None:
    from rich.text import Text

    one = offer.proposal
    console.print()
    console.print(Text(f"{number}. {one.clause}", "bold"))
    console.print(f"   would have kept out {_toll(one.toll, killed=True)}")
    console.print(f"   and spared {_toll(one.toll, killed=False)}")
    for story in one.toll.examples:
        console.print(Text(f"   ✗ {shown(story.title) or '(no title)'}", "dim"), soft_wrap=True)
    for line in (offer.edit.diff if offer.edit else offer.hindrance or "").splitlines():
        style = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
        console.print(Text(line, style), soft_wrap=True)


def _toll(toll: Toll, *, killed: bool) -> str:
    total, wrong, right, rest = (
        (toll.killed, toll.killed_not_relevant, toll.killed_relevant, toll.killed_unjudged)
        if killed
        else (toll.spared, toll.spared_not_relevant, toll.spared_relevant, toll.spared_unjudged)
    )
    return f"{total:,} (not relevant {wrong:,}, relevant {right:,}, not judged {rest:,})"


def _blames(listed: Sequence[Blame]) -> RenderableType:
    numbers = {"relevant", "not relevant"}
    headings = ("clause", "word", "relevant", "not relevant")
    columns = [Column(heading=one, right=one in numbers, keep=one in numbers) for one in headings]
    rows = [
        (one.clause, shown(one.word), str(one.precision.relevant), str(one.precision.not_relevant)) for one in listed
    ]
    return Fitted(columns, rows)
