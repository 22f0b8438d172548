"""``tocsin feedback``: what people think of what rules found, as the buttons below messages keep it."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import click

from crawler.cli.common import ago, config_option, json_option, load_config, print_json, shown
from crawler.cli.silence import login
from crawler.cli.subjects import known_rule
from crawler.cli.tables import Column, Fitted
from crawler.ids import STORY_LENGTH, encode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.tuning.clauses import Clause
    from crawler.config.model import Config
    from crawler.store.opinions import Opinion

_SHOWN = 4  # words of a clause that a line repeats


class _AddIsMeant(click.Group):
    """Takes what is no command for the story of ``add``."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is meant."""
        if args and args[0] not in self.commands:
            args = ["add", *args]
        return super().resolve_command(ctx, args)


@click.group(cls=_AddIsMeant)
def feedback() -> None:
    """Say whether what a rule found is relevant, and see what was said; `tocsin feedback STORY …` is enough."""


@feedback.command("add")
@click.argument("story")
@config_option
@json_option
@click.option("--rule", required=True, help="The rule that found it, by its id.")
@click.option("--relevant/--not-relevant", default=None, help="What you think of it.")
@click.option("--author", help="Who says so; otherwise the name that you are logged in by.")
def add(story: str, config: str | None, rule: str, author: str | None, *, relevant: bool | None, as_json: bool) -> None:
    """Keep what you think of STORY and the rule that found it, told or on trial, in place of your last word.

    STORY is the id of a story, its address in any spelling, or the link of a message in Slack that tells of it.
    Kept with it is by which clauses and words the rule holds; `tocsin rules advise` makes proposals of that.
    """
    if relevant is None:
        raise click.UsageError("say what you think of it: --relevant or --not-relevant")
    loaded = load_config(config)
    known = known_rule(loaded, rule)

    async def opine(number: int) -> bool:
        return await _judge(loaded, number, known.id, author or login(), relevant=relevant)

    judged = next((one for one in _numbers(loaded, story) if asyncio.run(opine(one))), None)
    if judged is None:
        raise click.ClickException(
            f"rule {rule} never found a story {story}: `tocsin explain {rule} {story}` says why not"
        )
    if as_json:
        print_json({"story": encode(judged), "rule": rule, "relevant": relevant, "user": author or login()})
        return
    click.echo(f"{encode(judged)} is {'' if relevant else 'not '}relevant to {rule}.")


@feedback.command("list")
@config_option
@json_option
@click.option("--rule", help="Only about this rule, by its id.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many, the newest.")
def list_opinions(config: str | None, rule: str | None, limit: int, *, as_json: bool) -> None:
    """List what was said last of which story and rule, by whom, and by which clauses and words the rule held."""
    from crawler.clock import SystemClock

    loaded = load_config(config)
    found = asyncio.run(_opinions(loaded, rule, limit))
    if as_json:
        print_json([_facts(one) for one in found])
        return
    _print(found, SystemClock().now())


def _numbers(config: Config, written: str) -> Sequence[int]:
    """Return the stories that are meant: several may share an address. Raises click.UsageError where there is none."""
    from crawler.clock import SystemClock
    from crawler.why.inquiry import facts_about
    from crawler.why.subject import subject_of

    subject = subject_of(written)
    if subject is None:
        raise click.UsageError(
            f"{shown(written, 40)} is no story: write its id, which is {STORY_LENGTH} letters and digits (see "
            "`tocsin stories`), its address, or the link of its message in Slack"
        )
    if subject.story is not None:
        return [subject.story]
    facts = facts_about(config, subject, SystemClock().now())
    if facts.trails:
        return [one.story.id for one in facts.trails]
    if facts.bulletin:
        raise click.UsageError("that message tells of many stories, or of none: name one of them by its id or address")
    what = "message of Tocsin's" if subject.message else "story in the store"
    raise click.UsageError(f"there is no {what} at {shown(written, 80)}")


async def _judge(config: Config, story: int, rule: str, author: str, *, relevant: bool) -> bool:
    from alerts.slack.actions import Deed
    from alerts.slack.desk import Audit
    from alerts.tuning.clauses import clauses_of
    from crawler.clock import SystemClock
    from crawler.store.beside import open_beside

    clock = SystemClock()
    store = open_beside(config.store, clock)
    deed = Deed.RELEVANT if relevant else Deed.NOT_RELEVANT
    why = Audit(at=clock.now(), user=author, channel=None, deed=deed, on=encode(story))
    try:
        return await store.people.judge(
            story, rule, relevant=relevant, why=why, clauses=partial(clauses_of, config.rules)
        )
    finally:
        await store.close()


async def _opinions(config: Config, rule: str | None, limit: int) -> Sequence[Opinion]:
    from crawler.clock import SystemClock
    from crawler.store import Store

    store = Store.open(config.store, clock=SystemClock(), exclusive=False)
    try:
        return await store.people.opinions(rule, limit)
    finally:
        await store.close()


def _facts(one: Opinion) -> dict[str, object]:
    return {
        "story": encode(one.story),
        "version": one.version,
        "rule": one.rule,
        "user": one.user,
        "relevant": one.relevant,
        "at": one.at,
        "message": one.key,
        "held": one.held,
    }


def _print(listed: Sequence[Opinion], now: datetime) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    if not listed:
        console.print("Nobody has said anything yet.")
        return
    headings = ("when", "who", "", "rule", "story", "by which the rule held")
    columns = [Column(heading=one, keep=one not in {"by which the rule held", "who"}) for one in headings]
    rows = []
    for one in listed:
        said = Text("relevant", "green") if one.relevant else Text("not relevant", "red")
        held = Text("; ".join(map(_held, one.held)), "dim")
        rows.append((ago(one.at, now), shown(one.user), said, one.rule, encode(one.story), held))
    console.print(Fitted(columns, rows))


def _held(clause: Clause) -> str:
    words = ", ".join(f"“{shown(word, 40)}”" for word in clause.words[:_SHOWN])
    more = f" and {len(clause.words) - _SHOWN} more" if len(clause.words) > _SHOWN else ""
    return f"{shown(clause.name, 60)}{': ' if words else ''}{words}{more}"
