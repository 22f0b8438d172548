"""Rules, checked and compiled whole: what the rest of the program asks which rules hold for a story."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from alerts.errors import Level
from alerts.rules.facts import closed_gate
from alerts.rules.linking import Linker, Vocabulary
from alerts.rules.lint import MOST_RULES, lint
from alerts.rules.matcher import Matcher
from alerts.rules.names import Names
from alerts.rules.nodes import negations_inward
from alerts.rules.spec import OPEN, EntitySpec, ListSpec, OnlySpec, QuerySpec, RuleSpec, Specs
from alerts.rules.watched import Watched
from alerts.story import Match, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alerts.errors import Problem
    from alerts.rules.nodes import Node
    from alerts.rules.parts import Part
    from alerts.rules.query import Reading
    from alerts.rules.scan import Scan
    from alerts.rules.spec import AliasSpec, QuietSpec, StreamSpec, TestsSpec, Text
    from alerts.story import Story

NOBODY = Watched()


@dataclass(frozen=True, slots=True, kw_only=True)
class Raise:
    """A query that lifts a match to a higher severity."""

    to: Severity
    query: Node
    part: Part


class Rule(NamedTuple):
    """A rule that was checked."""

    id: str
    name: str
    when: Text  # the query as written
    query: Node
    part: Part  # what evaluates it
    severity: Severity
    raises: tuple[Raise, ...]
    only: OnlySpec
    to: tuple[str, ...]
    quiet: QuietSpec
    tags: tuple[str, ...]
    owner: str | None
    note: str | None
    enabled: bool  # one that is not never matches
    shadow: bool  # judged and counted, never sent
    stream: StreamSpec | None
    tests: TestsSpec


class RuleSet:
    """Rules as they were at one moment; immutable, and replaced whole."""

    def __init__(self, rules: Sequence[Rule], vocabulary: Vocabulary, revision: str) -> None:
        """``vocabulary`` must hold every term of the rules; see ``compile_rules``."""
        self._rules = tuple(rules)
        self._revision = revision
        self._active = tuple(rule for rule in rules if rule.enabled)
        self._matcher = Matcher([rule.part for rule in self._active], vocabulary)

    @classmethod
    def empty(cls) -> RuleSet:
        """Return the set without rules, which matches nothing."""
        return cls((), Vocabulary(), _revision(Specs()))

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule in the order of the file, disabled ones too."""
        return self._rules

    @property
    def revision(self) -> str:
        """A short name of what these rules were compiled from, the same wherever and whenever that is the same."""
        return self._revision

    def match(self, story: Story) -> tuple[Match, ...]:
        """Return a match for each rule that holds for a story, in the order of the file."""
        scan, found = self._matcher.find(story)
        active = self._active
        holding = [
            (rule, hits, severity_of(rule, scan) if rule.raises else rule.severity)
            for number, hits in found
            if passes_gates(rule := active[number], scan)
        ]
        scan.locate(hits for _, hits, _ in holding)
        return tuple(
            [
                Match(
                    rule=rule.id,
                    name=rule.name,
                    severity=severity,
                    spans=scan.spans(hits),
                    tags=rule.tags,
                    shadow=rule.shadow,
                )
                for rule, hits, severity in holding
            ]
        )

    def holding(self, story: Story) -> tuple[Rule, ...]:
        """Return the rules that hold for a story, without their words: several times faster than ``match``."""
        scan, found = self._matcher.find(story)
        rules = (self._active[number] for number, _ in found)
        return tuple(rule for rule in rules if passes_gates(rule, scan))

    def scan(self, story: Story) -> Scan:
        """Search a story for every term of the rules, for whoever wants to evaluate parts of them."""
        return self._matcher.scan(story)


def passes_gates(rule: Rule, scan: Scan) -> bool:
    """Say whether a story passes the gates of a rule."""
    return rule.only is OPEN or closed_gate(rule.only, scan.story, scan.words) is None


def severity_of(rule: Rule, scan: Scan) -> Severity:
    """Return how much a match matters: the highest severity that the story is raised to."""
    return max([rule.severity, *(step.to for step in rule.raises if step.part.hits(scan) is not None)])


def compile_rules(
    entities: Sequence[EntitySpec],
    rules: Sequence[RuleSpec],
    lists: Sequence[ListSpec] = (),
    queries: Sequence[QuerySpec] = (),
    watched: Watched = NOBODY,
) -> tuple[RuleSet, tuple[Problem, ...]]:
    """Check and compile what the user wrote, and report every problem, in the order of the file.

    ``watched`` says which sources are configured, so that a query for another one can be warned of.
    When one of the problems is an error, the rule set holds only what compiled, and is not to be used.
    """
    specs = Specs(entities=tuple(entities), lists=tuple(lists), queries=tuple(queries), rules=tuple(rules))
    with no_garbage_collection():  # nothing here forms a cycle, and looking for some takes several times as long
        return _compile(specs, watched)


