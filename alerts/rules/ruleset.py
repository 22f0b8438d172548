"""Rules, checked and compiled whole: what the rest of the program asks which rules hold for a story."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from alerts.errors import Level
from alerts.rules.alike import Alike
from alerts.rules.evaluate import InField
from alerts.rules.facts import closed_gate
from alerts.rules.linking import Linker, Vocabulary
from alerts.rules.lint import MOST_RULES, lint
from alerts.rules.matcher import Matcher
from alerts.rules.names import Names
from alerts.rules.nodes import LABELS, negations_inward
from alerts.rules.parts import Group, Guarded
from alerts.rules.revision import revision_of
from alerts.rules.spec import OPEN, EntitySpec, ListSpec, OnlySpec, QuerySpec, RuleSpec, Specs
from alerts.rules.watched import Watched
from alerts.story import Match, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alerts.errors import Problem
    from alerts.rules.nodes import Node
    from alerts.rules.parts import Part
    from alerts.rules.scan import Scan
    from alerts.rules.spec import QuietSpec, StreamSpec, TestsSpec, Text
    from alerts.story import Story

NOBODY = Watched()


@dataclass(frozen=True, slots=True, kw_only=True)
class Raise:
    """A query that lifts a match to a higher severity."""

    to: Severity
    query: Node
    part: Part


class Rule(NamedTuple):
    """A rule that was checked: what the user wrote, and what was made of it."""

    spec: RuleSpec
    tree: Node | None  # of the query as written; None where that is the source of the part
    asked: Part | Alike  # what evaluates it
    only: OnlySpec
    raises: tuple[Raise, ...] = ()

    @property
    def query(self) -> Node:
        """The tree of the query as written."""
        return self.part.source if self.tree is None else self.tree

    @property
    def part(self) -> Part:
        """What evaluates the query, with all that it is made of."""
        return self.asked.part if isinstance(self.asked, Alike) else self.asked

    @property
    def id(self) -> str:
        """Its short name."""
        return self.spec.id.value

    @property
    def name(self) -> str:
        """Its name for people."""
        return self.spec.name

    @property
    def when(self) -> Text:
        """The query as written."""
        return self.spec.when

    @property
    def severity(self) -> Severity:
        """How much a match matters, if nothing raises it."""
        return self.spec.severity

    @property
    def to(self) -> tuple[str, ...]:
        """The channels that it tells."""
        return self.spec.to

    @property
    def quiet(self) -> QuietSpec:
        """How it keeps quiet there."""
        return self.spec.quiet

    @property
    def tags(self) -> tuple[str, ...]:
        """What its matches are marked with."""
        return self.spec.tags

    @property
    def owner(self) -> str | None:
        """Who looks after it."""
        return self.spec.owner

    @property
    def note(self) -> str | None:
        """What its owner wants known."""
        return self.spec.note

    @property
    def enabled(self) -> bool:
        """Whether it is on: a rule that is not never matches."""
        return self.spec.enabled

    @property
    def shadow(self) -> bool:
        """Whether it is judged and counted, but never sent."""
        return self.spec.shadow

    @property
    def stream(self) -> StreamSpec | None:
        """What must hold of many stories together."""
        return self.spec.stream

    @property
    def tests(self) -> TestsSpec:
        """Stories that it must find, and others that it must not."""
        return self.spec.tests


class RuleSet:
    """Rules as they were at one moment; immutable, and replaced whole."""

    def __init__(self, rules: Sequence[Rule], vocabulary: Vocabulary, revision: str) -> None:
        """``vocabulary`` must hold every term of the rules; see ``compile_rules``."""
        self._rules = tuple(rules)
        self._revision = revision
        self._active = tuple(rule for rule in rules if rule.enabled)
        self._matcher = Matcher([rule.asked for rule in self._active], vocabulary)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {one.id: number for number, one in enumerate(self._active)}

    @classmethod
    def empty(cls) -> RuleSet:
        """Return the set without rules, which matches nothing."""
        return cls((), Vocabulary(), revision_of(Specs()))

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
            (rule.spec, hits, severity_of(rule, scan) if rule.raises else rule.spec.severity)
            for number, hits in found
            if passes_gates(rule := active[number], scan)
        ]
        scan.locate(hits for _, hits, _ in holding)
        return tuple(
            [
                Match(
                    rule=spec.id.value,
                    name=spec.name,
                    severity=severity,
                    spans=scan.spans(hits),
                    tags=spec.tags,
                    shadow=spec.shadow,
                )
                for spec, hits, severity in holding
            ]
        )

    def holding(self, story: Story) -> tuple[Rule, ...]:
        """Return the rules that hold for a story, without their words: several times faster than ``match``."""
        scan, found = self._matcher.find(story)
        rules = (self._active[number] for number, _ in found)
        return tuple(rule for rule in rules if passes_gates(rule, scan))

    def sought(self, rule: str) -> list[list[str]]:
        """Return groups of folded patterns: of each one is in title or text of any story that a rule holds for.

        None when no word need be there, when a rule looks at labels such as tags too, or when the rules are very many.
        Raises KeyError for a rule that is not switched on.
        """
        number = self._numbers[rule]
        return [] if asks_labels(self._active[number].part) else self._matcher.sought(number)

    def scan(self, story: Story) -> Scan:
        """Search a story for every term of the rules, for whoever wants to evaluate parts of them."""
        return self._matcher.scan(story)


def asks_labels(part: Part) -> bool:
    """Say whether a part looks at an author, a tag, a section or an address."""
    if isinstance(part, InField) and part.field in LABELS:
        return True
    inside = (*part.parts, *([part.needs] if isinstance(part, Guarded) and part.needs else ()))
    members = part.members if isinstance(part, Group) else ()
    return any(map(asks_labels, (*inside, *members)))


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
    return RuleSet(rules, vocabulary, revision_of(specs)), tuple(sorted(problems, key=attrgetter("place")))


def _linked(specs: Specs, watched: Watched) -> tuple[list[Rule], Vocabulary, list[Problem]]:
    """Return the rules that have no errors, every term of theirs, and every problem."""
    names = Names(specs)
    problems = list(names.problems)
    vocabulary = Vocabulary()
    linker = Linker(vocabulary, names.groups, names.queries, names.needs, names.common)
    compiled: list[Rule] = []
    first: dict[str, Text] = {}
    is_large = len(specs.rules) > MOST_RULES
    for spec in specs.rules:
        if is_large and not spec.raise_ and (flat := names.flat(spec.when)) and not _faults_of_id(spec.id, first):
            shape, phrases = flat
            compiled.append(Rule(spec, None, Alike(spec.when, shape, map(vocabulary.plain, phrases)), _only(spec)))
            continue
        reading, found = names.read(spec.when)
        faults = [*_faults_of_id(spec.id, first), *found]
        raised: list[Node | None] = []
        for step in spec.raise_:
            condition, found = names.read(step.when)
            raised.append(condition.tree)
            faults += found
        problems += faults
        if reading.tree and all(raised) and all(fault.level is not Level.ERROR for fault in faults):
            compiled.append(_rule(spec, reading.tree, [tree for tree in raised if tree], linker))
    if len(compiled) <= MOST_RULES:  # more were written by a program, and nobody would read what is to be said of them
        problems += lint(specs, names, [(rule.spec, rule.query) for rule in compiled], watched)
    return compiled, vocabulary, problems


def _rule(spec: RuleSpec, tree: Node, raised: Sequence[Node], linker: Linker) -> Rule:
    part = linker.part(negations_inward(tree) if "NOT" in spec.when.value else tree)  # most have none
    only = _only(spec)
    if not raised:
        return Rule(spec, tree, part, only)
    steps = [
        Raise(to=step.to, query=condition, part=linker.part(negations_inward(condition)))
        for step, condition in zip(spec.raise_, raised, strict=True)
    ]
    return Rule(spec, tree, part, only, tuple(steps))


def _only(spec: RuleSpec) -> OnlySpec:
    return OPEN if spec.only is OPEN or spec.only == OPEN else spec.only


def _faults_of_id(name: Text, first: dict[str, Text]) -> Sequence[Problem]:
    if not name.value.strip():
        return (name.problem(0, "the rule's id is empty", "give it a short name, such as rare-earths"),)
    earlier = first.setdefault(name.value, name)
    if earlier is not name:
        return (name.problem(0, f"there are two rules called {name.value}", f"the first is at {earlier.at()}"),)
    return ()


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Build much that stays and forms no cycle, without looking for cycles meanwhile."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            if not gc.get_freeze_count():  # what is new counts as old now: or it would all be looked through at once
                gc.freeze()
                gc.unfreeze()
            gc.enable()
