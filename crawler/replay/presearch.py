"""Which stories need not be read, since the search index says that no rule can hold for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.search.patterns import MOST, asked, size_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from alerts.rules.ruleset import RuleSet
    from alerts.search.query import AllOf
    from crawler.store.archive import Archive

_SHARE = 0.4  # of the stories: when more than these may match, to read them all is as quick


def trees(rule_sets: Iterable[RuleSet], rules: frozenset[str] | None) -> list[AllOf] | None:
    """Return what to ask the index, one tree for each rule; None when some rule may hold without any word.

    What is found is never less than what the rules hold for, in the newest version of each story.
    """
    found: list[AllOf] = []
    left = MOST
    for rule_set in rule_sets:
        for rule in rule_set.rules:
            if not rule.enabled or (rules is not None and rule.id not in rules):
                continue
            tree = asked(rule_set.sought(rule.id))
            if tree is None or (left := left - size_of(tree)) < 0:
                return None
            found.append(tree)
    return found


def candidates(archive: Archive, asked_for: list[AllOf] | None, since: datetime, stories: int) -> set[int] | None:
    """Return the stories seen since a moment that some rule may hold for as they read now; None: all may."""
    if asked_for is None:
        return None
    return archive.having(asked_for, since, int(stories * _SHARE))
