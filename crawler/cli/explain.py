"""``tocsin explain``: why a rule holds for a story, or how it missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from crawler.cli.common import config_option, json_option, load_config, print_json
from crawler.cli.subjects import known_rule, stories_of

if TYPE_CHECKING:
    from rich.tree import Tree

    from alerts.rules.explain import Explanation, Verdict
    from alerts.story import Story

_SHOWN = 8  # words found that a line repeats


@click.command()
@click.argument("rule")
@click.argument("subject")
@config_option
@json_option
@click.option("--source", help="The id or host of the source that a text is said to come from.")
def explain(rule: str, subject: str, config: str | None, source: str | None, *, as_json: bool) -> None:
    """Show of every part of a rule whether it holds for a story, by which words, and how near it missed.

    RULE is the id of a rule, also of one that is switched off. SUBJECT is the id of a story in the store,
    a file, - for standard input, a text, or an address: then each story of its feed is explained.
    """
    from alerts.rules.explain import explain as explain_rule

    loaded = load_config(config)
    known = known_rule(loaded, rule)
    explained = [(story, explain_rule(loaded.rules, known.id, story)) for story in stories_of(loaded, subject, source)]
    if as_json:
        print_json([_facts(story, verdict) for story, verdict in explained])
        return
    for story, verdict in explained:
        _print(story, verdict)


def _facts(story: Story, verdict: Verdict) -> dict[str, object]:
    return {
        "rule": verdict.rule,
        "title": story.title,
        "language": story.language,
        "holds": verdict.holds,
        "enabled": verdict.enabled,
        "gate": verdict.gate,
        "severity": verdict.severity.label,
        "query": verdict.query,
        "raises": [{"to": to.label, "if": explanation} for to, explanation in verdict.raises],
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
    if verdict.gate:
        root.add(Text(f"✗ only: {verdict.gate}", "red"))
    _grow(root, verdict.query)
    for to, explanation in verdict.raises:
        _grow(root.add(Text(f"raise to {to.label} if", "dim")), explanation)
    console.print(root)


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
    for part in explanation.parts:
        _grow(branch, part)
