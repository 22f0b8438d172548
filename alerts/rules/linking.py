"""From trees and specs to parts that can be asked: every term gets its number, every name its meaning."""

from __future__ import annotations

from array import array
from collections import defaultdict
from itertools import chain, count
from typing import TYPE_CHECKING

from alerts.rules import evaluate, nodes, parts
from alerts.rules.checks import as_written, has_stems, like, stands_alone, stem_anchor
from alerts.rules.entities import aliases_of
from alerts.rules.fan import Fan
from alerts.rules.nodes import (
    FACTS,
    And,
    AtLeast,
    Distinct,
    Listed,
    Name,
    Near,
    Not,
    Or,
    Phrase,
    Regex,
    Scoped,
    Together,
)
from alerts.rules.parts import Checked, Found, FoundAny, Group, Part
from alerts.rules.regexes import literal_of
from alerts.rules.spec import AliasSpec, EntitySpec, ListSpec
from alerts.rules.terms import has_wildcard, is_plain, needs_its_signs, patterns_of, patterns_of_plain, wild_forms

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence

    from alerts.rules.checks import Check
    from alerts.rules.nodes import Node, Scope
    from alerts.rules.spec import Text
    from alerts.rules.terms import Boundary

    Candidates = tuple[int, Sequence[Check]]  # a term to search for, and what its hits must pass

_NO_TERMS: Mapping[str, int] = {}
_UNFINDABLE = 1_000  # the length that the pattern of a term without any has
_AT_ONCE = 1_000  # terms whose patterns are worked out together
# A pattern that no folded text holds. The automaton moves its states that match before those that do not; without
# a long run of the latter to swap with, 50,000 patterns like " abc1", " abc12", … take quadratic time for it.
_NOWHERE = "\0" * 1_000


class Vocabulary:
    """Every term to search for: the patterns that stand for it, and how rare it is likely to be."""

    def __init__(self, plain: Mapping[str, int] = _NO_TERMS) -> None:
        """``plain`` are the numbers of plain terms that another vocabulary holds."""
        self.has_labels = False  # whether a query asks for more than title and text
        self.rarity: Sequence[int] = ()  # by term, once they are handed over; see there
        self._patterns: list[str] = []  # some twice, for different terms
        self._owners = array("i")  # the term of each
        self._new = count().__next__
        self._plain = defaultdict[str, int](self._new, plain)  # plain terms, whose patterns are not there yet

    def add(self, patterns: Collection[str]) -> int:
        """Return the number of a new term that stands wherever one of the patterns does."""
        number = self._new()
        self._patterns += patterns
        self._owners.extend([number] * len(patterns))
        return number

    def plain(self, texts: Iterable[str]) -> tuple[int, ...]:
        """Return the numbers of plain terms; their patterns are worked out later, many at once."""
        return tuple(map(self._plain.__getitem__, texts))

    def _enter_plain(self) -> None:
        numbers, self._plain = self._plain, defaultdict(self._new)
        texts = sorted(numbers, key=str.isascii)  # those that are fold much faster among themselves
        for start in range(0, len(texts), _AT_ONCE):
            some = texts[start : start + _AT_ONCE]
            found = patterns_of_plain(some)
            self._patterns += chain.from_iterable(found)
            owners = map(numbers.__getitem__, some)
            self._owners.extend([owner for owner, patterns in zip(owners, found, strict=True) for _ in patterns])

    def handed_over(self) -> tuple[Iterator[str], Fan]:
        """Return all patterns in alphabetical order and the terms of each, and forget them: they take much room."""
        self._enter_plain()
        self.rarity = self._rarities()
        patterns, owners = self._patterns, self._owners
        self._patterns, self._owners = [], array("i")
        order = sorted(range(len(patterns)), key=patterns.__getitem__)
        different, numbers = [_NOWHERE], array("i")
        for pattern in map(patterns.__getitem__, order):
            if pattern != different[-1]:
                different.append(pattern)
            numbers.append(len(different) - 1)
        terms = Fan(len(different)).fill(numbers, map(owners.__getitem__, order)).sealed()
        different.reverse()
        return (different.pop() for _ in range(len(different))), terms

    def _rarities(self) -> Sequence[int]:
        """Return the length of the shortest pattern of each term: the longer, the rarer."""
        rarity = array("i", [_UNFINDABLE]) * self._new()
        for number, length in zip(self._owners, map(len, self._patterns), strict=True):
            rarity[number] = min(rarity[number], length)
        return rarity


