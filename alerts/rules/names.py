"""What the names in queries stand for, and whether they can: known, of the right kind, in no circle."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING

from alerts.errors import Level
from alerts.rules.entities import aliases_of, common_names, faults_of_entity, faults_of_list, faults_of_name
from alerts.rules.facts import fault_of_fact
from alerts.rules.nodes import (
    FACTS,
    AtLeast,
    Distinct,
    Name,
    Near,
    Or,
    Phrase,
    Scoped,
    Together,
    children,
    has_places,
    terms_of,
)
from alerts.rules.query import Reading, read_query
from alerts.rules.shapes import Shapes
from alerts.rules.spec import EntitySpec, ListSpec, QuerySpec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from alerts.errors import Problem
    from alerts.rules.nodes import Node, Scope
    from alerts.rules.shapes import Shape
    from alerts.rules.spec import Specs, Text

    Named = EntitySpec | ListSpec | QuerySpec

_KINDS: dict[type, str] = {EntitySpec: "entities", ListSpec: "lists", QuerySpec: "queries"}
_MOST_PARTS = 20_000  # of a query whose names are written out: names of names of names grow fast
_DEEPEST = 150
_MOST_GUESSES = 20  # at what unknown names may mean: each compares with every name there is
_LONG_CIRCLE = 8  # names
_COUNTED = (Near, Together, AtLeast)


class Names:
    """Every entity, list and saved query, read and checked; those with errors are known but not sound."""

    def __init__(self, specs: Specs) -> None:
        self.problems: list[Problem] = []
        self._specs: dict[str, Named] = {}
        self._texts: dict[str, Sequence[Text]] = {}  # the queries that each name stands on
        self._readings: dict[Text, Reading] = {}
        self.common: dict[str, list[str]] = {}  # what is to be searched for of each name that ``common_names`` knows
        self._sizes: dict[str, tuple[int, int]] = {}  # parts and depth of each sound name
        self._used: set[str] = set()
        self._guesses = 0
        self._shapes = Shapes()
        faulty: set[str] = set()
        everything: tuple[Named, ...] = (*specs.entities, *specs.lists, *specs.queries)
        for spec in everything:
            if self._has_fault(spec):
                faulty.add(spec.id.value)
        faulty |= {name for name, spec in self._specs.items() if not self._reads(spec)}
        self._settle(faulty)

    @property
    def known(self) -> Mapping[str, Named]:
        """Everything that has a name, sound or not."""
        return self._specs

    @cached_property
    def groups(self) -> Mapping[str, EntitySpec | ListSpec]:
        """The sound entities and lists by name."""
        sound = ((name, self._specs[name]) for name in self._sizes)
        return {name: spec for name, spec in sound if not isinstance(spec, QuerySpec)}

    @cached_property
    def queries(self) -> Mapping[str, Node]:
        """The trees of the sound saved queries by name."""
        sound = ((name, self._specs[name]) for name in self._sizes)
        return {name: self._tree(spec.when) for name, spec in sound if isinstance(spec, QuerySpec)}

    @cached_property
    def needs(self) -> Mapping[Text, Node]:
        """The trees of what aliases need."""
        return {text: reading.tree for text, reading in self._readings.items() if reading.tree}

    @property
    def used(self) -> frozenset[str]:
        """Every name that a query read so far stands on."""
        used, waiting = set[str](), [name for name in self._used if name in self._specs]
        while waiting:
            name = waiting.pop()
            used.add(name)
            waiting += [named.name for named in self.names_of(name) if named.name in self._specs.keys() - used]
        return frozenset(used)

    def names_of(self, name: str) -> Iterator[Name]:
        """Yield every $name that stands in what a name means."""
        for text in self._texts[name]:
            yield from self._readings[text].names

    def read(self, query: Text) -> tuple[Reading, Sequence[Problem]]:
        """Read a query; it has no tree when it, or a name in it, has errors."""
        reading = self._shapes.read(query)
        tree = reading.tree
        if isinstance(tree, Name) and tree.name in self._sizes:
            self._used.add(tree.name)
            return reading, ()
        if not reading.names and not reading.has_fields:
            return reading, reading.problems
        self._used.update(name.name for name in reading.names)
        problems = [*reading.problems, *self._unknown(reading, query)]
        sound = all(name.name in self._sizes for name in reading.names)
        if tree and sound:
            problems += [*self._misused(tree, query), *self._too_large(tree, query)]
        if sound and all(problem.level is not Level.ERROR for problem in problems):
            return reading, problems
        return reading._replace(tree=None), problems

    def flat(self, query: Text) -> tuple[Shape, list[list[str]]] | None:
        """Return what ``Shapes.flat`` does; such a query has no problems."""
        return self._shapes.flat(query)

    def _has_fault(self, spec: Named) -> bool:
        """Note what is wrong with a name in itself; the second of two with one name is set aside."""
        name, first = spec.id.value, self._specs.setdefault(spec.id.value, spec)
        faults = [*faults_of_name(spec.id)]
        if first is not spec:
            kind = _KINDS[type(spec)] if type(first) is type(spec) else "names"
            faults.append(spec.id.problem(0, f"there are two {kind} called {name}", f"the first is at {first.id.at()}"))
        if not isinstance(spec, QuerySpec):
            common = common_names(spec)
            if not common:  # there is something to look at
                faults += faults_of_entity(spec) if isinstance(spec, EntitySpec) else faults_of_list(spec)
            elif first is spec:
                self.common[name] = common
        self.problems += faults
        return bool(faults) and first is spec

    def _reads(self, spec: Named) -> bool:
        """Read the queries of a name, note what is wrong with them, and say whether they can be used."""
        texts = self._texts[spec.id.value] = () if spec.id.value in self.common else _texts(spec)
        for text in texts:
            reading = self._readings[text] = read_query(text, may_deny=not isinstance(spec, QuerySpec))
            self.problems += [*reading.problems, *self._unknown(reading, text)]
        return all(
            self._readings[text].tree and all(name.name in self._specs for name in self._readings[text].names)
            for text in texts
        )

    def _settle(self, faulty: set[str]) -> None:
        """Find the names that can be used: those without faults that name only such."""
        state: dict[str, bool] = {}  # False: being looked at, True: done
        for root in self._specs:
            if not self._texts[root] and root not in faulty:  # most names: nothing is below them
                state[root] = True
                self._sizes[root] = 1, 1
                continue
            path = [root]
            while path:
                name = path[-1]
                if state.get(name):
                    path.pop()
                    continue
                state[name] = False
                below = [named.name for named in self.names_of(name) if named.name in self._specs]
                if any(state.get(other) is False for other in below):
                    self._report_circle(name, next(other for other in below if state.get(other) is False), path)
                    faulty.add(name)
                elif fresh := [other for other in below if other not in state]:
                    path.append(fresh[0])
                    continue
                state[name] = True
                if name not in faulty and all(other in self._sizes for other in below):
                    self._admit(name)

    def _report_circle(self, name: str, other: str, path: list[str]) -> None:
        parts = [f"${part}" for part in [*path[path.index(other) :], other]]
        if len(parts) > _LONG_CIRCLE:
            parts = [*parts[:3], f"({len(parts) - 5} more)", *parts[-2:]]
        circle = " → ".join(parts)
        text, named = next(
            (text, named) for text in self._texts[name] for named in self._readings[text].names if named.name == other
        )
        self.problems.append(text.problem(named.offset, f"the names form a circle: {circle}", "take one of them out"))

    def _admit(self, name: str) -> None:
        """Add a name to the sound ones, unless it misuses those or grows too large."""
        texts = self._texts[name]
        faults = [
            fault
            for text in texts
            for fault in (*self._misused(self._tree(text), text), *self._too_large(self._tree(text), text))
        ]
        self.problems += faults
        if not faults:
            sizes = [self._size(self._tree(text)) for text in texts]
            self._sizes[name] = 1 + sum(size for size, _ in sizes), 1 + max((depth for _, depth in sizes), default=0)

    def _tree(self, text: Text) -> Node:
        tree = self._readings[text].tree
        assert tree is not None  # noqa: S101  only sound names are asked
        return tree

    def _unknown(self, reading: Reading, query: Text) -> Iterator[Problem]:
        for name in reading.names:
            if name.name and name.name not in self._specs:
                self._guesses += 1
                near = get_close_matches(name.name, self._specs, n=1) if self._guesses <= _MOST_GUESSES else ()
                hint = f"did you mean ${near[0]}?" if near else "define it under entities:, lists: or queries:"
                yield query.problem(name.offset, f"no entity, list or query is called ${name.name}", hint)

    def _misused(
        self, tree: Node, query: Text, scope: Scope | None = None, *, counted: bool = False
    ) -> Iterator[Problem]:
        """Report names and values that cannot stand where they do."""
        match tree:
            case Name():
                yield from self._misused_name(tree, query, scope, counted=counted)
            case Phrase(text=value) if scope in FACTS and (fault := fault_of_fact(scope, value)):
                yield query.problem(tree.offset, *fault)
            case Distinct(part=part) if self._members(part) < tree.count:
                offset = next(terms_of(part)).offset
                message = f"DISTINCT/{tree.count} can never hold: there are fewer members"
                yield query.problem(offset, message, "an entity is one member, whatever its names; a list has many")
        for part in children(tree):
            field = tree.field if isinstance(tree, Scoped) else scope
            yield from self._misused(part, query, field, counted=counted or isinstance(tree, _COUNTED))

    def _misused_name(self, name: Name, query: Text, scope: Scope | None, *, counted: bool) -> Iterator[Problem]:
        spec = self._specs[name.name]
        if scope in FACTS and not isinstance(spec, ListSpec):
            hint = "name a list of such values, or write them out"
            yield query.problem(name.offset, f"${name.name} cannot stand in {scope}: it is no list", hint)
        elif scope in FACTS and isinstance(spec, ListSpec):
            for term in spec.terms:
                if fault := fault_of_fact(scope, term.text.value):
                    yield term.text.problem(0, *fault)
        elif isinstance(spec, QuerySpec) and scope is not None and self._has_field(self._tree(spec.when)):
            hint = "write them side by side: title:japan AND $name"
            yield query.problem(name.offset, f"${name.name} holds a field, and stands in {scope}:", hint)
        elif isinstance(spec, QuerySpec) and counted and not self._has_places(self._tree(spec.when)):
            hint = "only a query of terms, OR groups and proximities can stand beside NEAR, SENT or ATLEAST"
            yield query.problem(name.offset, f"${name.name} stands at no place of a text", hint)

    def _has_field(self, tree: Node) -> bool:
        match tree:
            case Scoped():
                return True
            case Name(name=name):
                spec = self._specs[name]
                return isinstance(spec, QuerySpec) and self._has_field(self._tree(spec.when))
            case _:
                return any(map(self._has_field, children(tree)))

    def _has_places(self, tree: Node) -> bool:
        named = (self._specs[term.name] for term in terms_of(tree) if isinstance(term, Name))
        queries = [spec for spec in named if isinstance(spec, QuerySpec)]
        return has_places(tree) and all(self._has_places(self._tree(spec.when)) for spec in queries)

    def _members(self, tree: Node) -> int:
        """Count what DISTINCT counts in a group."""
        if isinstance(tree, Name) and isinstance(spec := self._specs[tree.name], QuerySpec):
            return self._members(self._tree(spec.when))
        parts = set(tree.parts) if isinstance(tree, Or) else {tree}
        specs = [self._specs[part.name] if isinstance(part, Name) else None for part in parts]
        return sum(len(spec.terms) if isinstance(spec, ListSpec) else 1 for spec in specs)

    def _too_large(self, tree: Node, query: Text) -> Iterator[Problem]:
        size, depth = self._size(tree)
        if size > _MOST_PARTS or depth > _DEEPEST:
            message = f"with its names written out, the query has {size:,} parts, {depth} deep"
            yield query.problem(0, message, f"the limits are {_MOST_PARTS:,} and {_DEEPEST}; split it")

    def _size(self, tree: Node) -> tuple[int, int]:
        """Return the number of parts of a tree, and how deep they are, with its names written out."""
        if isinstance(tree, Name):
            return self._sizes[tree.name]
        sizes = [self._size(part) for part in children(tree)]
        return 1 + sum(size for size, _ in sizes), 1 + max((depth for _, depth in sizes), default=0)


def _texts(spec: Named) -> tuple[Text, ...]:
    if isinstance(spec, QuerySpec):
        return (spec.when,)
    return tuple([alias.needs for _, alias in aliases_of(spec) if alias.needs is not None])
