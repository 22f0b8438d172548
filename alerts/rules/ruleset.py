"""Rules, checked and compiled whole: what the rest of the program asks which rules hold for a story."""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import blake2b
from operator import attrgetter
from typing import TYPE_CHECKING

from alerts.errors import Level
from alerts.rules.entities import compile_entities
from alerts.rules.matcher import Matcher
from alerts.rules.query import Phrase, read_query, terms_of
from alerts.rules.terms import weakness
from alerts.story import Match, Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from alerts.errors import Problem
    from alerts.rules.entities import Entity
    from alerts.rules.query import Node, Reading
    from alerts.rules.spec import EntitySpec, RuleSpec, Text
    from alerts.story import Story


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule that was checked."""

    id: str
    name: str
    query: Node
    severity: Severity
    to: tuple[str, ...]
    tags: tuple[str, ...]
    owner: str | None
    note: str | None
    enabled: bool  # one that is not never matches


class RuleSet:
    """Rules as they were at one moment; immutable, and replaced whole."""

    def __init__(self, rules: Sequence[Rule], entities: Sequence[Entity], revision: str) -> None:
        """``entities`` must hold every name that a query uses; see ``compile_rules``."""
        self._rules = tuple(rules)
        self._revision = revision
        self._active = tuple(rule for rule in rules if rule.enabled)
        patterns = {entity.id: entity.patterns for entity in entities}
        self._matcher = Matcher([rule.query for rule in self._active], patterns)

    @classmethod
    def empty(cls) -> RuleSet:
        """Return the set without rules, which matches nothing."""
        return cls((), (), _revision((), ()))

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule in the order of the file, disabled ones too."""
        return self._rules

    @property
    def revision(self) -> str:
        """A short name of these entities and rules, the same wherever and whenever they are the same."""
        return self._revision

    def match(self, story: Story) -> tuple[Match, ...]:
        """Return a match for each rule that holds for a story, in the order of the file."""
        return tuple(
            Match(rule=rule.id, name=rule.name, severity=rule.severity, spans=spans, tags=rule.tags)
            for number, spans in self._matcher.find(story)
            for rule in (self._active[number],)
        )


def compile_rules(entities: Sequence[EntitySpec], rules: Sequence[RuleSpec]) -> tuple[RuleSet, tuple[Problem, ...]]:
    """Check and compile what the user wrote, and report every problem, in the order of the file.

    When one of the problems is an error, the rule set holds only what compiled, and is not to be used.
    """
    known, problems = compile_entities(entities)
    names = dict.fromkeys(spec.id.value for spec in entities)
    readings = [read_query(spec.when) for spec in rules]
    compiled: dict[str, Rule] = {}
    first: dict[str, Text] = {}
    for spec, reading in zip(rules, readings, strict=True):
        faults = [*_faults_of_id(spec, first), *reading.problems, *_unknown_names(reading, spec.when, names)]
        first.setdefault(spec.id.value, spec.id)
        problems += [*faults, *_weak_phrases(reading, spec.when)]
        sound = all(fault.level is not Level.ERROR for fault in faults)
        if reading.tree and sound and all(name.name in known for name in reading.names):
            compiled[spec.id.value] = _rule(spec, reading.tree)
    problems += _unused(entities, {name.name for reading in readings for name in reading.names})
    ruleset = RuleSet(tuple(compiled.values()), tuple(known.values()), _revision(entities, rules))
    return ruleset, tuple(sorted(problems, key=attrgetter("place")))


def _rule(spec: RuleSpec, query: Node) -> Rule:
    return Rule(
        id=spec.id.value,
        name=spec.name,
        query=query,
        severity=spec.severity,
        to=spec.to,
        tags=spec.tags,
        owner=spec.owner,
        note=spec.note,
        enabled=spec.enabled,
    )


def _faults_of_id(spec: RuleSpec, first: dict[str, Text]) -> Iterator[Problem]:
    name = spec.id.value
    if not name.strip():
        yield spec.id.problem(0, "the rule's id is empty", "give it a short name, such as rare-earths")
    elif name in first:
        yield spec.id.problem(0, f"there are two rules called {name}", f"the first is at {first[name].at()}")


def _unknown_names(reading: Reading, when: Text, names: Collection[str]) -> Iterator[Problem]:
    for name in reading.names:
        if name.name and name.name not in names:
            near = get_close_matches(name.name, names, n=1)
            hint = f"did you mean ${near[0]}?" if near else "define it under entities:"
            yield when.problem(name.offset, f"no entity is called ${name.name}", hint)


def _weak_phrases(reading: Reading, when: Text) -> Iterator[Problem]:
    for term in terms_of(reading.tree) if reading.tree else ():
        if isinstance(term, Phrase) and (weak := weakness(term.text)):
            message = f'punctuation is ignored: "{term.text}" finds every "{weak}"'
            yield when.problem(term.offset, message, "search for a longer phrase", Level.WARNING)


def _unused(entities: Sequence[EntitySpec], used: Collection[str]) -> Iterator[Problem]:
    for spec in entities:
        if spec.id.value not in used:
            message = f"no rule uses the entity {spec.id.value}"
            yield spec.id.problem(0, message, f"write ${spec.id.value} in a rule, or remove it", Level.WARNING)


def _revision(entities: Sequence[EntitySpec], rules: Sequence[RuleSpec]) -> str:
    """Hash everything the user wrote, but not where it stands."""
    content = [
        [(spec.id.value, spec.label, spec.type, spec.note, _alias_values(spec)) for spec in entities],
        [
            (spec.id.value, spec.name, spec.when.value, spec.severity, spec.to, spec.tags, spec.owner, spec.note)
            for spec in rules
        ],
        [spec.enabled for spec in rules],
    ]
    return blake2b(json.dumps(content).encode(), digest_size=6).hexdigest()


def _alias_values(entity: EntitySpec) -> list[tuple[str, list[str]]]:
    return [(language, [alias.value for alias in aliases]) for language, aliases in entity.aliases.items()]
