"""Which clauses of a rule held for a story, and by which words: what an opinion about a match is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.rules.denials import is_denial
from alerts.rules.evaluate import All, AnyOf, InField
from alerts.rules.parts import Fact, Part
from alerts.rules.printing import print_query
from alerts.rules.ruleset import passes_gates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alerts.rules.ruleset import Rule, RuleSet
    from alerts.rules.scan import Range, Scan
    from alerts.story import Match, Story

MOST_WORDS = 12  # different words of one clause that are kept
MOST_CLAUSES = 20
LONGEST = 200  # characters of a clause


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A part of a query that held for a story."""

    text: str  # in the house form; "" when only the words are known
    words: tuple[str, ...] = ()  # as the story has them

    @property
    def name(self) -> str:
        """What it is called in lists."""
        return self.text or "(an earlier form of the rule)"


def clauses_of(rules: RuleSet, rule: str, story: Story) -> tuple[Clause, ...]:
    """Return the clauses of a rule that hold for a story now; none when the rule does not hold, or is unknown.

    Clauses are the parts of the outermost AND, and of an OR those alternatives that held; a NOT holds by no words
    and is none.
    """
    known = next((one for one in rules.rules if one.id == rule), None)
    if known is None:
        return ()
    scan = rules.scan(story)
    if not passes_gates(known, scan) or known.part.hits(scan) is None:
        return ()
    return tuple(_held(known.part, scan, None))[:MOST_CLAUSES]


def clauses_of_match(match: Match, story: Story) -> tuple[Clause, ...]:
    """Return what is known of a match by a rule that reads otherwise by now: its words."""
    words = tuple(dict.fromkeys(span.of(story) for span in match.spans))
    return (Clause(text="", words=words[:MOST_WORDS]),) if words else ()


def parts_of(rule: Rule) -> tuple[Part, ...]:
    """Return the parts of a rule's outermost AND; the query itself when it has none."""
    return rule.part.parts if isinstance(rule.part, All) else (rule.part,)


def _held(part: Part, scan: Scan, scope: Range | None) -> Iterator[Clause]:
    if is_denial(part.source):
        return
    if isinstance(part, All) or (isinstance(part, AnyOf) and not isinstance(part.parts[0], Fact)):
        for one in part.parts:
            yield from _held(one, scan, scope)
        return
    inner = part.narrowed(scan, scope) if isinstance(part, InField) else scope
    if isinstance(part, InField) and isinstance(part.parts[0], All | AnyOf):
        yield from _in_field(part, scan, inner)
        return
    hits = part.hits(scan, scope)
    if hits is not None:
        yield _clause(part, scan.words_of(hits), "")


def _in_field(part: InField, scan: Scan, scope: Range | None) -> Iterator[Clause]:
    """Yield what held within a field, each under the field's name."""
    for one in part.parts[0].parts:
        hits = one.hits(scan, scope)
        if hits is not None and not is_denial(one.source):
            yield _clause(one, scan.words_of(hits), f"{part.field}:")


def _clause(part: Part, words: tuple[str, ...], field: str) -> Clause:
    return Clause(text=f"{field}{print_query(part.source)}"[:LONGEST], words=words[:MOST_WORDS])
