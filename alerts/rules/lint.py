"""What is allowed in rules and names but seldom meant: every warning that needs no story."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.language_codes import canonical
from alerts.rules.doubts import (
    BROAD_BEGINNING,
    breadth,
    double_members,
    doubts_of_phrase,
    hidden_signs,
    is_weak,
    syntax_in,
    warning,
    weak,
)
from alerts.rules.entities import aliases_of
from alerts.rules.fold import is_latin, is_one_by_one
from alerts.rules.nodes import And, Not, Or, Phrase, Scope, Scoped, children, terms_of
from alerts.rules.overlaps import overlaps
from alerts.rules.spec import EntitySpec, ListSpec
from alerts.rules.terms import LONGEST, has_wildcard, tokens_of
from alerts.rules.watched import strangers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alerts.errors import Problem
    from alerts.rules.names import Names
    from alerts.rules.nodes import Node
    from alerts.rules.spec import AliasSpec, RuleSpec, Specs, Text
    from alerts.rules.watched import Watched

MOST_RULES = 10_000

_SHORT = 4  # letters of an upper-case name that is likely to be a word as well
_ONE_OF = frozenset({Scope.LANG, Scope.COUNTRY})  # facts of which a story has one


def lint(specs: Specs, names: Names, trees: Sequence[tuple[RuleSpec, Node]], watched: Watched) -> Iterator[Problem]:
    """Yield every warning about the user's own names, and about the rules in ``trees``, which have no errors.

    More than MOST_RULES were written by a program, and nobody would read what is to be said of them.
    """
    groups: tuple[EntitySpec | ListSpec, ...] = (*specs.entities, *specs.lists)
    own = [spec for spec in groups if spec.pack is None and names.groups.get(spec.id.value) is spec]
    for spec in own:
        yield from _doubts_of_names(spec)
        yield from _doubles(spec)
    yield from _shared_aliases([spec for spec in own if isinstance(spec, EntitySpec)])
    yield from _unused(specs, names)
    if len(trees) > MOST_RULES:
        return
    for rule, tree in trees:
        yield from doubts_of_query(tree, rule.when)
        yield from strangers(tree, rule.when, names, watched)
        for step in rule.raise_:
            yield from _never_raised(rule, step.to, step.when)
            if condition := names.read(step.when)[0].tree:
                yield from strangers(condition, step.when, names, watched)
    for query in specs.queries:
        if query.pack is None and query.id.value in names.queries:
            tree = names.queries[query.id.value]
            yield from doubts_of_query(tree, query.when)
            yield from strangers(tree, query.when, names, watched)
    yield from overlaps(trees)


def doubts_of_query(tree: Node, query: Text) -> Iterator[Problem]:
    """Yield warnings about a query: its terms, and its clauses that can never hold."""
    for term in _searched_terms(tree):
        yield from doubts_of_phrase(term, query)
    yield from hidden_signs(query)
    yield from double_members(tree, query)
    yield from _sections(tree, query)
    yield from _contradictions(tree, query)
    yield from _repetitions(tree, query)


def _sections(tree: Node, query: Text) -> Iterator[Problem]:
    """Yield a warning for each term that is looked for in a section: only pages name one, and not all of them."""
    if isinstance(tree, Scoped) and tree.field is Scope.SECTION:
        for term in terms_of(tree):
            message = "section: is known only once a story's page was read and names one; till then it never holds"
            yield warning(query, term.offset, message, "`fulltext: always` reads every page; tag: needs none")
    for part in children(tree):
        yield from _sections(part, query)


def _searched_terms(tree: Node) -> Iterator[Phrase]:
    """Yield the phrases that are searched for in texts."""
    if isinstance(tree, Phrase):
        yield tree
    if not isinstance(tree, Scoped) or tree.field in {Scope.TITLE, Scope.LEAD, Scope.HLEAD, Scope.BODY}:
        for part in children(tree):
            yield from _searched_terms(part)


def _doubts_of_names(spec: EntitySpec | ListSpec) -> Iterator[Problem]:
    for _, alias in aliases_of(spec):
        yield from _doubts_of_alias(alias, spec)
    for exception in spec.except_ if isinstance(spec, EntitySpec) else ():
        if found := syntax_in(exception.value):
            yield warning(exception, 0, *found)


def _doubts_of_alias(alias: AliasSpec, spec: EntitySpec | ListSpec) -> Iterator[Problem]:
    text = alias.text.value
    if found := syntax_in(text):
        yield warning(alias.text, 0, *found)
        return
    yield from hidden_signs(alias.text)
    if len(text) > LONGEST or alias.needs is not None:
        return
    tokens = tokens_of(text)
    if alias.case == "exact" or not tokens:
        return
    if is_weak(text):
        hint = f'write {{text: "{text}", case: exact}}, or ="{text}" in a query'
        yield warning(alias.text, 0, weak(text), hint)
    elif text[0] == "." and text[1:2].isalnum():
        hint = f'write {{text: "{text}", case: exact}}, or ="{text}" in a query'
        yield warning(
            alias.text, 0, f'"{text}" also finds "{text[1:]}": a full stop before a word is not asked for', hint
        )
    elif len(tokens) == 1 and len(text) <= _SHORT and text.isupper() and text.isalpha():
        message = f'"{text}" also finds the lower-case word "{tokens[0]}"'
        hint = f"write {{text: {text}, case: exact}}, or say with needs: what must stand nearby"
        yield warning(alias.text, 0, message, hint)
    elif _is_lone_ideograph(tokens) and alias.boundary != "word" and not _has_exception(spec, text):
        message = f'"{text}" is a single character, and is found inside every word that holds it'
        yield warning(alias.text, 0, message, "list such words under except:, or say needs: or boundary: word")
    elif alias.boundary == "none" and len(tokens[0]) <= BROAD_BEGINNING and is_latin(tokens[0]):
        message = f'"{text}" is found inside very many words'
        yield warning(alias.text, 0, message, "leave out boundary: none, or use a longer name")
    elif broad := breadth(text):
        yield warning(
            alias.text, 0, f'"{text}" {broad}', "use a longer name, or say with needs: what must stand nearby"
        )


def _is_lone_ideograph(tokens: Sequence[str]) -> bool:
    return len(tokens) == 1 and is_one_by_one(tokens[0])


def _has_exception(spec: EntitySpec | ListSpec, text: str) -> bool:
    return isinstance(spec, EntitySpec) and any(text in exception.value for exception in spec.except_)


def _doubles(spec: EntitySpec | ListSpec) -> Iterator[Problem]:
    """Report aliases that fold to an earlier one of the same language."""
    first: dict[tuple[object, ...], Text] = {}
    for language, alias in aliases_of(spec):
        text = alias.text
        key = language, *tokens_of(text.value[:LONGEST]), has_wildcard(text.value), alias.case, alias.forms, alias.needs
        earlier = first.setdefault(key, text)
        if earlier is not text:
            message = f'"{text.value}" finds the same as "{earlier.value}"'
            yield warning(text, 0, message, "remove one: case, accents and hyphens do not count")


def _shared_aliases(specs: Sequence[EntitySpec]) -> Iterator[Problem]:
    owners: dict[tuple[str, ...], str] = {}
    for spec in specs:
        for _, alias in aliases_of(spec):
            tokens = tokens_of(alias.text.value[:LONGEST])
            owner = owners.setdefault(tokens, spec.id.value)
            if tokens and owner != spec.id.value and alias.needs is None:
                message = f'the alias "{alias.text.value}" also belongs to ${owner}'
                yield warning(alias.text, 0, message, "a story with it counts for both entities")


def _unused(specs: Specs, names: Names) -> Iterator[Problem]:
    used = names.used
    everything = [("entity", spec.id, spec.pack) for spec in specs.entities]
    everything += [("list", spec.id, spec.pack) for spec in specs.lists]
    everything += [("query", spec.id, spec.pack) for spec in specs.queries]
    for kind, name, pack in everything:
        if pack is None and name.value not in used:
            hint = f"write ${name.value} in a rule, or remove it"
            yield warning(name, 0, f"no rule uses the {kind} {name.value}", hint)


def _contradictions(tree: Node, query: Text) -> Iterator[Problem]:
    """Report clauses that can never hold: a AND NOT a, lang:en AND lang:fr."""
    if isinstance(tree, And):
        denied = {part.part for part in tree.parts if isinstance(part, Not)}
        for part in tree.parts:
            if part in denied:
                message = "this can never hold: it asks for the same thing and for its absence"
                yield warning(query, _offset(part), message, "take one of them out")
        for field in _ONE_OF:
            asked = [(part, values) for part in tree.parts if (values := _values(part, field))]
            if len(asked) > 1 and not frozenset.intersection(*(values for _, values in asked)):
                message = f"this can never hold: a story has one {field}"
                yield warning(query, _offset(asked[1][0]), message, f"write {field}:(a OR b) for either")
    for part in children(tree):
        yield from _contradictions(part, query)


def _repetitions(tree: Node, query: Text) -> Iterator[Problem]:
    """Report terms of an OR group that fold to an earlier one."""
    if isinstance(tree, Or):
        first: dict[tuple[object, ...], Phrase] = {}
        for part in tree.parts:
            if not isinstance(part, Phrase):
                continue
            key = part.exact and part.text, has_wildcard(part.text), tokens_of(part.text)
            earlier = first.setdefault(key, part)
            if earlier is not part:
                message = f'"{part.text}" finds the same as "{earlier.text}"'
                yield warning(query, part.offset, message, "remove one: case, accents and hyphens do not count")
    for part in children(tree):
        yield from _repetitions(part, query)


def _never_raised(rule: RuleSpec, to: object, when: Text) -> Iterator[Problem]:
    if isinstance(to, int) and to <= rule.severity:
        message = f"this raises nothing: the rule's severity is {rule.severity.label} already"
        yield warning(when, 0, message, "raise to a higher severity, or lower the rule's own")


def _values(part: Node, field: Scope) -> frozenset[str]:
    """Return the plain values that a part asks of a field; none when it asks for something else."""
    if not isinstance(part, Scoped) or part.field is not field:
        return frozenset()
    group = part.part.parts if isinstance(part.part, Or) else (part.part,)
    if not all(isinstance(value, Phrase) for value in group):
        return frozenset()
    return frozenset(one for value in group if isinstance(value, Phrase) for one in _meant(value.text.lower(), field))


def _meant(value: str, field: Scope) -> Sequence[str]:
    """Return the values that a term is met by."""
    if field is Scope.LANG:
        value = canonical(value) or value
    return ("zh", "zh-hans", "zh-hant") if value == "zh" else (value,)


def _offset(tree: Node) -> int:
    return next((term.offset for term in terms_of(tree)), 0)
