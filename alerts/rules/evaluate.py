"""How the parts of a query go together: AND, OR, NOT, fields, proximity, counts."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from alerts.rules import proximity
from alerts.rules.nodes import FACTS, LABELS, Passage, Scope
from alerts.rules.parts import NOTHING, Fact, Part, any_of
from alerts.rules.printing import operator

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from alerts.rules import nodes
    from alerts.rules.proximity import Hit, Place
    from alerts.rules.scan import Range, Scan


class Composite(Part):
    """A part that is made of others."""

    __slots__ = ("parts",)

    def __init__(self, source: nodes.Node, parts: Sequence[Part]) -> None:
        self.source = source
        self.parts: tuple[Part, ...] = tuple(parts)


class InField(Composite):
    """A part that must hold within one field."""

    __slots__ = ("field",)

    def __init__(self, source: nodes.Scoped, part: Part) -> None:
        super().__init__(source, (part,))
        self.field = source.field

    def hits(self, scan: Scan, scope: Range | None = None) -> Sequence[Hit] | None:
        """Return the hits in the field, as far as it lies in the range; labels lie in every range."""
        return self.parts[0].hits(scan, self.narrowed(scan, scope))

    def narrowed(self, scan: Scan, scope: Range | None) -> Range | None:
        """Return the range in which the part must hold; a fact lies in none and knows that."""
        if self.field in FACTS:
            return scope
        low, high = scan.range_of(self.field)
        if scope is not None and self.field not in LABELS:
            return max(low, scope[0]), min(high, scope[1])
        return low, high

    def required(self, rarity: Sequence[int]) -> frozenset[int]:
        """Return what the part requires."""
        return self.parts[0].required(rarity)

    def clauses(self, rarity: Sequence[int]) -> Sequence[Collection[int]]:
        """Return what the part does."""
        return self.parts[0].clauses(rarity)


class Negation(Composite):
    """A part that must not hold."""

    __slots__ = ()

    def hits(self, scan: Scan, scope: Range | None = None) -> Sequence[Hit] | None:
        """Return no hit, or None when the part holds."""
        return () if self.parts[0].hits(scan, scope) is None else None

    def required(self, rarity: Sequence[int]) -> frozenset[int]:
        """Return nothing."""
        del rarity
        return NOTHING


def may_be_undone(part: Part) -> bool:
    """Say whether what a page adds could end that a part holds: it asks that something is not said."""
    if isinstance(part, Negation):
        return any(map(_may_be_added, part.parts))
    if _is_settled(part):
        return False
    return (isinstance(part, _Pair) and part.negated) or any(map(may_be_undone, part.parts))


def _may_be_added(part: Part) -> bool:
    return not _is_settled(part) and (not part.parts or any(map(_may_be_added, part.parts)))


def _is_settled(part: Part) -> bool:
    """Say whether a part looks at what the source alone says of a story."""
    return isinstance(part, Fact) or (isinstance(part, InField) and part.field is Scope.TAG)


class All(Composite):
    """Parts that must all hold."""

    __slots__ = ()

    def hits(self, scan: Scan, scope: Range | None = None) -> Sequence[Hit] | None:
        """Return the hits of every part."""
        every: list[Hit] = []
        for part in self.parts:
            found = part.hits(scan, scope)
            if found is None:
                return None
            every += found
        return every

    def required(self, rarity: Sequence[int]) -> frozenset[int]:
        """Return what the part requires that is rarest."""
        return frozenset(next(iter(self.clauses(rarity)), NOTHING))

    def clauses(self, rarity: Sequence[int]) -> Sequence[Collection[int]]:
        """Return what each of the parts does."""
        return rarest_first(self.parts, rarity)


class AnyOf(Composite):
    """Parts of which one must hold."""

    __slots__ = ()

    def hits(self, scan: Scan, scope: Range | None = None) -> Sequence[Hit] | None:
        """Return the hits of all parts that hold."""
        every: list[Hit] = []
        holds = False
        for part in self.parts:
            found = part.hits(scan, scope)
            if found is not None:
                holds = True
                every += found
        return every if holds else None

    def required(self, rarity: Sequence[int]) -> frozenset[int]:
        """Return what any of the parts requires."""
        return any_of(self.parts, rarity)


class _Pair(Composite):
    """A left part that must stand beside a right one or, negated, must not."""

    __slots__ = ("negated",)

    source: nodes.Near | nodes.Together

    def __init__(self, source: nodes.Near | nodes.Together, left: Part, right: Part) -> None:
        super().__init__(source, (left, right))
        self.negated = source.negated

    @property
    def sign(self) -> str:
        """The operator as it is written."""
        return operator(self.source)

    def hits(self, scan: Scan, scope: Range | None = None) -> Sequence[Hit] | None:
        """Return the hits of both sides that stand so; negated, those of the left side that do not."""
        left = self.parts[0].hits(scan, scope)
        if not left:
            return None
        right = self.parts[1].hits(scan, scope)
        if not right:
            return left if self.negated else None
        return self._beside(scan, sorted(set(left)), sorted(set(right))) or None

    @abstractmethod
    def _beside(self, scan: Scan, left: Sequence[Hit], right: Sequence[Hit]) -> list[Hit]:
        """Return the hits of both sides that stand so; negated, those of the left side that do not."""

    def required(self, rarity: Sequence[int]) -> frozenset[int]:
        """Return what the rarer side requires; negated, what the left one does."""
        return frozenset(next(iter(self.clauses(rarity)), NOTHING))

    def clauses(self, rarity: Sequence[int]) -> Sequence[Collection[int]]:
        """Return what both sides do; negated, what the left one does."""
        return rarest_first(self.parts[:1] if self.negated else self.parts, rarity)


class Nearby(_Pair):
    """Two parts so many words apart."""

    __slots__ = ("distance", "ordered")

    def __init__(self, source: nodes.Near, left: Part, right: Part) -> None:
        super().__init__(source, left, right)
        self.distance = source.distance
        self.ordered = source.ordered

    def closest(self, scan: Scan, scope: Range | None = None, *, ordered: bool) -> int | None:
        """Return the distance between the two mentions that are closest, None when no two share a field."""
        left, right = (sorted(set(part.hits(scan, scope) or ())) for part in self.parts)
        here, there = self._places(scan, left), self._places(scan, right)
        distance = proximity.closest(here, there, ordered=ordered)
        return None if distance is None or distance >= len(scan.text) else distance

    def _beside(self, scan: Scan, left: Sequence[Hit], right: Sequence[Hit]) -> list[Hit]:
        here, there = self._places(scan, left), self._places(scan, right)
        if self.negated:
            return [left[number] for number in proximity.apart(here, there, self.distance, ordered=self.ordered)]
        near, to = proximity.near(here, there, self.distance, ordered=self.ordered)
        return [left[number] for number in near] + [right[number] for number in to]

    @staticmethod
    def _places(scan: Scan, hits: Sequence[Hit]) -> list[Place]:
        return proximity.places(scan.words_before, hits, scan.title_end)


class Shared(_Pair):
    """Two parts in one sentence or paragraph."""

    __slots__ = ("passage",)

    def __init__(self, source: nodes.Together, left: Part, right: Part) -> None:
        super().__init__(source, left, right)
        self.passage = source.passage

    def _beside(self, scan: Scan, left: Sequence[Hit], right: Sequence[Hit]) -> list[Hit]:
        here = [(hit, scan.passage(self.passage, hit[0])) for hit in left]
        there = [(hit, scan.passage(self.passage, hit[0])) for hit in right]
        others = {number for _, number in there}
        if self.negated:
            return [hit for hit, number in here if number not in others]
        shared = others.intersection(number for _, number in here)
        return [hit for hit, number in (*here, *there) if number in shared]


class Often(Composite):
    """So many mentions of a part."""

    __slots__ = ("count",)

    def __init__(self, source: nodes.AtLeast, part: Part) -> None:
        super().__init__(source, (part,))
        self.count = source.count

    def hits(self, scan: Scan, scope: Range | None = None) -> Sequence[Hit] | None:
        """Return all mentions, when there are enough."""
        found = self.parts[0].hits(scan, scope)
        return found if found and self.mentions(scan, found) >= self.count else None

    @staticmethod
    def mentions(scan: Scan, hits: Sequence[Hit]) -> int:
        """Count hits: those that overlap as one, and those of repeated paragraphs not again."""
        number, last = 0, -1
        for hit in sorted(set(hits)):
            start, end = proximity.trimmed(scan.text, hit)
            if start >= last and scan.passage(Passage.PARAGRAPH, hit[0]) not in scan.repeated:
                number += 1
            last = max(last, end)
        return number

    def required(self, rarity: Sequence[int]) -> frozenset[int]:
        """Return what the part requires."""
        return self.parts[0].required(rarity)


class Several(Composite):
    """So many different members of a group."""

    __slots__ = ("count",)

    def __init__(self, source: nodes.Distinct, members: Sequence[Part]) -> None:
        super().__init__(source, members)
        self.count = source.count

    def hits(self, scan: Scan, scope: Range | None = None) -> Sequence[Hit] | None:
        """Return the mentions of all members, when there are enough of them."""
        found = [hits for member in self.parts if (hits := member.hits(scan, scope))]
        return [hit for hits in found for hit in hits] if len(found) >= self.count else None

    def required(self, rarity: Sequence[int]) -> frozenset[int]:
        """Return what any of the members requires."""
        return any_of(self.parts, rarity)


def rarest_first(parts: Sequence[Part], rarity: Sequence[int]) -> Sequence[Collection[int]]:
    """Return every group that one of the parts requires, first the one whose commonest term is rarest."""
    return sorted_by_rarity([group for part in parts for group in part.clauses(rarity)], rarity)


def sorted_by_rarity(groups: Sequence[Collection[int]], rarity: Sequence[int]) -> Sequence[Collection[int]]:
    """Return groups of terms, first the one whose commonest term is rarest."""
    return sorted(groups, key=lambda group: min(map(rarity.__getitem__, group)), reverse=True)
