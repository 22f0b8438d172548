"""Queries of a known shape in a large set of rules: each is linked when it is first asked, and most never are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.rules.evaluate import sorted_by_rarity
from alerts.rules.linking import Linker, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from alerts.rules.parts import Part
    from alerts.rules.proximity import Hit
    from alerts.rules.scan import Scan
    from alerts.rules.shapes import Shape
    from alerts.rules.spec import Text

    Groups = tuple[Sequence[int], ...]


class Alike:
    """What evaluates such a query: the numbers of its terms until it is asked, and its part from then on."""

    __slots__ = ("_made", "_query", "_shape")

    def __init__(self, query: Text, shape: Shape, groups: Iterable[Sequence[int]]) -> None:
        """``shape`` must be the query's, and flat; ``groups`` are the numbers of the terms in each quoted piece."""
        self._query = query
        self._shape = shape
        self._made: Groups | Part = tuple(groups)

    @property
    def part(self) -> Part:
        """Its part; when two threads need it at once each makes one, and it does not matter which of them stays."""
        made = self._made
        if not isinstance(made, tuple):
            return made
        texts = (text for some in self._shape.texts(self._query.value) for text in some)
        numbers = (number for group in made for number in group)
        vocabulary = Vocabulary(dict(zip(texts, numbers, strict=True)))
        part = self._made = Linker(vocabulary, {}, {}, {}, {}).part(self._shape.tree(self._query.value))
        return part

    def hits(self, scan: Scan) -> Sequence[Hit] | None:
        """Return the hits of its part."""
        made = self._made
        return (self.part if isinstance(made, tuple) else made).hits(scan)  # most are made: one call less

    def clauses(self, rarity: Sequence[int]) -> Sequence[Collection[int]]:
        """Return the clauses of its part, without making it."""
        made = self._made
        if not isinstance(made, tuple):
            return made.clauses(rarity)
        return sorted_by_rarity([made[number] for number in self._shape.needed], rarity)