class Linker:
    """Makes parts of trees; the same term or name is made once."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        groups: Mapping[str, EntitySpec | ListSpec],
        queries: Mapping[str, Node],
        needs: Mapping[Text, Node],
        common: Mapping[str, Sequence[str]],
    ) -> None:
        """``needs`` holds the trees of the aliases' queries, ``common`` the names of groups that have plain ones only.

        Every name must be known, none may form a cycle.
        """
        self._vocabulary = vocabulary
        self._common = common
        self._groups = groups
        self._queries = queries
        self._needs = needs
        self._made: dict[Hashable, Part] = {}

    def part(self, tree: Node, scope: Scope | None = None) -> Part:  # noqa: PLR0911  a kind of node, a line
        """Return what evaluates a tree; ``scope`` is the field it stands in."""
        match tree:  # the commonest first
            case Or():
                return self._either(tree, scope)
            case Phrase() | Regex() | Name():
                return self._term(tree, scope)
            case And(parts=some):
                return evaluate.All(tree, [self.part(part, scope) for part in some])
            case Near(left=left, right=right):
                return evaluate.Nearby(tree, self.part(left, scope), self.part(right, scope))
            case Scoped(field=field, part=part):
                self._vocabulary.has_labels |= field in nodes.LABELS
                return evaluate.InField(tree, self.part(part, field))
            case Not(part=part):
                return evaluate.Negation(tree, [self.part(part, scope)])
            case Together(left=left, right=right):
                return evaluate.Shared(tree, self.part(left, scope), self.part(right, scope))
            case AtLeast(part=part):
                return evaluate.Often(tree, self.part(part, scope))
            case Distinct(part=part):
                return evaluate.Several(tree, self._members(part, scope))

    def _either(self, tree: Or, scope: Scope | None) -> Part:
        if isinstance(tree, Listed) and scope not in FACTS:
            return FoundAny(tree, self._vocabulary.plain(tree.texts))
        return evaluate.AnyOf(tree, [self.part(part, scope) for part in tree.parts])

    def _term(self, term: nodes.Term, scope: Scope | None) -> Part:
        if scope is not None and scope in FACTS:
            return self._fact(term, scope)
        if isinstance(term, Name) and term.name in self._queries:
            key: Hashable = (term.name, scope)
        else:
            key = term.name if isinstance(term, Name) else term  # a text is hashed once, a node each time
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self._new(term, scope)
        return made

    def _new(self, term: nodes.Term, scope: Scope | None) -> Part:
        match term:
            case Phrase():
                return self._phrase(term)
            case Regex(pattern=pattern):
                literal = literal_of(pattern)
                return parts.Pattern(term, None if literal is None else self._vocabulary.add([literal]))
            case Name(name=name) if name in self._queries:
                return self.part(nodes.negations_inward(self._queries[name]), scope)
            case Name(name=name) if common := self._common.get(name):
                return Found(term, dict.fromkeys(self._vocabulary.plain(common)))
            case Name(name=name):
                return self._group(term, self._groups[name])

    def _fact(self, term: nodes.Term, field: Scope) -> Part:
        if not isinstance(term, Name):
            return parts.Fact(term, field)
        values = [alias.text.value for _, alias in aliases_of(self._groups[term.name])]
        return evaluate.AnyOf(term, [parts.Fact(Phrase(text=value), field) for value in values])

    def _members(self, tree: Node, scope: Scope | None) -> list[Part]:
        """Return what DISTINCT counts: the parts of an OR group, the terms of a list."""
        if isinstance(tree, Name) and tree.name in self._queries:
            return self._members(self._queries[tree.name], scope)
        members: list[Part] = []
        for part in dict.fromkeys(tree.parts) if isinstance(tree, Or) else (tree,):  # what is written twice is one
            if isinstance(part, Name) and isinstance(spec := self._groups.get(part.name), ListSpec):
                members += [self._listed(part.name, number, alias) for number, alias in enumerate(spec.terms)]
            else:
                members.append(self.part(part, scope))
        return list(dict.fromkeys(members))

    def _listed(self, name: str, number: int, alias: AliasSpec) -> Part:
        """Return one term of a list; a plain one is the same as the phrase in a query."""
        if alias == AliasSpec(text=alias.text):
            return self._term(Phrase(text=alias.text.value), None)
        made = self._made.get((name, number))
        if made is None:
            made = self._made[name, number] = self._alias(alias, "")
        return made

    def _phrase(self, phrase: Phrase) -> Part:
        if phrase.exact:
            return self._searched(phrase, self._exact(phrase.text, plural=False, boundary="auto"))
        if is_plain(phrase.text):
            return Found(phrase, self._vocabulary.plain((phrase.text,)))
        return self._searched(phrase, self._loose(phrase.text, plural=True, boundary="auto"))

    def _group(self, source: Name, spec: EntitySpec | ListSpec) -> Part:
        plain: list[int] = []
        others: list[tuple[str, AliasSpec]] = []
        for language, alias in aliases_of(spec):
            if _is_plain(alias):
                plain.append(self._name(alias))
            else:
                others.append((language, alias))
        members: list[Part] = [Found(source, dict.fromkeys(plain))] if plain else []
        members += [self._alias(alias, language) for language, alias in others]
        barred = spec.except_ if isinstance(spec, EntitySpec) else ()
        if plain and not others and not barred:
            return members[0]
        return Group(source, members, [self._phrase(Phrase(text=exception.value)) for exception in barred])

    def _name(self, alias: AliasSpec) -> int:
        """Return the number of an alias whose fold says all."""
        text = alias.text.value
        if alias.forms == "plural" and alias.boundary == "auto" and is_plain(text):
            return self._vocabulary.plain([text])[0]
        return self._vocabulary.add(patterns_of(text, plural=alias.forms == "plural", boundary=alias.boundary))

    def _alias(self, alias: AliasSpec, language: str) -> Part:
        text, plural, boundary = alias.text.value, alias.forms == "plural", alias.boundary
        found: list[Candidates]
        if alias.forms == "stem":
            found = [(self._vocabulary.add([stem_anchor(text, language)]), [has_stems(text, language)])]
        elif alias.case == "exact":
            found = self._exact(text, plural=plural, boundary=boundary)
        else:
            found = self._loose(text, plural=plural, boundary=boundary)
        if boundary == "word":
            found = [(number, [*checks, stands_alone]) for number, checks in found]
        part = self._searched(Phrase(text=text, exact=alias.case == "exact"), found)
        needs = None if alias.needs is None else self.part(nodes.negations_inward(self._needs[alias.needs]))
        if needs is None and not alias.lang_only:
            return part
        return parts.Guarded(part, needs, alias, language if alias.lang_only else None)

    def _exact(self, text: str, *, plural: bool, boundary: Boundary) -> list[Candidates]:
        patterns = patterns_of(text, plural=plural, joined=False, boundary=boundary)
        return [(self._vocabulary.add(patterns), [as_written(text, exact=True, plural=plural)])]

    def _loose(self, text: str, *, plural: bool, boundary: Boundary) -> list[Candidates]:
        if has_wildcard(text):
            forms = wild_forms(text, plural=plural)
            return [(self._vocabulary.add([anchor]), [like(expression)]) for anchor, expression in forms]
        term = self._vocabulary.add(patterns_of(text, plural=plural, boundary=boundary))
        return [(term, [as_written(text, exact=False, plural=plural)] if needs_its_signs(text) else [])]

    def _searched(self, source: Node, found: Sequence[Candidates]) -> Part:
        if len(found) == 1 and not found[0][1]:
            return Found(source, [found[0][0]])
        return Checked(source, found)


def _is_plain(alias: AliasSpec) -> bool:
    """Say whether the fold of an alias says all."""
    simple = alias.case == "any" and alias.forms != "stem" and alias.boundary != "word" and not alias.lang_only
    text = alias.text.value
    if not simple or alias.needs is not None:
        return False
    return is_plain(text) or not (has_wildcard(text) or needs_its_signs(text))
