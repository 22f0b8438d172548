"""The parts of a query as a tree for people: what holds, by which words, and how near the rest came."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.cli.common import shown

if TYPE_CHECKING:
    from rich.tree import Tree

    from alerts.rules.explain import Explanation, Verdict

_SHOWN = 8  # words found that a line repeats
_MANY = 4  # parts of which nothing was found share a line


def grow(tree: Tree, explanation: Explanation) -> None:
    """Add a part of a query, and all that it is made of, to a tree."""
    from rich.text import Text

    mark, style = ("✓ ", "green") if explanation.holds else ("✗ ", "red")
    line = Text(mark, style) + Text(explanation.text)
    if explanation.words:
        words = ", ".join(f"“{shown(word)}”" for word in explanation.words[:_SHOWN])
        more = len(explanation.words) - _SHOWN
        line += Text(f"  {words}{f' and {more} more' if more > 0 else ''}", "cyan")
    if explanation.reason:
        line += Text(f"  {shown(explanation.reason)}", "yellow")
    branch = tree.add(line)
    telling = [part for part in explanation.parts if part.holds or part.reason or part.parts]
    silent = [part.text for part in explanation.parts if part not in telling]
    for part in telling if len(silent) >= _MANY else explanation.parts:
        grow(branch, part)
    if len(silent) >= _MANY:
        some = ", ".join(silent[:_MANY])
        others = f" and {len(silent) - _MANY} more" if len(silent) > _MANY else ""
        branch.add(Text("✗ ", "red") + Text(f"{some}{others}: nothing found", "dim"))


def grow_rule(root: Tree, verdict: Verdict) -> None:
    """Add all that a rule says to a story: whether it is on, its gates, its query, and what would raise it."""
    from rich.text import Text

    if not verdict.enabled:
        root.add(Text("✗ it is switched off", "red"))
    for gate in verdict.gates:
        root.add(Text("✗ ", "red") + Text(f"only: {gate}", "yellow"))
    grow(root, verdict.query)
    for to, explanation in verdict.raises:
        grow(root.add(Text(f"raise to {to.label} if", "dim")), explanation)
