"""Which rules find what another rule finds anyway."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from alerts.errors import Level
from alerts.rules.nodes import And, Or, Phrase
from alerts.rules.printing import print_query
from alerts.rules.terms import has_wildcard, tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alerts.errors import Problem
    from alerts.rules.nodes import Node
    from alerts.rules.spec import RuleSpec
    from alerts.story import Severity

_MOST_OWNERS = 100  # rules that share a part; what so many share is no sign of an overlap
_SHOWN = 3  # rules that a warning names

Form = frozenset[frozenset[str]]  # clauses that must all hold, each by one of its alternatives


def overlaps(trees: Sequence[tuple[RuleSpec, Node]]) -> Iterator[Problem]:
    """Warn, once, of each rule whose every story other rules find, too, and tell alike.

    Only the shape of the queries is looked at: every clause of the wider one has, in the other, a clause
    with the same alternatives or fewer.
    """
    forms = [_form(tree) for _, tree in trees]
    owners: dict[str, list[int]] = defaultdict(list)
    for number, form in enumerate(forms):
        for alternative in frozenset().union(*form):
            owners[alternative].append(number)
    for number, form in enumerate(forms):
        rule = trees[number][0]
        shared = [owners[alternative] for alternative in frozenset().union(*form)]
        candidates = {other for some in shared if len(some) <= _MOST_OWNERS for other in some} - {number}
        covering = [other for other in sorted(candidates) if _implies(form, forms[other])]
        alike = [other for other in covering if _tells_alike(trees[other][0], rule)]
        same = [trees[other][0] for other in alike if other < number and forms[other] == form]
        wider = [trees[other][0] for other in alike if forms[other] != form]
        if same:
            yield _warning(rule, "finds the same as", same)
        elif wider and rule.stream is None:  # of fewer stories, not even a count says when that of more is reached
            yield _warning(rule, "finds nothing that is not found by", wider)


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


def _tells_alike(wide: RuleSpec, narrow: RuleSpec) -> bool:
    """Say whether two rules tell of a story in the same cases, places and way; one on trial never does."""
    return (
        (wide.enabled and narrow.enabled and not wide.shadow and not narrow.shadow)
        and (wide.severity, wide.stream) == (narrow.severity, narrow.stream)
        and (wide.only is narrow.only or wide.only == narrow.only)
        and (wide.to == narrow.to or frozenset(wide.to) == frozenset(narrow.to))
        and (not narrow.raise_ or _raises(wide) == _raises(narrow))
    )


def _raises(rule: RuleSpec) -> list[tuple[Severity, str]]:
    return [(step.to, step.when.value) for step in rule.raise_]


def _warning(rule: RuleSpec, what: str, others: Sequence[RuleSpec]) -> Problem:
    shown = [other.id.value for other in others[:_SHOWN]]
    more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
    message = f"this rule {what} the rule{'s' if len(others) > 1 else ''} {', '.join(shown)}{more}"
    return rule.when.problem(0, message, "merge them, or send them to different channels", Level.WARNING)
