"""What a term, a name or a fact in a query holds by: the leaves that the evaluator asks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from alerts.rules import proximity
from alerts.rules.facts import facts_of, has_fact
from alerts.rules.nodes import Passage, Phrase, Regex, Scope
from alerts.rules.regexes import compile_regex, matches

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from alerts.rules.checks import Check
    from alerts.rules.nodes import Listed, Node
    from alerts.rules.proximity import Hit
    from alerts.rules.scan import Range, Scan
    from alerts.rules.spec import AliasSpec

NOTHING: frozenset[int] = frozenset()


class Part(ABC):
    """A part of a query, ready to be asked; immutable."""

    __slots__ = ("source",)

    def __init__(self, source: Node) -> None:
        self.source = source  # what it was made of

    @property
    def parts(self) -> Sequence[Part]:
        """What it consists of, from left to right."""
        return ()

    @abstractmethod
    def hits(self, scan: Scan, scope: Range | None = None) -> Sequence[Hit] | None:
        """Return the hits by which it holds within a range (None: title and text), or None when it does not.

        They come in no order, and some parts, such as NOT, hold by no hit at all.
        """

    @abstractmethod
    def required(self, rarity: Sequence[int]) -> frozenset[int]:
        """Return terms of which one must be found wherever it holds; empty when there is no such set.

        ``rarity`` tells of each term how rare it is likely to be.
        """

    def clauses(self, rarity: Sequence[int]) -> Sequence[Collection[int]]:
        """Return every group of terms of which one must be found wherever it holds, the rarest group first."""
        group = self.required(rarity)
        return [group] if group else []


class AnyTerm(Part):
    """Terms of which one must be found; their folds say all."""

    __slots__ = ("numbers",)

    def __init__(self, source: Node, numbers: Iterable[int]) -> None:
        self.source = source
        self.numbers = tuple(numbers)

    def hits(self, scan: Scan, scope: Range | None = None) -> Sequence[Hit] | None:
        """Return the places of all the terms."""
        there = scan.hits
        some = [there[number] for number in self.numbers if number in there]
        if not some:
            return None
        found = some[0] if len(some) == 1 else [hit for hits in some for hit in hits]
        return found if scope is None and not scan.has_labels else clipped(found, scope or (0, scan.content_end))

    def required(self, rarity: Sequence[int]) -> frozenset[int]:
        """Return the terms."""
        del rarity
        return frozenset(self.numbers)

    def clauses(self, rarity: Sequence[int]) -> Sequence[Collection[int]]:
        """Return the terms as the only group."""
        del rarity
        return (self.numbers,)


class Found(AnyTerm):
    """A phrase, or the names of a thing."""

    __slots__ = ()


class FoundAny(AnyTerm):
    """A list of phrases."""

    __slots__ = ()

    source: Listed

    @property
    def parts(self) -> Sequence[Found]:
        """The phrases, each by itself; made anew each time, for those who explain."""
        return [Found(phrase, [number]) for phrase, number in zip(self.source.parts, self.numbers, strict=True)]


class Checked(Part):
    """A term of which a fold finds candidates only: with wildcards, exact, stemmed."""

    __slots__ = ("candidates",)

    def __init__(self, source: Node, candidates: Sequence[tuple[int, Sequence[Check]]]) -> None:
        """``candidates`` pair the numbers of terms to search for with what their hits must pass."""
        super().__init__(source)
        self.candidates = tuple(candidates)

    def hits(self, scan: Scan, scope: Range | None = None) -> Sequence[Hit] | None:
        """Return the places that pass the checks."""
        if self not in scan.cache:
            scan.cache[self] = [
                passed
                for number, checks in self.candidates
                for hit in scan.hits.get(number, ())
                if (passed := _checked(scan, hit, checks)) is not None
            ]
        return clipped(scan.cache[self], scope or (0, scan.content_end))

    def required(self, rarity: Sequence[int]) -> frozenset[int]:
        """Return the terms to search for."""
        del rarity
        return frozenset(number for number, _ in self.candidates)


class Pattern(Part):
    """A regular expression for the story as written."""

    __slots__ = ("literal", "regex")

    def __init__(self, source: Regex, literal: int | None) -> None:
        """``literal`` is the number of a term that every match holds."""
        super().__init__(source)
        self.literal = literal
        self.regex = compile_regex(source.pattern)

    def hits(self, scan: Scan, scope: Range | None = None) -> Sequence[Hit] | None:
        """Return what stands for the matches in the searched string."""
        if self.literal is not None and self.literal not in scan.hits:
            return None
        if self not in scan.cache:
            scan.cache[self] = [
                scan.hit_of(number, start, end)
                for number, field in enumerate(scan.fields)
                for start, end in matches(self.regex, field)
            ]
        return clipped(scan.cache[self], scope or (0, scan.content_end))

    def required(self, rarity: Sequence[int]) -> frozenset[int]:
        """Return the literal."""
        del rarity
        return NOTHING if self.literal is None else frozenset({self.literal})


class Guarded(Part):
    """An alias that counts only in its language, or where something else is said nearby."""

    __slots__ = ("alias", "language", "needs", "spec")

    def __init__(self, alias: Part, needs: Part | None, spec: AliasSpec, language: str | None) -> None:
        """``language`` is given when the alias counts in stories of that language only."""
        super().__init__(alias.source)
        self.alias = alias
        self.needs = needs
        self.spec = spec
        self.language = language

    def hits(self, scan: Scan, scope: Range | None = None) -> Sequence[Hit] | None:
        """Return the places of the alias that count."""
        found = self.alias.hits(scan, scope)
        if not found or not self.speaks(scan):
            return None
        needs = self.needs
        if needs is None:
            return found
        return [hit for hit in found if needs.hits(scan, self._around(scan, hit)) is not None] or None

    def required(self, rarity: Sequence[int]) -> frozenset[int]:
        """Return what the alias requires."""
        return self.alias.required(rarity)

    def speaks(self, scan: Scan) -> bool:
        """Say whether the story is in the language of the alias, where that matters."""
        return self.language is None or has_fact(scan.story, Scope.LANG, self.language)

    def _around(self, scan: Scan, hit: Hit) -> Range | None:
        match self.spec.within:
            case "story":
                return None
            case "paragraph":
                return scan.passage_range(Passage.PARAGRAPH, hit[0])
            case "sentence":
                return scan.passage_range(Passage.SENTENCE, hit[0])
            case distance:
                return scan.words_around(hit, distance)


class Group(Part):
    """The names of an entity or the terms of a list; a hit inside an exception does not count."""

    __slots__ = ("barred", "members")

    def __init__(self, source: Node, members: Sequence[Part], barred: Sequence[Part] = ()) -> None:
        super().__init__(source)
        self.members = tuple(members)
        self.barred = tuple(barred)

    def hits(self, scan: Scan, scope: Range | None = None) -> Sequence[Hit] | None:
        """Return the places of all its names."""
        if self not in scan.cache:
            is_inside = proximity.inside(self.exceptions(scan))
            scan.cache[self] = [hit for hit in self.mentions(scan) if not is_inside(proximity.trimmed(scan.text, hit))]
        return clipped(scan.cache[self], scope or (0, scan.content_end))

    def mentions(self, scan: Scan) -> Sequence[Hit]:
        """Return the places of its names anywhere, inside exceptions too."""
        return [hit for member in self.members for hit in member.hits(scan, scan.everywhere) or ()]

    def exceptions(self, scan: Scan) -> Sequence[Hit]:
        """Return the places of its exceptions, without the blanks at their edges."""
        found = (hit for part in self.barred for hit in part.hits(scan, scan.everywhere) or ())
        return [proximity.trimmed(scan.text, hit) for hit in found]

    def required(self, rarity: Sequence[int]) -> frozenset[int]:
        """Return what any of its names requires."""
        return any_of(self.members, rarity)


class Fact(Part):
    """A term of ``source:``, ``lang:``, ``country:`` or ``tier:``."""

    __slots__ = ("field", "regex")

    def __init__(self, source: Phrase | Regex, field: Scope) -> None:
        super().__init__(source)
        self.field = field
        self.regex = compile_regex(source.pattern) if isinstance(source, Regex) else None

    def hits(self, scan: Scan, scope: Range | None = None) -> Sequence[Hit] | None:
        """Return no hit, or None when the story is not so."""
        del scope
        regex = self.regex
        if regex is not None:
            holds = any(regex.search(value) for value in facts_of(scan.story, self.field))
        else:
            holds = isinstance(self.source, Phrase) and has_fact(scan.story, self.field, self.source.text)
        return () if holds else None

    def required(self, rarity: Sequence[int]) -> frozenset[int]:
        """Return nothing: no word of the story tells."""
        del rarity
        return NOTHING


def clipped(hits: Sequence[Hit], scope: Range) -> Sequence[Hit] | None:
    """Return the hits that start in a range, None when there are none."""
    low, high = scope
    return [hit for hit in hits if low <= hit[0] < high] or None


def any_of(parts: Sequence[Part], rarity: Sequence[int]) -> frozenset[int]:
    """Return what is required where one of the parts must hold."""
    groups = [part.required(rarity) for part in parts]
    return frozenset().union(*groups) if all(groups) else NOTHING


def _checked(scan: Scan, hit: Hit, checks: Sequence[Check]) -> Hit | None:
    passed: Hit | None = hit
    for check in checks:
        passed = check(scan, passed) if passed is not None else None
    return passed
