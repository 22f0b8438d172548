"""Which rules find what another rule finds anyway."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from alerts.errors import Level
from alerts.rules.nodes import And, Or, Phrase
from alerts.rules.printing import print_query
from alerts.rules.spec import OnlySpec, RuleSpec
from alerts.rules.terms import has_wildcard, tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alerts.errors import Problem
    from alerts.rules.nodes import Node

_MOST_OWNERS = 100  # rules that share a part; what so many share is no sign of an overlap


Form = frozenset[frozenset[str]]  # clauses that must all hold, each by one of its alternatives


def overlaps(trees: Sequence[tuple[RuleSpec, Node]]) -> Iterator[Problem]:
    """Warn of each rule whose every story another rule finds, too, and tells to the same channels.

    Only the shape of the queries is looked at: every clause of the wider one has, in the other, a clause
    with the same alternatives or fewer.
    """
    forms = [_form(tree) for _, tree in trees]
    owners: dict[str, list[int]] = defaultdict(list)
    for number, form in enumerate(forms):
        for alternative in frozenset().union(*form):
            owners[alternative].append(number)
    for number, form in enumerate(forms):
        shared = [owners[alternative] for alternative in frozenset().union(*form)]
        candidates = {other for some in shared if len(some) <= _MOST_OWNERS for other in some} - {number}
        for other in sorted(candidates):
            same = forms[other] == form
            if (
                (other < number or not same)
                and _covers(trees[other][0], trees[number][0])
                and _implies(form, forms[other])
            ):
                yield _warning(trees[number][0], trees[other][0], same=same)
                break


def _form(tree: Node) -> Form:
    clauses = tree.parts if isinstance(tree, And) else (tree,)
    return frozenset(
        frozenset(map(_written, clause.parts if isinstance(clause, Or) else (clause,))) for clause in clauses
    )


def _written(part: Node) -> str:
    if isinstance(part, Phrase) and not part.exact and not has_wildcard(part.text):
        return " ".join(tokens_of(part.text))
    return print_query(part)


def _implies(narrow: Form, wide: Form) -> bool:
    return all(any(clause <= wanted for clause in narrow) for wanted in wide)


def _covers(wide: RuleSpec, narrow: RuleSpec) -> bool:
    """Say whether the wider rule tells everything that it finds, where and how the narrower one does."""
    tells = wide.enabled and not wide.shadow and wide.stream is None and narrow.stream is None
    return (
        tells
        and wide.only in {OnlySpec(), narrow.only}
        and frozenset(wide.to) == frozenset(narrow.to)
        and wide.severity >= narrow.severity
        and not narrow.raise_
    )


def _warning(rule: RuleSpec, other: RuleSpec, *, same: bool) -> Problem:
    what = "finds the same as" if same else "finds nothing that is not found by"
    hint = "merge them, or send them to different channels"
    return rule.when.problem(0, f"this rule {what} the rule {other.id.value}", hint, Level.WARNING)
