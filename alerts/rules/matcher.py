"""Which queries hold for a story, and the words they hold by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ahocorasick_rs

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

    A query is looked at only when a term of its rarest required group was found (the presearch of
    Lucene's Monitor, keyed by whole terms), or when it has no such group.
    """

    def __init__(self, queries: Sequence[Part], vocabulary: Vocabulary) -> None:
        """``vocabulary`` must hold every term of the queries."""
        self._queries = tuple(queries)
        self._has_labels = vocabulary.has_labels
        self._terms_by_pattern = tuple(vocabulary.terms_by_pattern.values())
        self._automaton = ahocorasick_rs.AhoCorasick(
            vocabulary.terms_by_pattern,
            matchkind=ahocorasick_rs.MatchKind.Standard,
            store_patterns=False,
            implementation=ahocorasick_rs.Implementation.ContiguousNFA,
        )
        self._always: list[int] = []
        self._queries_by_term: dict[int, list[int]] = {}
        for number, query in enumerate(queries):
            required = query.required(vocabulary.rarity)
            for term in required:
                self._queries_by_term.setdefault(term, []).append(number)
            if not required:
                self._always.append(number)

    def find(self, story: Story) -> tuple[Scan, Iterator[tuple[int, Sequence[Hit]]]]:
        """Return the searched story, and the number of each query that holds, ascending, with its hits."""
        scan = self.scan(story)
        by_term = self._queries_by_term
        candidates = set(self._always)
        for term in scan.hits.keys() & by_term.keys():
            candidates.update(by_term[term])
        queries = self._queries
        found = ((number, queries[number].hits(scan)) for number in sorted(candidates))
        return scan, ((number, hits) for number, hits in found if hits is not None)

    def scan(self, story: Story) -> Scan:
        """Search a story for every term."""
        fields = searched_fields(story, labels=self._has_labels)
        scan = Scan(story, fields, [fold(field) for field in fields])
        hits, terms_by_pattern = scan.hits, self._terms_by_pattern
        for pattern, start, end in self._automaton.find_matches_as_indexes(scan.text, overlapping=True):
            for term in terms_by_pattern[pattern]:
                if term in hits:
                    hits[term].append((start, end))
                else:
                    hits[term] = [(start, end)]
        return scan
