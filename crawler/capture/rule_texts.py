"""What rules say, as plain facts that can be written down and read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.capture.plain import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alerts.rules.ruleset import RuleSet

_ASIDE = frozenset({"tests"})  # of a rule: they decide nothing


def rule_texts(rules: RuleSet) -> Mapping[str, object]:
    """Return what each rule says by its id, without what is not said."""
    return {rule.id: _said(plain(rule.spec)) for rule in rules.rules}


def _said(facts: object) -> object:
    if not isinstance(facts, dict):
        return facts
    kept = {name: _said(one) for name, one in facts.items() if name not in _ASIDE}
    return {name: one for name, one in kept.items() if one not in (None, "", [], {})}
