"""The names of things: whether what the user wrote about an entity or a list can be searched for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alerts.rules.checks import has_stemmer
from alerts.rules.spec import ListSpec
from alerts.rules.terms import LONGEST, fault_of_wildcard, has_wildcard, has_word, is_plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from alerts.errors import Problem
    from alerts.rules.spec import AliasSpec, EntitySpec, Text

_NAME = re.compile(r"[\w-]+")


def faults_of_name(name: Text) -> Iterator[Problem]:
    """Report an id that no query could name."""
    if not _NAME.fullmatch(name.value):
        yield name.problem(0, f'"{name.value}" cannot be written as $name', "use letters, digits, _ and - only")


def faults_of_entity(spec: EntitySpec) -> Iterator[Problem]:
    """Report what keeps an entity from being searched for."""
    name = spec.id.value
    if not any(spec.aliases.values()):
        yield spec.id.problem(0, f"the entity {name} has no aliases", "list at least one name to search for")
    for language, aliases in spec.aliases.items():
        if language and not aliases:
            hint = "list the names, or remove the language"
            yield spec.id.problem(0, f'the entity {name} has no aliases for "{language}"', hint)
        for alias in aliases:
            yield from _faults_of_alias(alias, language)
    for exception in spec.except_:
        yield from _faults_of_text(exception, "exception")


def faults_of_list(spec: ListSpec) -> Iterator[Problem]:
    """Report what keeps a list from being searched for."""
    if not spec.terms:
        yield spec.id.problem(0, f"the list {spec.id.value} is empty", "list at least one term to search for")
    for term in spec.terms:
        yield from _faults_of_alias(term, "")


def aliases_of(spec: EntitySpec | ListSpec) -> Iterable[tuple[str, AliasSpec]]:
    """Return every alias or term with its language, "" where none is given."""
    groups = {"": spec.terms} if isinstance(spec, ListSpec) else spec.aliases
    return [(language, alias) for language, aliases in groups.items() for alias in aliases]


def common_names(spec: EntitySpec | ListSpec) -> list[str]:
    """Return the names of a thing like most: it has no exceptions, and each name is plain words; of others none."""
    aliases = [alias for _, alias in aliases_of(spec)]
    has_more = not isinstance(spec, ListSpec) and (spec.except_ or not all(spec.aliases.values()))
    return [] if has_more or not all(map(_is_common, aliases)) else [alias.text.value for alias in aliases]


def _is_common(alias: AliasSpec) -> bool:
    """Say whether nothing more is said of an alias than plain words."""
    return (
        alias.case == "any"
        and alias.forms == "plural"
        and alias.needs is None
        and alias.boundary == "auto"
        and not alias.lang_only
        and is_plain(alias.text.value)
    )


def _faults_of_text(text: Text, kind: str) -> Iterator[Problem]:
    if len(text.value) > LONGEST:
        yield text.problem(0, f"the {kind} is too long", f"the limit is {LONGEST} characters")
    elif not has_word(text.value):
        message = f'the {kind} "{text.value}" has no letter or digit to search for'
        yield text.problem(0, message, "write the name in words")
    elif fault := fault_of_wildcard(text.value):
        yield text.problem(0, *fault)


def _faults_of_alias(alias: AliasSpec, language: str) -> Iterator[Problem]:
    text = alias.text
    yield from _faults_of_text(text, "alias")
    if has_wildcard(text.value) and (alias.case == "exact" or alias.forms == "stem"):
        message = (
            f'a wildcard cannot stand in "{text.value}": it is to be {alias.case} in case, with {alias.forms} forms'
        )
        yield text.problem(0, message, "leave out the wildcard, or case: and forms:")
    elif alias.forms == "stem" and not has_stemmer(language):
        hint = "put the alias under its language, such as fr: […]; not every language has a stemmer"
        yield text.problem(0, f'forms: stem cannot be used for "{text.value}"', hint)
    if alias.lang_only and not language:
        yield text.problem(0, f'lang_only: says nothing for "{text.value}"', "put the alias under its language")
