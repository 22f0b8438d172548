"""What is known of a story beside its words, and how a term of ``source:``, ``lang:`` and the like meets it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alerts.rules.nodes import FACTS, Scope

if TYPE_CHECKING:
    from alerts.rules.spec import OnlySpec
    from alerts.story import Outlet, Story

_FORMS = {
    Scope.LANG: (re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*"), "a language is a code such as en or zh-hant"),
    Scope.COUNTRY: (re.compile(r"[A-Za-z]{2}"), "a country is a code of two letters such as jp"),
    Scope.TIER: (re.compile(r"[1-4]"), "a tier is a number from 1 (wire, government) to 4 (unknown)"),
    Scope.SOURCE: (re.compile(r"[^\s*?/]+"), "a source is its id in config.yaml or a host such as reuters.com"),
}


def fault_of_fact(field: Scope, value: str) -> tuple[str, str] | None:
    """Return why no story can have this value, and the way out."""
    form, hint = _FORMS[field]
    return None if form.fullmatch(value) else (f'"{value}" cannot stand in {field}:', hint)


def has_fact(story: Story, field: Scope, value: str) -> bool:
    """Say whether a term of ``field`` meets the story; what is unknown meets nothing."""
    outlet, value = story.outlet, value.lower()
    match field:
        case Scope.SOURCE:
            return is_source(outlet, value)
        case Scope.LANG:
            return is_language(story.language, value)
        case Scope.COUNTRY:
            return outlet.country == value
        case _:
            return outlet.tier <= int(value)


def facts_of(story: Story, field: Scope) -> tuple[str, ...]:
    """Return what the story has in a field that is compared, for people and regular expressions."""
    outlet = story.outlet
    values = {
        Scope.SOURCE: (outlet.id, outlet.host),
        Scope.LANG: (story.language,),
        Scope.COUNTRY: (outlet.country,),
        Scope.TIER: (str(outlet.tier),),
    }
    assert field in FACTS  # noqa: S101  the parser lets no other field come here
    return tuple(value for value in values[field] if value)


def is_source(outlet: Outlet, value: str) -> bool:
    """Say whether a lower-case value is the outlet's id, its host or a domain above that."""
    domain = value.removeprefix("www.")
    return outlet.id.lower() == value or outlet.host == domain or outlet.host.endswith(f".{domain}")


def is_language(language: str | None, value: str) -> bool:
    """Say whether a language is the one asked for or a variety of it: ``zh-hant`` is ``zh``."""
    wanted = value.lower().replace("_", "-")
    return language is not None and (language.lower() == wanted or language.lower().startswith(f"{wanted}-"))


def closed_gate(only: OnlySpec, story: Story, words: int) -> str | None:  # noqa: PLR0911  a gate, a line
    """Return the first of a rule's gates that a story of so many words does not pass, with what it has."""
    outlet = story.outlet
    if only.languages and not any(is_language(story.language, language) for language in only.languages):
        return f"languages: the story's is {story.language or 'unknown'}"
    if only.sources and not any(is_source(outlet, source.lower()) for source in only.sources):
        return f"sources: the story's is {outlet.id} ({outlet.host})"
    if only.countries and outlet.country not in [country.lower() for country in only.countries]:
        return f"countries: the outlet's is {outlet.country or 'unknown'}"
    if only.tier is not None and outlet.tier > only.tier:
        return f"tier: the outlet's is {outlet.tier}"
    if only.min_words is not None and words < only.min_words:
        return f"min_words: the text has {words}"
    if only.max_age is not None and story.published is not None and story.seen - story.published > only.max_age:
        return f"max_age: published {story.seen - story.published} before it was seen"
    return None
