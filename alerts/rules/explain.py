"""Why a rule holds for a story or does not: the truth of every part of its query, and the nearest miss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.rules.evaluate import InField, Nearby, Negation, Often, Several, Shared
from alerts.rules.facts import closed_gate, facts_of
from alerts.rules.nodes import Passage, terms_of
from alerts.rules.parts import Checked, Fact, Found, Group, Guarded, Pattern
from alerts.rules.printing import print_query
from alerts.rules.ruleset import severity_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alerts.rules.parts import Part
    from alerts.rules.ruleset import RuleSet
    from alerts.rules.scan import Range, Scan
    from alerts.story import Severity, Story

_MARKS = {True: "✓", False: "✗"}
_SHOWN = 8  # words found that a line repeats


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One part of a query, and whether it holds for a story."""

    text: str  # the part in the house form
    holds: bool
    words: tuple[str, ...]  # by which it holds, as the story has them; a NOT has none
    reason: str | None  # why not, where there is more to say than that nothing was found
    parts: tuple[Explanation, ...] = ()
    offset: int = 0  # of its first term, in the query or in the saved query that it comes from

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
    gate: str | None  # the first of its gates that is closed to the story, with what the story has
    severity: Severity  # that a match has, or would have
    query: Explanation
    raises: tuple[tuple[Severity, Explanation], ...]


def explain(rules: RuleSet, rule: str, story: Story) -> Verdict:
    """Explain what a rule says to a story; raises KeyError when there is no such rule."""
    known = {one.id: one for one in rules.rules}[rule]
    scan = rules.scan(story)
    gate = closed_gate(known.only, story, scan.words)
    query = explain_part(known.part, scan)
    return Verdict(
        rule=rule,
        holds=known.enabled and gate is None and query.holds,
        enabled=known.enabled,
        gate=gate,
        severity=severity_of(known, scan),
        query=query,
        raises=tuple((step.to, explain_part(step.part, scan)) for step in known.raises),
    )


def explain_part(part: Part, scan: Scan, scope: Range | None = None) -> Explanation:
    """Explain one part within a range, by asking the evaluator about it and about each of its parts."""
    found = part.hits(scan, scope)
    inner = part.narrowed(scan, scope) if isinstance(part, InField) else scope
    return Explanation(
        text=print_query(part.source),
        holds=found is not None,
        words=scan.words_of(found or ()),
        reason=None if found is not None else _reason(part, scan, scope),
        parts=tuple(explain_part(below, scan, inner) for below in _below(part, scan)),
        offset=next((term.offset for term in terms_of(part.source)), 0),
    )


def _below(part: Part, scan: Scan) -> tuple[Part, ...]:
    """Return what a part is made of; of a name's aliases, those about which there is something to say."""
    if isinstance(part, Group):
        aliases = [member for member in part.members if not isinstance(member, Found)]
        return tuple(alias for alias in aliases if _is_mentioned(alias, scan))
    return part.parts


def _is_mentioned(alias: Part, scan: Scan) -> bool:
    return bool(alias.hits(scan, scan.everywhere)) or _reason_of_term(alias, scan) is not None


def _reason(part: Part, scan: Scan, scope: Range | None) -> str | None:  # noqa: PLR0911  a kind of part, a line
    """Say why a part does not hold."""
    match part:
        case Nearby() | Shared():
            return _reason_of_pair(part, scan, scope)
        case Often():
            mentions = part.mentions(scan, part.parts[0].hits(scan, scope) or ())
            return f"ATLEAST/{part.count} failed: found {mentions}"
        case Several():
            members = sum(bool(member.hits(scan, scope)) for member in part.parts)
            return f"DISTINCT/{part.count} failed: found {members}"
        case Negation():
            return "what must not be there is there"
        case Fact():
            return f"the story has {' and '.join(facts_of(scan.story, part.field)) or 'none that is known'}"
        case Found() | Checked() | Pattern() | Group() | Guarded():
            return _reason_of_term(part, scan)
        case _:
            return None


def _reason_of_pair(pair: Nearby | Shared, scan: Scan, scope: Range | None) -> str | None:
    if any(not part.hits(scan, scope) for part in pair.parts):
        return None
    sign = pair.sign
    if pair.negated:
        return f"{sign} failed: no mention of the left side stands alone"
    if isinstance(pair, Shared):
        passage = "sentence" if pair.passage is Passage.SENTENCE else "paragraph"
        return f"{sign} failed: both are there, in no {passage} together"
    closest = pair.closest(scan, scope)
    if closest is not None:
        return f"{sign} failed: closest {closest} words"
    return f"{sign} failed: never in this order" if pair.ordered else f"{sign} failed: never both in title or in text"


def _reason_of_term(part: Part, scan: Scan) -> str | None:
    elsewhere = part.hits(scan, scan.everywhere)
    if elsewhere:
        return f"found elsewhere only: {_quoted(scan.words_of(elsewhere))}"
    match part:
        case Checked():
            hits = [hit for number, _ in part.candidates for hit in scan.hits.get(number, ())]
            return f"written otherwise: {_quoted(scan.words_of(hits))}" if hits else None
        case Guarded():
            return _reason_of_guard(part, scan)
        case Group() if part.mentions(scan):
            return f"every mention lies inside an exception: {_quoted(scan.words_of(part.exceptions(scan)))}"
        case _:
            return None


def _reason_of_guard(part: Guarded, scan: Scan) -> str | None:
    found = part.alias.hits(scan, scan.everywhere)
    if not found:
        return None
    if part.needs is None or not part.speaks(scan):
        return f"{_quoted(scan.words_of(found))} counts in {part.language} only, and the story is in another language"
    within = part.spec.within
    place = "anywhere in the story" if within == "story" else f"within {within}{' words' * isinstance(within, int)}"
    return f"{_quoted(scan.words_of(found))} needs {print_query(part.needs.source)} {place}"


def _quoted(words: tuple[str, ...]) -> str:
    return ", ".join(f"“{word}”" for word in words[:_SHOWN])
