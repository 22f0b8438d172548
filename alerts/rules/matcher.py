"""Which queries hold for a story, and the words they hold by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ahocorasick_rs

from alerts.rules.fold import fold, fold_with_offsets
from alerts.rules.query import And, Name, Node, Not, Or, Phrase, Scoped, negations_inward, terms_of
from alerts.rules.terms import patterns_of
from alerts.story import Field, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from alerts.rules.fold import Folded
    from alerts.story import Story

_BETWEEN = "\n"  # parts title and text in the searched string; no folded text and no pattern holds it

Hit = tuple[int, int]  # where a pattern stands in the searched string


@dataclass(frozen=True, slots=True)
class Scan:
    """Every term found in a story: its hits by the term's number, in the order of their ends."""

    hits: Mapping[int, Sequence[Hit]]
    boundary: int  # where the title ends in the searched string

    def find(self, term: int, field: Field | None) -> Sequence[Hit]:
        """Return the hits of a term, within one field of the story or anywhere."""
        hits = self.hits.get(term, ())
        if field is None or not hits:
            return hits
        return [hit for hit in hits if (hit[0] < self.boundary) is (field is Field.TITLE)]


class Matcher:
    """Finds the queries that hold for a story, in one scan over all their terms.

    A query is looked at only when a term of its rarest required group was found (the presearch of
    Lucene's Monitor, keyed by whole terms).
    """

    def __init__(self, queries: Sequence[Node], names: Mapping[str, Sequence[str]]) -> None:
        """``names`` gives the patterns that each ``$name`` of the queries stands for."""
        queries = self._queries = tuple(map(negations_inward, queries))
        self._terms: dict[Phrase | Name, int] = {}
        terms_by_pattern: dict[str, list[int]] = {}
        shortest: list[int] = []  # by term, of its patterns: the longer, the rarer in stories
        for term in (term for query in queries for term in terms_of(query)):
            if term not in self._terms:
                patterns = names[term.name] if isinstance(term, Name) else patterns_of(term.text)
                for pattern in patterns:
                    terms_by_pattern.setdefault(pattern, []).append(len(shortest))
                self._terms[term] = len(shortest)
                shortest.append(min(map(len, patterns)))
        self._terms_by_pattern = tuple(map(tuple, terms_by_pattern.values()))
        self._automaton = ahocorasick_rs.AhoCorasick(
            terms_by_pattern,
            matchkind=ahocorasick_rs.MatchKind.Standard,
            store_patterns=False,
            implementation=ahocorasick_rs.Implementation.ContiguousNFA,
        )
        self._queries_by_term: dict[int, list[int]] = {}
        for number, query in enumerate(queries):
            for required in self._required(query, shortest):
                self._queries_by_term.setdefault(required, []).append(number)

    def find(self, story: Story) -> Iterator[tuple[int, tuple[Span, ...]]]:
        """Yield the number of each query that holds, ascending, with the spans of the words it holds by."""
        title, text = fold(story.title), fold(story.text)
        scan = self._scan(title, text)
        candidates = {number for term in scan.hits for number in self._queries_by_term.get(term, ())}
        held = [(number, hits) for number in sorted(candidates) if (hits := self._holds(self._queries[number], scan))]
        if held:
            locate = _Locator(story, scan.boundary)
            for number, hits in held:
                yield number, locate.spans(hits)

    def _scan(self, title: str, text: str) -> Scan:
        hits: dict[int, list[Hit]] = {}
        terms_by_pattern = self._terms_by_pattern
        searched = f"{title}{_BETWEEN}{text}"
        for pattern, start, end in self._automaton.find_matches_as_indexes(searched, overlapping=True):
            for term in terms_by_pattern[pattern]:
                hits.setdefault(term, []).append((start, end))
        return Scan(hits, len(title))

    def _holds(self, query: Node, scan: Scan, field: Field | None = None) -> Sequence[Hit] | None:
        """Return the hits that make a query true (for NOT none), or None when it is not true."""
        match query:
            case Phrase() | Name():
                return scan.find(self._terms[query], field) or None
            case Scoped(field=scope, part=part):
                return self._holds(part, scan, scope)
            case Not(part=part):
                return None if self._holds(part, scan, field) else ()
            case And(parts=parts):
                every: list[Hit] = []
                for part in parts:
                    if (hits := self._holds(part, scan, field)) is None:
                        return None
                    every += hits
                return every
            case Or(parts=parts):
                found = [hits for part in parts if (hits := self._holds(part, scan, field)) is not None]
                return [hit for hits in found for hit in hits] if found else None

    def _required(self, query: Node, shortest: Sequence[int]) -> frozenset[int]:
        """Return terms of which at least one must be found where a query holds; empty when nothing is needed."""
        match query:
            case Phrase() | Name():
                return frozenset({self._terms[query]})
            case Scoped(part=part):
                return self._required(part, shortest)
            case Not():
                return frozenset()
            case And(parts=parts):
                groups = [group for part in parts if (group := self._required(part, shortest))]
                return max(groups, key=lambda group: min(shortest[term] for term in group), default=frozenset())
            case Or(parts=parts):
                groups = [self._required(part, shortest) for part in parts]
                return frozenset().union(*groups) if all(groups) else frozenset()


class _Locator:
    """Takes hits in the searched string back to the story's own words; folds a field only when it must."""

    def __init__(self, story: Story, boundary: int) -> None:
        self._story = story
        self._boundary = boundary
        self._folded: dict[Field, Folded] = {}

    def spans(self, hits: Sequence[Hit]) -> tuple[Span, ...]:
        """Return spans, title first and in reading order; those that overlap become one."""
        spans: list[Span] = []
        for start, end in sorted(set(hits)):
            span = self._span(start, end)
            if spans and spans[-1].field is span.field and span.start < spans[-1].end:
                before = spans.pop()
                span = Span(before.field, before.start, max(before.end, span.end))
            spans.append(span)
        return tuple(spans)

    def _span(self, start: int, end: int) -> Span:
        in_title = start < self._boundary
        field = Field.TITLE if in_title else Field.TEXT
        if field not in self._folded:
            self._folded[field] = fold_with_offsets(self._story.title if in_title else self._story.text)
        shift = 0 if in_title else self._boundary + len(_BETWEEN)
        return Span(field, *self._folded[field].original(start - shift, end - shift))
