"""Which queries hold for a story, and the words they hold by."""

from __future__ import annotations

from array import array
from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

import ahocorasick_rs

from alerts.rules.fan import NONE, Fan
from alerts.rules.fold import fold
from alerts.rules.parts import AnyTerm
from alerts.rules.scan import Scan, searched_fields

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.rules.alike import Alike
    from alerts.rules.linking import Vocabulary
    from alerts.rules.parts import Part
    from alerts.rules.proximity import Hit
    from alerts.story import Story


_FEW = 2_000  # queries of which it is kept what their terms are searched by


class Matcher:
    """Finds the queries that hold for a story, in one scan over all their terms.

    A query is looked at only when a term of its rarest required group was found and one of its next rarest
    (the presearch of Lucene's Monitor, keyed by whole terms), or when it has no such group. One that asks for
    nothing but any of some terms is not even looked at: what was found of them says all.
    """

    def __init__(self, queries: Sequence[Part | Alike], vocabulary: Vocabulary) -> None:
        """``vocabulary`` must hold every term of the queries, and is used up."""
        self._queries = tuple(queries)
        self._has_labels = vocabulary.has_labels
        found, self._terms = vocabulary.handed_over()  # sorted: what begins alike comes to lie side by side
        self._patterns = tuple(found) if len(queries) <= _FEW else ()
        patterns = iter(self._patterns) if self._patterns else found
        self._rarity = vocabulary.rarity if self._patterns else ()
        self._automaton = ahocorasick_rs.AhoCorasick(
            patterns,
            matchkind=ahocorasick_rs.MatchKind.Standard,
            store_patterns=False,
            implementation=ahocorasick_rs.Implementation.ContiguousNFA,
        )
        self._always: list[int] = []
        self._is_any = bytearray(len(queries))  # by query: whether it asks for nothing but any of some terms
        self._next_terms = array("i")  # of the next rarest group of each query, one behind the other
        self._next_ends = array("i", [0])
        self._queries_by_term = self._by_term(vocabulary).sealed()

    def _by_term(self, vocabulary: Vocabulary) -> Fan:
        """Enter every query, and return those to look at when a term was found."""
        terms, numbers = array("i"), array("i")
        for number, query in enumerate(self._queries):
            self._is_any[number] = isinstance(query, AnyTerm) and not vocabulary.has_labels
            clauses = query.clauses(vocabulary.rarity)
            if clauses:
                rarest = dict.fromkeys(clauses[0])  # what is written twice is one
                terms.extend(rarest)
                numbers.extend([number] * len(rarest))
            else:
                self._always.append(number)
            if len(clauses) > 1:
                self._next_terms.extend(clauses[1])
            self._next_ends.append(len(self._next_terms))
        return Fan(len(vocabulary.rarity)).fill(terms, numbers)

    def find(self, story: Story) -> tuple[Scan, list[tuple[int, Sequence[Hit]]]]:
        """Return the searched story, and the number of each query that holds, ascending, with its hits."""
        scan = self.scan(story)
        queries = self._queries
        found, candidates = self._presearched(scan)
        for number in candidates:
            hits = queries[number].hits(scan)
            if hits is not None:
                found[number] = hits
        return scan, sorted(found.items())

    def _presearched(self, scan: Scan) -> tuple[dict[int, Sequence[Hit]], list[int]]:
        """Return the queries that hold by any of their terms, with their hits, and the queries to look at."""
        codes, several, is_any = self._queries_by_term.codes, self._queries_by_term.several, self._is_any
        found: dict[int, Sequence[Hit]] = {}
        candidates = set(self._always)
        for term, hits in scan.hits.items():
            code = codes[term]
            if code == NONE:
                continue
            for number in (code,) if code >= 0 else several(code):
                if not is_any[number]:
                    candidates.add(number)
                elif number in found:
                    found[number] = [*found[number], *hits]
                else:
                    found[number] = hits
        terms, ends, known = self._next_terms, self._next_ends, scan.hits.keys()
        return found, [
            number
            for number in candidates
            if (start := ends[number]) == (end := ends[number + 1]) or not known.isdisjoint(terms[start:end])
        ]

    def sought(self, number: int) -> list[list[str]]:
        """Return groups of patterns: of each group one is in the folded text of any story that a query holds for.

        None when the query has no such groups, or one of very many. With queries for labels that may be the
        text of a label.
        """
        if not self._patterns:
            return []
        by_term = self._patterns_by_term
        groups = self._queries[number].clauses(self._rarity)
        return [[pattern for term in group for pattern in by_term[term]] for group in groups]

    @cached_property
    def _patterns_by_term(self) -> dict[int, list[str]]:
        found: dict[int, list[str]] = defaultdict(list)
        for pattern, code in zip(self._patterns, self._terms.codes, strict=True):
            for term in (code,) if code >= 0 else self._terms.several(code):
                found[term].append(pattern)
        return found

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
                for one in several(term):
                    hits.setdefault(one, []).append((start, end))
        return scan
