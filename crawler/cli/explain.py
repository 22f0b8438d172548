"""``tocsin explain``: why a rule holds for a story, or how it missed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from crawler.cli.common import ago, config_option, json_option, load_config, print_json, shown
from crawler.cli.subjects import known_rule, stories_of
from crawler.visits.page import PageState
from spiders.reasons import meaning

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rich.tree import Tree

    from alerts.rules.explain import Explanation, Verdict
    from alerts.story import Story
    from crawler.config.model import Config
    from crawler.store import PageStatus, Ruling

_SHOWN = 8  # words found that a line repeats
_MANY = 4  # parts of which nothing was found share a line


@click.command()
@click.argument("rule")
@click.argument("subject")
@config_option
@json_option
@click.option("--source", help="The id or host of the source that a text is said to come from.")
def explain(rule: str, subject: str, config: str | None, source: str | None, *, as_json: bool) -> None:
    """Show of every part of a rule whether it holds for a story, by which words, and how near it missed.

    RULE is the id of a rule, also of one that is switched off. SUBJECT is the id of a story in the store,
    a file, - for standard input, a text, or an address: then each story of its feed is explained. Of a story in
    the store, what was decided when it came is shown as well, and what became of its page, and why.
    """
    from alerts.rules.explain import explain as explain_rule

    loaded = load_config(config)
    known = known_rule(loaded, rule)
    explained = [(story, explain_rule(loaded.rules, known.id, story)) for story in stories_of(loaded, subject, source)]
    recorded = {story.id: _recorded(loaded, story, known.id) for story, _ in explained}
    if as_json:
        print_json([_facts(story, verdict, *recorded[story.id]) for story, verdict in explained])
        return
    for story, verdict in explained:
        _print(story, verdict)
        if story.id:
            _print_recorded(*recorded[story.id])


def _recorded(config: Config, story: Story, rule: str) -> tuple[Sequence[Ruling], PageStatus | None]:
    """Return what was decided by the rule when a story of the store came, and its page; for any other, nothing."""
    if not story.id:
        return [], None
    rulings, page = asyncio.run(_kept(config.store, story.id))
    return [one for one in rulings if one.match.rule == rule], page


async def _kept(url: str, story: int) -> tuple[Sequence[Ruling], PageStatus | None]:
    from crawler.clock import SystemClock
    from crawler.store import Store

    store = Store.open(url, clock=SystemClock(), exclusive=False)
    try:
        return await store.rulings(story), await store.page(story)
    finally:
        await store.close()


def _facts(story: Story, verdict: Verdict, recorded: Sequence[Ruling], page: PageStatus | None) -> dict[str, object]:
    return {
        "rule": verdict.rule,
        "title": story.title,
        "language": story.language,
        "holds": verdict.holds,
        "enabled": verdict.enabled,
        "gates": verdict.gates,
        "severity": verdict.severity.label,
        "query": verdict.query,
        "raises": [{"to": to.label, "if": explanation} for to, explanation in verdict.raises],
        "recorded": [
            {
                "version": one.version,
                "channel": one.channel or None,
                "reason": one.reason,
                "words": one.reason.words,
                "delivery": one.delivery,
                "state": one.state,
            }
            for one in recorded
        ],
        "page": page,
    }


def _print(story: Story, verdict: Verdict) -> None:
    from rich.console import Console
    from rich.text import Text
    from rich.tree import Tree

    console = Console(highlight=False)
    console.print(Text(story.title or story.text[:80] or "an empty text", "bold"))
    outcome = f"holds, {verdict.severity.label}" if verdict.holds else "does not hold"
    root = Tree(Text(verdict.rule, "bold") + Text(f": {outcome}", "green" if verdict.holds else "red"))
    if not verdict.enabled:
        root.add(Text("✗ it is switched off", "red"))
    for gate in verdict.gates:
        root.add(Text("✗ ", "red") + Text(f"only: {gate}", "yellow"))
    _grow(root, verdict.query)
    for to, explanation in verdict.raises:
        _grow(root.add(Text(f"raise to {to.label} if", "dim")), explanation)
    console.print(root)


def _print_recorded(recorded: Sequence[Ruling], page: PageStatus | None) -> None:
    from rich.console import Console
    from rich.text import Text

    from crawler.clock import SystemClock

    name, text = page_words(page, SystemClock().now())
    Console(highlight=False).print(Text(f"page {name}: ", "bold") + Text(shown(text), "not bold"))
    for one in recorded:
        message = f", the message is {one.state}" if one.state else ""
        line = Text(f"version {one.version}, {one.channel or 'no channel'}: {one.reason}", "bold")
        Console(highlight=False).print(line + Text(f" ({one.reason.words}{message})", "not bold"))


def page_words(page: PageStatus | None, now: datetime) -> tuple[str, str]:
    """Say what became of a story's page, and why."""
    if page is None:
        return "not wanted", "the source's own text is long enough, `fulltext` is never, or the story was a backlog"
    if page.state is PageState.READ:
        return "read", f"{ago(page.at, now)}, {page.detail}"
    if page.state is PageState.FAILED:
        return "failed", f"{page.reason}, {ago(page.at, now)}. {meaning(page.reason)} {_aside(page.detail)}".rstrip()
    if page.at is None:
        return "due", page.detail
    return "due again", f"{page.reason}, {ago(page.at, now)}. {meaning(page.reason)} {_aside(page.detail)}"


def _aside(detail: str) -> str:
    return f"({detail})" if detail else ""


def _grow(tree: Tree, explanation: Explanation) -> None:
    from rich.text import Text

    mark, style = ("✓ ", "green") if explanation.holds else ("✗ ", "red")
    line = Text(mark, style) + Text(explanation.text)
    if explanation.words:
        words = ", ".join(f"“{word}”" for word in explanation.words[:_SHOWN])
        more = len(explanation.words) - _SHOWN
        line += Text(f"  {words}{f' and {more} more' if more > 0 else ''}", "cyan")
    if explanation.reason:
        line += Text(f"  {explanation.reason}", "yellow")
    branch = tree.add(line)
    telling = [part for part in explanation.parts if part.holds or part.reason or part.parts]
    silent = [part.text for part in explanation.parts if part not in telling]
    for part in telling if len(silent) >= _MANY else explanation.parts:
        _grow(branch, part)
    if len(silent) >= _MANY:
        some = ", ".join(silent[:_MANY])
        others = f" and {len(silent) - _MANY} more" if len(silent) > _MANY else ""
        branch.add(Text("✗ ", "red") + Text(f"{some}{others}: nothing found", "dim"))
