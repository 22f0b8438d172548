"""What routes and silences know of a match, and whether it is what they ask for."""

from __future__ import annotations

from dataclasses import dataclass
from operator import eq
from typing import TYPE_CHECKING

from alerts.language_codes import includes
from alerts.rules.facts import is_source
from alerts.story import UNKNOWN_TIER, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from alerts.routing.spec import MatchSpec
    from alerts.story import Match, Outlet, Story


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One rule that holds for one story."""

    rule: str
    severity: Severity
    outlet: Outlet
    tags: frozenset[str] = frozenset()  # of the rule, and of the source as the user tagged it
    owner: str | None = None  # of the rule
    language: str | None = None  # of the story
    title: str = ""
    text: str = ""

    @classmethod
    def of(cls, match: Match, story: Story, *, source_tags: tuple[str, ...] = (), owner: str | None = None) -> Facts:
        """Return the facts of a match; ``source_tags`` are the user's own, not the feed's."""
        return cls(
            rule=match.rule,
            severity=match.severity,
            outlet=story.outlet,
            tags=frozenset((*match.tags, *source_tags)),
            owner=owner,
            language=story.language,
            title=story.title,
            text=story.text,
        )


def missed(spec: MatchSpec, facts: Facts) -> Iterator[str]:
    """Yield each thing that a route asks for and a match has not, with what it has; nothing when it takes it."""
    outlet = facts.outlet
    if spec.severity is not None and facts.severity < spec.severity:
        yield f"severity: {facts.severity.label} is below {spec.severity.label}"
    if spec.tags and not facts.tags.intersection(spec.tags):
        yield f"tags: {_any(sorted(facts.tags))}, not {_any(spec.tags)}"
    if spec.rules and facts.rule not in spec.rules:
        yield f"rules: {facts.rule}, not {_any(spec.rules)}"
    if spec.sources and not any(is_source(outlet, source.lower()) for source in spec.sources):
        yield f"sources: {outlet.id}, not {_any(spec.sources)}"
    if spec.tier is not None and outlet.tier > spec.tier:
        yield f"tier: {outlet.tier}, not {spec.tier} or better"
    if spec.countries and outlet.country not in spec.countries:
        yield f"countries: {outlet.country or 'unknown'}, not {_any(spec.countries)}"
    if spec.languages and not any(includes(language, facts.language) for language in spec.languages):
        yield f"languages: {facts.language or 'unknown'}, not {_any(spec.languages)}"
    if spec.owner and facts.owner not in spec.owner:
        yield f"owner: {facts.owner or 'nobody'}, not {_any(spec.owner)}"


def covers(wide: MatchSpec, narrow: MatchSpec) -> bool:
    """Say whether the first takes all that the second takes; False where that cannot be told from the words alone."""
    return (
        (wide.severity or Severity.INFO) <= (narrow.severity or Severity.INFO)
        and (wide.tier or UNKNOWN_TIER) >= (narrow.tier or UNKNOWN_TIER)
        and _covers_each(wide.tags, narrow.tags, eq)
        and _covers_each(wide.rules, narrow.rules, eq)
        and _covers_each(wide.countries, narrow.countries, eq)
        and _covers_each(wide.owner, narrow.owner, eq)
        and _covers_each(wide.sources, narrow.sources, _includes_source)
        and _covers_each(wide.languages, narrow.languages, includes)
    )


def _covers_each(wide: Sequence[str], narrow: Sequence[str], takes: Callable[[str, str], bool]) -> bool:
    return not wide or (bool(narrow) and all(any(takes(one, other) for one in wide) for other in narrow))


def _includes_source(wide: str, narrow: str) -> bool:
    """Say whether a host is that of another or a domain above it; of an id the host is not known."""
    domain, host = wide.lower().removeprefix("www."), narrow.lower().removeprefix("www.")
    return domain == host or ("." in domain and host.endswith(f".{domain}"))


def _any(names: Sequence[str]) -> str:
    return " or ".join(names) or "none"
