"""From trees and specs to parts that can be asked: every term gets its number, every name its meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.rules import evaluate, nodes, parts
from alerts.rules.checks import as_written, has_stems, like, stands_alone, stem_anchor
from alerts.rules.entities import aliases_of
from alerts.rules.fan import Fan
from alerts.rules.nodes import FACTS, And, AtLeast, Distinct, Name, Near, Not, Or, Phrase, Regex, Scoped, Together
from alerts.rules.parts import Checked, Found, Group, Part
from alerts.rules.regexes import literal_of
from alerts.rules.spec import AliasSpec, EntitySpec, ListSpec
from alerts.rules.terms import has_wildcard, needs_its_signs, patterns_of, wild_forms

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from alerts.rules.checks import Check
    from alerts.rules.nodes import Node, Scope
    from alerts.rules.spec import Text
    from alerts.rules.terms import Boundary

    Candidates = tuple[int, Sequence[Check]]  # a term to search for, and what its hits must pass


class Vocabulary:
    """Every term to search for: the patterns that stand for it, and how rare it is likely to be."""

    def __init__(self) -> None:
        self.patterns: dict[str, int] = {}  # and their numbers
        self.terms = Fan()  # by pattern
        self.rarity: list[int] = []  # by term: the length of its shortest pattern; the longer, the rarer
        self.has_labels = False  # whether a query asks for more than title and text

    def add(self, patterns: Iterable[str]) -> int:
        """Return the number of a new term that stands wherever one of the patterns does."""
        number = len(self.rarity)
        shortest = 1_000
        for pattern in patterns:
            known = self.patterns.get(pattern)
            if known is None:
                self.patterns[pattern] = self.terms.append(number)
            else:
                self.terms.add(known, number)
            shortest = min(shortest, len(pattern))
        self.rarity.append(shortest)
        return number

    def handed_over(self) -> tuple[list[str], Fan]:
        """Return all patterns in alphabetical order and the terms of each, and forget them: they take much room."""
        patterns = sorted(self.patterns)
        terms = self.terms.reordered(map(self.patterns.__getitem__, patterns))
        self.patterns, self.terms = {}, Fan()
        return patterns, terms


class Linker:
    """Makes parts of trees; the same term or name is made once."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        groups: Mapping[str, EntitySpec | ListSpec],
        queries: Mapping[str, Node],
        needs: Mapping[Text, Node],
    ) -> None:
        """``needs`` holds the trees of the aliases' queries; every name must be known, none may form a cycle."""
        self._vocabulary = vocabulary
        self._groups = groups
        self._queries = queries
        self._needs = needs
        self._made: dict[Hashable, Part] = {}

    def part(self, tree: Node, scope: Scope | None = None) -> Part:  # noqa: PLR0911  a kind of node, a line
        """Return what evaluates a tree; ``scope`` is the field it stands in."""
        match tree:
            case Phrase() | Regex() | Name():
                return self._term(tree, scope)
            case Scoped(field=field, part=part):
                self._vocabulary.has_labels |= field in nodes.LABELS
                return evaluate.InField(tree, self.part(part, field))
            case Not(part=part):
                return evaluate.Negation(tree, [self.part(part, scope)])
            case And(parts=some):
                return evaluate.All(tree, [self.part(part, scope) for part in some])
            case Or(parts=some):
                return evaluate.AnyOf(tree, [self.part(part, scope) for part in some])
            case Near(left=left, right=right):
                return evaluate.Nearby(tree, self.part(left, scope), self.part(right, scope))
            case Together(left=left, right=right):
                return evaluate.Shared(tree, self.part(left, scope), self.part(right, scope))
            case AtLeast(part=part):
                return evaluate.Often(tree, self.part(part, scope))
            case Distinct(part=part):
                return evaluate.Several(tree, self._members(part, scope))

    def _term(self, term: nodes.Term, scope: Scope | None) -> Part:
        if scope is not None and scope in FACTS:
            return self._fact(term, scope)
        if isinstance(term, Name) and term.name in self._queries:
            key: Hashable = (term.name, scope)
        else:
            key = term
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
        return self._searched(phrase, self._loose(phrase.text, plural=True, boundary="auto"))

    def _group(self, source: Name, spec: EntitySpec | ListSpec) -> Part:
        aliases = aliases_of(spec)
        plain = [alias for _, alias in aliases if _is_plain(alias)]
        patterns = dict.fromkeys(pattern for alias in plain for pattern in _patterns(alias))
        members: list[Part] = [Found(source, self._vocabulary.add(patterns))] if plain else []
        members += [self._alias(alias, language) for language, alias in aliases if not _is_plain(alias)]
        barred = spec.except_ if isinstance(spec, EntitySpec) else ()
        if len(members) == 1 and plain and not barred:
            return members[0]
        return Group(source, members, [self._phrase(Phrase(text=exception.value)) for exception in barred])

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
            return Found(source, found[0][0])
        return Checked(source, found)


def _is_plain(alias: AliasSpec) -> bool:
    """Say whether the fold of an alias says all."""
    simple = alias.case == "any" and alias.forms != "stem" and alias.boundary != "word" and not alias.lang_only
    text = alias.text.value
    return simple and alias.needs is None and not has_wildcard(text) and not needs_its_signs(text)


def _patterns(alias: AliasSpec) -> Sequence[str]:
    return patterns_of(alias.text.value, plural=alias.forms == "plural", boundary=alias.boundary)
