"""``tocsin explain``: why a rule holds for a story, or how it missed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from crawler.cli.common import config_option, json_option, load_config, print_json
from crawler.cli.subjects import known_rule, stories_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.tree import Tree

    from alerts.rules.explain import Explanation, Verdict
    from alerts.story import Story
    from crawler.config.model import Config
    from crawler.store import Ruling

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
    the store, what was decided when it came is shown as well, and why.
    """
    from alerts.rules.explain import explain as explain_rule

    loaded = load_config(config)
    known = known_rule(loaded, rule)
    explained = [(story, explain_rule(loaded.rules, known.id, story)) for story in stories_of(loaded, subject, source)]
    recorded = {story.id: _recorded(loaded, story, known.id) for story, _ in explained}
    if as_json:
        print_json([_facts(story, verdict, recorded[story.id]) for story, verdict in explained])
        return
    for story, verdict in explained:
        _print(story, verdict)
        _print_recorded(recorded[story.id])


def _recorded(config: Config, story: Story, rule: str) -> Sequence[Ruling]:
    """Return what was decided by the rule when a story of the store came; for any other, nothing."""
    return [one for one in asyncio.run(_rulings(config.store, story.id)) if one.match.rule == rule] if story.id else []


async def _rulings(url: str, story: int) -> Sequence[Ruling]:
    from crawler.clock import SystemClock
    from crawler.store import Store

    store = Store.open(url, clock=SystemClock(), exclusive=False)
    try:
        return await store.rulings(story)
    finally:
        await store.close()


def _facts(story: Story, verdict: Verdict, recorded: Sequence[Ruling]) -> dict[str, object]:
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


def _print_recorded(recorded: Sequence[Ruling]) -> None:
    from rich.console import Console
    from rich.text import Text

    for one in recorded:
        message = f", the message is {one.state}" if one.state else ""
        line = Text(f"version {one.version}, {one.channel or 'no channel'}: {one.reason}", "bold")
        Console(highlight=False).print(line + Text(f" ({one.reason.words}{message})", "not bold"))


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
