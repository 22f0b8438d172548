"""Things in the world and their names: what ``$name`` in a query stands for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.errors import Level
from alerts.rules.terms import LONGEST, patterns_of, tokens_of, weakness

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alerts.errors import Problem
    from alerts.rules.spec import EntitySpec, Text

_SHORT = 4  # letters of an upper-case name that is likely to be a word as well


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A thing in the world, ready to be searched for."""

    id: str
    label: str
    patterns: tuple[str, ...]  # folded strings, see alerts.rules.terms


def compile_entities(specs: Sequence[EntitySpec]) -> tuple[dict[str, Entity], list[Problem]]:
    """Read the entities by id; one with errors is left out, and every problem is reported."""
    entities: dict[str, Entity] = {}
    problems: list[Problem] = []
    first: dict[str, Text] = {}
    for spec in specs:
        faults = [*_faults_of_id(spec, first), *_faults_of_aliases(spec)]
        first.setdefault(spec.id.value, spec.id)
        problems += faults
        if not any(fault.level is Level.ERROR for fault in faults):
            patterns = dict.fromkeys(pattern for alias in _aliases(spec) for pattern in patterns_of(alias.value))
            entities[spec.id.value] = Entity(id=spec.id.value, label=spec.label, patterns=tuple(patterns))
    return entities, [*problems, *_shared_aliases(specs)]


def _aliases(spec: EntitySpec) -> Iterator[Text]:
    for aliases in spec.aliases.values():
        yield from aliases


def _faults_of_id(spec: EntitySpec, first: dict[str, Text]) -> Iterator[Problem]:
    name = spec.id.value
    if not re.fullmatch(r"[\w-]+", name):
        yield spec.id.problem(0, f'"{name}" cannot be written as $name', "use letters, digits, _ and - only")
    if name in first:
        yield spec.id.problem(0, f"there are two entities called {name}", f"the first is at {first[name].at()}")


def _faults_of_aliases(spec: EntitySpec) -> Iterator[Problem]:
    if not any(spec.aliases.values()):
        yield spec.id.problem(0, f"the entity {spec.id.value} has no aliases", "list at least one name to search for")
    for language, aliases in spec.aliases.items():
        if language and not aliases:
            hint = "list the names, or remove the language"
            yield spec.id.problem(0, f'the entity {spec.id.value} has no aliases for "{language}"', hint)
    for alias in _aliases(spec):
        yield from _faults_of_alias(alias)


def _faults_of_alias(alias: Text) -> Iterator[Problem]:
    text = alias.value
    tokens = tokens_of(text) if len(text) <= LONGEST else ()
    if len(text) > LONGEST:
        yield alias.problem(0, "the alias is too long", f"the limit is {LONGEST} characters")
    elif not tokens:
        yield alias.problem(0, f'the alias "{text}" has no letter or digit to search for', "write the name in words")
    elif "*" in text or "?" in text:
        message = f'a wildcard (* or ?) as in "{text}" is not yet available'
        yield alias.problem(0, message, "write the forms out as aliases of their own")
    elif weak := weakness(text):
        message = f'punctuation is ignored: "{text}" finds every "{weak}"'
        yield alias.problem(0, message, "add or use a longer name", Level.WARNING)
    elif len(tokens) == 1 and len(text) <= _SHORT and text.isupper() and tokens[0].isalpha():
        message = f'"{text}" also finds the lower-case word "{tokens[0]}"'
        yield alias.problem(0, message, "use the full name unless no such word exists", Level.WARNING)


def _shared_aliases(specs: Sequence[EntitySpec]) -> Iterator[Problem]:
    owners: dict[tuple[str, ...], str] = {}
    for spec in specs:
        for alias in _aliases(spec):
            tokens = tokens_of(alias.value[:LONGEST])
            owner = owners.setdefault(tokens, spec.id.value)
            if tokens and owner != spec.id.value:
                message = f'the alias "{alias.value}" also belongs to ${owner}'
                yield alias.problem(0, message, "a story with it counts for both entities", Level.WARNING)