def _compile(specs: Specs, watched: Watched) -> tuple[RuleSet, tuple[Problem, ...]]:
    rules, vocabulary, problems = _linked(specs, watched)
    return RuleSet(rules, vocabulary, _revision(specs)), tuple(sorted(problems, key=attrgetter("place")))


def _linked(specs: Specs, watched: Watched) -> tuple[list[Rule], Vocabulary, list[Problem]]:
    """Return the rules that have no errors, every term of theirs, and every problem."""
    names = Names(specs)
    problems = list(names.problems)
    vocabulary = Vocabulary()
    linker = Linker(vocabulary, names.groups, names.queries, names.needs)
    compiled: list[Rule] = []
    sound: list[tuple[RuleSpec, Node]] = []
    first: dict[str, Text] = {}
    for spec in specs.rules:
        faults = [*_faults_of_id(spec, first)]
        readings: list[Reading] = []
        for query in (spec.when, *(step.when for step in spec.raise_)):
            reading, found = names.read(query)
            readings.append(reading)
            faults += found
        problems += faults
        if all(reading.tree for reading in readings) and all(fault.level is not Level.ERROR for fault in faults):
            trees = [reading.tree for reading in readings if reading.tree]
            sound.append((spec, trees[0]))
            compiled.append(_rule(spec, trees, linker))
    if len(sound) <= MOST_RULES:  # more were written by a program, and nobody would read what is to be said of them
        problems += lint(specs, names, sound, watched)
    return compiled, vocabulary, problems


def _rule(spec: RuleSpec, trees: Sequence[Node], linker: Linker) -> Rule:
    when, *raises = trees
    return Rule(
        id=spec.id.value,
        name=spec.name,
        when=spec.when,
        query=when,
        part=linker.part(negations_inward(when)),
        severity=spec.severity,
        raises=tuple(
            [
                Raise(to=step.to, query=tree, part=linker.part(negations_inward(tree)))
                for step, tree in zip(spec.raise_, raises, strict=True)
            ]
        ),
        only=OPEN if spec.only is OPEN or spec.only == OPEN else spec.only,
        to=spec.to,
        quiet=spec.quiet,
        tags=spec.tags,
        owner=spec.owner,
        note=spec.note,
        enabled=spec.enabled,
        shadow=spec.shadow,
        stream=spec.stream,
        tests=spec.tests,
    )


def _faults_of_id(spec: RuleSpec, first: dict[str, Text]) -> Iterator[Problem]:
    name = spec.id.value
    if not name.strip():
        yield spec.id.problem(0, "the rule's id is empty", "give it a short name, such as rare-earths")
    elif first.setdefault(name, spec.id) is not spec.id:
        yield spec.id.problem(0, f"there are two rules called {name}", f"the first is at {first[name].at()}")


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Build much that stays and forms no cycle, without looking for cycles meanwhile."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _revision(specs: Specs) -> str:
    """Hash everything that decides what matches and how, but not where it stands or how it is tested."""
    digest = blake2b(digest_size=6)
    written = _Written()
    for kind in (specs.entities, specs.lists, specs.queries, specs.rules):
        digest.update(b"\0")
        for spec in kind:
            digest.update(_content(spec, written).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


class _Written(dict[int, str]):
    """The ``repr`` of objects that many specs share, by their ids: all of them live as long as the specs."""

    def of(self, shared: object) -> str:
        """Return the ``repr`` of an object."""
        known = self.get(id(shared))
        if known is None:
            known = self[id(shared)] = repr(shared)
        return known


def _content(spec: EntitySpec | ListSpec | QuerySpec | RuleSpec, written: _Written) -> str:
    match spec:
        case RuleSpec():
            only, quiet, severity = map(written.of, (spec.only, spec.quiet, spec.severity))
            conditions = f"({only}, {quiet}, {spec.stream!r}, {spec.shadow}, {spec.enabled})"
            raises = [(step.to, step.when.value) for step in spec.raise_]
            about = spec.name, spec.to, spec.tags, spec.owner, spec.note
            return f"({spec.id.value!r}, {spec.when.value!r}, {severity}, {raises}, {conditions}, {about})"
        case QuerySpec():
            return repr((spec.id.value, spec.when.value))
        case ListSpec():
            return repr((spec.id.value, [_alias_content(term) for term in spec.terms]))
        case EntitySpec():
            aliases = [(language, list(map(_alias_content, some))) for language, some in spec.aliases.items()]
            exceptions = [exception.value for exception in spec.except_]
            return repr((spec.id.value, spec.label, spec.type, spec.note, aliases, exceptions))


def _alias_content(alias: AliasSpec) -> tuple[object, ...]:
    needs = alias.needs and alias.needs.value
    return alias.text.value, alias.case, alias.forms, needs, alias.within, alias.boundary, alias.lang_only
