"""Why a rule holds for a story or does not: the truth of every part of its query, and the nearest miss."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from alerts.rules.denials import as_written, denied, is_denial
from alerts.rules.evaluate import All, InField, Negation
from alerts.rules.facts import closed_gates
from alerts.rules.misses import lacks_company, quoted, reason_of_miss, reason_of_term
from alerts.rules.nodes import And, Or, terms_of
from alerts.rules.parts import Fact, Found, Group
from alerts.rules.printing import bracketed, print_query
from alerts.rules.ruleset import severity_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alerts.rules.nodes import Node
    from alerts.rules.parts import Part
    from alerts.rules.ruleset import Rule, RuleSet
    from alerts.rules.scan import Range, Scan
    from alerts.story import Severity, Story

_MARKS = {True: "✓", False: "✗"}
_SHOWN = 8  # words found that a line repeats


class Kind(StrEnum):
    """What part of a query it is, where that says why it does not hold."""

    PART = "part"
    ALL = "all"  # each of its parts must hold
    DENIAL = "denial"  # it only says what must not be there
    COMPANY = "company"  # a name that is there, without the words that it needs around it, or in another language


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One part of a query, and whether it holds for a story."""

    text: str  # the part in the house form
    holds: bool
    words: tuple[str, ...]  # by which it holds, as the story has them; a NOT has none
    reason: str | None  # why not, where there is more to say than that nothing was found
    parts: tuple[Explanation, ...] = ()
    offset: int = 0  # of its first term, in the query or in the saved query that it comes from
    kind: Kind = Kind.PART

    def lines(self, depth: int = 0) -> Iterator[str]:
        """Yield the tree as text, a part a line."""
        shown = ", ".join(f"“{word}”" for word in self.words[:_SHOWN])
        more = f" and {len(self.words) - _SHOWN} more" if len(self.words) > _SHOWN else ""
        notes = [note for note in (f"{shown}{more}", self.reason) if note]
        yield f"{'  ' * depth}{_MARKS[self.holds]} {self.text}{': ' if notes else ''}{'; '.join(notes)}"
        for part in self.parts:
            yield from part.lines(depth + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a rule says to a story."""

    rule: str
    holds: bool  # it is enabled, the gates are open, and the query holds
    enabled: bool
    gates: tuple[str, ...]  # those that are closed to the story, with what the story has and what is asked
    severity: Severity  # that a match has, or would have
    query: Explanation
    raises: tuple[tuple[Severity, Explanation], ...]


def explain(rules: RuleSet, rule: str, story: Story) -> Verdict:
    """Explain what a rule says to a story; raises KeyError when there is no such rule."""
    known = {one.id: one for one in rules.rules}[rule]
    return _verdict(known, rules.scan(story))


def explain_all(rules: RuleSet, story: Story) -> Iterator[Verdict]:
    """Yield what every rule says to a story, also those that are switched off, in the order of the file."""
    scan = rules.scan(story)
    return (_verdict(one, scan) for one in rules.rules)


def _verdict(known: Rule, scan: Scan) -> Verdict:
    gates = tuple(closed_gates(known.only, scan.story, scan.words))
    query = explain_part(known.part, scan)
    return Verdict(
        rule=known.id,
        holds=known.enabled and not gates and query.holds,
        enabled=known.enabled,
        gates=gates,
        severity=severity_of(known, scan),
        query=query,
        raises=tuple((step.to, explain_part(step.part, scan)) for step in known.raises),
    )


def explain_part(part: Part, scan: Scan, scope: Range | None = None) -> Explanation:
    """Explain one part within a range, by asking the evaluator about it and about each of its parts.

    A field is explained as what stands in it, and what must not be there as one NOT, as users write it.
    """
    if is_denial(part.source):
        return _denial(part, scan, scope)
    if isinstance(part, InField):
        inner = explain_part(part.parts[0], scan, part.narrowed(scan, scope))
        return replace(inner, text=print_query(as_written(part.source)))
    found = part.hits(scan, scope)
    below = [explain_part(one, scan, scope) for one in _below(part, scan)]
    if isinstance(part, Group):
        below = list(dict.fromkeys(below))  # an alias that is the same in many languages
    return Explanation(
        text=print_query(as_written(part.source)),
        holds=found is not None,
        words=scan.words_of(found or ()),
        reason=None if found is not None else reason_of_miss(part, scan, scope),
        parts=tuple(dict.fromkeys(below))
        if isinstance(part, Group)
        else tuple(below),  # a name of many languages, once
        offset=_offset(part),
        kind=_kind(part, scan, holds=found is not None),
    )


def _kind(part: Part, scan: Scan, *, holds: bool) -> Kind:
    if isinstance(part, All):
        return Kind.ALL
    return Kind.COMPANY if not holds and lacks_company(part, scan) else Kind.PART


def _denial(part: Part, scan: Scan, scope: Range | None) -> Explanation:
    """Explain what must not be there; its parts say what is, and what is not."""
    inner = _denied(part, scan, scope)
    is_term = inner.text == print_query(as_written(denied(part.source))) and not inner.parts
    there = f"{quoted(inner.words)} must not be there" if inner.words else "that must not be so"
    return Explanation(
        text=f"NOT {_factor(denied(part.source))}",
        holds=not inner.holds,
        words=(),
        reason=there if inner.holds else None,
        parts=() if is_term else inner.parts,
        offset=inner.offset,
        kind=Kind.DENIAL,
    )


def _denied(part: Part, scan: Scan, scope: Range | None) -> Explanation:
    """Explain the opposite of a denial."""
    if isinstance(part, Negation):
        return explain_part(part.parts[0], scan, scope)
    text = print_query(as_written(denied(part.source)))
    if isinstance(part, InField):
        return replace(_denied(part.parts[0], scan, part.narrowed(scan, scope)), text=text)
    parts = tuple(_denied(below, scan, scope) for below in part.parts)
    holds = part.hits(scan, scope) is None
    words = dict.fromkeys(word for one in parts if holds and one.holds for word in one.words)
    return Explanation(text=text, holds=holds, words=tuple(words), reason=None, parts=parts, offset=_offset(part))


def _factor(tree: Node) -> str:
    return bracketed(as_written(tree)) if isinstance(tree, And | Or) else print_query(as_written(tree))


def _offset(part: Part) -> int:
    return next((term.offset for term in terms_of(part.source)), 0)


def _below(part: Part, scan: Scan) -> Sequence[Part]:
    """Return what a part is made of; of a name's aliases, those about which there is something to say."""
    if isinstance(part, Group):
        aliases = [member for member in part.members if not isinstance(member, Found)]
        return tuple(alias for alias in aliases if _is_mentioned(alias, scan))
    return () if all(isinstance(below, Fact) for below in part.parts) else part.parts


def _is_mentioned(alias: Part, scan: Scan) -> bool:
    return bool(alias.hits(scan, scan.everywhere)) or reason_of_term(alias, scan, None) is not None
