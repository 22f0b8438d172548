"""Which queries hold for a story, and the words they hold by."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import ahocorasick_rs

from alerts.rules.fan import NONE, Fan
from alerts.rules.fold import fold
from alerts.rules.scan import Scan, searched_fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alerts.rules.linking import Vocabulary
    from alerts.rules.parts import Part
    from alerts.rules.proximity import Hit
    from alerts.story import Story


class Matcher:
    """Finds the queries that hold for a story, in one scan over all their terms.

    A query is looked at only when a term of its rarest required group was found and one of its next rarest
    (the presearch of Lucene's Monitor, keyed by whole terms), or when it has no such group.
    """

    def __init__(self, queries: Sequence[Part], vocabulary: Vocabulary) -> None:
        """``vocabulary`` must hold every term of the queries, and is used up."""
        self._queries = tuple(queries)
        self._has_labels = vocabulary.has_labels
        patterns, self._terms = vocabulary.handed_over()  # sorted: what begins alike comes to lie side by side
        self._automaton = ahocorasick_rs.AhoCorasick(
            patterns,
            matchkind=ahocorasick_rs.MatchKind.Standard,
            store_patterns=False,
            implementation=ahocorasick_rs.Implementation.ContiguousNFA,
        )
        self._always: list[int] = []
        self._queries_by_term = Fan(len(vocabulary.rarity))
        self._next_terms = array("i")  # of the next rarest group of each query, one behind the other
        self._next_ends = array("i", [0])
        for number, query in enumerate(queries):
            self._enter(number, query.clauses(vocabulary.rarity))

    def _enter(self, number: int, clauses: Sequence[frozenset[int]]) -> None:
        for term in clauses[0] if clauses else ():
            self._queries_by_term.add(term, number)
        if not clauses:
            self._always.append(number)
        self._next_terms.extend(clauses[1] if len(clauses) > 1 else ())
        self._next_ends.append(len(self._next_terms))

    def find(self, story: Story) -> tuple[Scan, list[tuple[int, Sequence[Hit]]]]:
        """Return the searched story, and the number of each query that holds, ascending, with its hits."""
        scan = self.scan(story)
        queries = self._queries
        found: list[tuple[int, Sequence[Hit]]] = []
        for number in self._candidates(scan):
            hits = queries[number].hits(scan)
            if hits is not None:
                found.append((number, hits))
        return scan, found

    def _candidates(self, scan: Scan) -> Iterator[int]:
        """Yield the queries to look at, ascending."""
        found = scan.hits.keys()
        codes, several = self._queries_by_term.codes, self._queries_by_term.several
        candidates = set(self._always)
        for term in found:
            if (code := codes[term]) >= 0:
                candidates.add(code)
            elif code != NONE:
                candidates.update(several[~code])
        terms, ends = self._next_terms, self._next_ends
        for number in sorted(candidates):
            start, end = ends[number], ends[number + 1]
            if start == end or not found.isdisjoint(terms[start:end]):
                yield number

    def scan(self, story: Story) -> Scan:
        """Search a story for every term."""
        fields = searched_fields(story, labels=self._has_labels)
        scan = Scan(story, fields, [fold(field) for field in fields])
        hits, codes, several = scan.hits, self._terms.codes, self._terms.several
        for pattern, start, end in self._automaton.find_matches_as_indexes(scan.text, overlapping=True):
            term = codes[pattern]
            if term in hits:
                hits[term].append((start, end))
            elif term >= 0:
                hits[term] = [(start, end)]
            else:
                for one in several[~term]:
                    hits.setdefault(one, []).append((start, end))
        return scan
