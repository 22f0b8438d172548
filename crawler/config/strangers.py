"""Warns of what gates, tests and sources ask for that no story can have: a rule would wait for it for ever."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.language_codes import doubt_of, doubt_of_source
from alerts.rules.watched import Watched
from crawler.config import values

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crawler.config.nodes import Item, Section
    from spiders.source import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """What the ``only:`` of a rule lists, each value with its place."""

    languages: tuple[Item, ...] = ()
    sources: tuple[Item, ...] = ()
    countries: tuple[Item, ...] = ()
    tier: tuple[Item, ...] = ()

    @classmethod
    def of(cls, only: Section) -> Gates:
        """Return the gates of a section."""
        tier = only.get("tier")
        return cls(
            languages=tuple(only.entries("languages")),
            sources=tuple(only.entries("sources")),
            countries=tuple(only.entries("countries")),
            tier=(tier,) if tier else (),
        )


def read_language(section: Section, key: str) -> str | None:
    """Read the language that a source or a test is said to be in, and warn of a code that is none."""
    tag = section.optional(key, values.language)
    if tag and (item := section.get(key)) and (doubt := doubt_of_source(tag)):
        _warn(item, doubt)
    return tag


def watched(sources: Sequence[Source]) -> Watched:
    """Return what queries can ask of these sources."""
    return Watched(
        outlets=tuple(source.outlet for source in sources),
        languages={source.id: source.language for source in sources if source.language},
        tags=tuple({tag: None for source in sources for tag in source.tags}),
    )


def warn_of_strangers(rules: Iterable[Gates], known: Watched) -> None:
    """Warn of gates that no story of the sources passes."""
    for gates in rules:
        for item in gates.languages:
            _warn(item, doubt_of(tag, known.languages.values()) if (tag := item.read(values.language)) else None)
        for item in gates.sources:
            _warn(item, known.doubt_of_source(name) if (name := item.read(values.text)) else None)
        for item in gates.countries if known.outlets else ():
            _warn(item, known.doubt_of_country(code) if (code := item.read(values.country)) else None)
        for item in gates.tier:
            _warn(item, known.doubt_of_tier(tier) if (tier := item.read(values.whole(1, 4))) else None)


def _warn(item: Item, doubt: tuple[str, str] | None) -> None:
    if doubt:
        item.context.findings.warn(item.place, *doubt)
