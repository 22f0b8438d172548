"""What is known of a story beside its words, and how a term of ``source:``, ``lang:`` and the like meets it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alerts.language_codes import guess, includes
from alerts.rules.nodes import FACTS, Scope

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    if form.fullmatch(value):
        return None
    meant = guess(value) if field is Scope.LANG else None
    return f'"{value}" cannot stand in {field}:', f"write {field}:{meant}" if meant else hint


def has_fact(story: Story, field: Scope, value: str) -> bool:
    """Say whether a term of ``field`` meets the story; what is unknown meets nothing."""
    outlet, value = story.outlet, value.lower()
    match field:
        case Scope.SOURCE:
            return is_source(outlet, value)
        case Scope.LANG:
            return includes(value, story.language)
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


def closed_gate(only: OnlySpec, story: Story, words: int) -> str | None:
    """Return the first of a rule's gates that a story of so many words does not pass, with what it has."""
    return next(closed_gates(only, story, words), None)


def closed_gates(only: OnlySpec, story: Story, words: int) -> Iterator[str]:
    """Yield every gate of a rule that a story of so many words does not pass, with what it has and what is asked."""
    outlet = story.outlet
    if only.languages and not any(includes(language, story.language) for language in only.languages):
        yield f"languages: {_language(story)}, not in {' or '.join(only.languages)}"
    if only.sources and not any(is_source(outlet, source.lower()) for source in only.sources):
        yield f"sources: {_source(outlet)}, not from {' or '.join(only.sources)}"
    if only.countries and outlet.country not in [country.lower() for country in only.countries]:
        yield f"countries: {_country(outlet)}, not {' or '.join(only.countries)}"
    if only.tier is not None and outlet.tier > only.tier:
        yield f"tier: {_tier(outlet)}, not {only.tier} or better"
    if only.min_words is not None and words < only.min_words:
        yield f"min_words: the text has {words}, fewer than {only.min_words}"
    if only.max_age is not None and story.published is not None and story.seen - story.published > only.max_age:
        yield f"max_age: published {story.seen - story.published} before it was seen, longer ago than {only.max_age}"


def said_of(story: Story, field: Scope) -> str:
    """Say in words what the story has in a field that is compared."""
    match field:
        case Scope.LANG:
            return _language(story)
        case Scope.SOURCE:
            return _source(story.outlet)
        case Scope.COUNTRY:
            return _country(story.outlet)
        case _:
            return _tier(story.outlet)


def _language(story: Story) -> str:
    return f"the story is in {story.language}" if story.language else "the story's language is unknown"


def _source(outlet: Outlet) -> str:
    return f"the story comes from {outlet.id}{f' ({outlet.host})' * (outlet.host not in {'', outlet.id})}"


def _country(outlet: Outlet) -> str:
    return f"the outlet's country is {outlet.country or 'unknown'}"


def _tier(outlet: Outlet) -> str:
    return f"the outlet's tier is {outlet.tier}"
