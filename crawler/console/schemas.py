"""What the API answers: plain values, and the JSON schemas that describe them, made from these very classes."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

_PLAIN: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    NoneType: {"type": "null"},
    datetime: {"type": "string", "format": "date-time"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Where words stand: in `title` or `text`, from a code point up to, not including, another."""

    field: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """What was decided for one channel."""

    channel: str  # empty: the rule names nobody
    reason: str
    says: str
    delivery: str | None
    state: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A rule that holds for a version of a story."""

    story: str
    version: int
    rule: str
    name: str
    severity: str
    tags: tuple[str, ...]
    spans: tuple[Span, ...]
    words: tuple[str, ...]
    channels: tuple[Channel, ...]
    title: str
    url: str | None
    source: str
    seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A story in its newest version, without its text."""

    id: str
    version: int
    source: str
    outlet: str
    title: str
    url: str | None
    language: str | None
    published: datetime | None
    seen: datetime
    snippet: str
    rules: tuple[str, ...]  # that hold, or held, for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of a story."""

    version: int
    at: datetime
    title: str
    language: str | None
    characters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryDetail:
    """A story whole."""

    id: str
    version: int
    source: str
    outlet: str
    title: str
    text: str
    url: str | None
    language: str | None
    authors: tuple[str, ...]
    section: str | None
    published: datetime | None
    seen: datetime
    versions: tuple[Version, ...]
    copies: tuple[str, ...]  # ids of stories with the same text, this one among them
    matches: tuple[Match, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One part of a rule's query, and whether it holds."""

    text: str
    holds: bool
    words: tuple[str, ...]
    reason: str
    parts: tuple[Clause, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of what happened to a story; `mark` is passed, ended, waits or noted."""

    name: str
    mark: str
    says: str
    reason: str
    at: datetime | None
    more: tuple[str, ...]
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """What became of a story or an address."""

    verdict: str
    told: bool
    story: str | None
    title: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A message about a story, and how it does."""

    key: str
    state: str
    channel: str
    severity: str | None
    rules: tuple[str, ...]
    story: str | None
    title: str
    url: str | None
    source: str | None
    queued: datetime
    changed: datetime
    attempts: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """How a source does; the times of `late` are seconds from publication to discovery, over the last day."""

    id: str
    name: str
    url: str | None  # null where it holds a secret
    kind: str
    tier: int
    country: str | None
    condition: str
    last_visit: datetime | None
    last_good: datetime | None
    last_reason: str | None
    next_visit: datetime | None
    next_why: str
    stories_24h: int
    late_p50: float | None
    late_p95: float | None
    gaps: int
    failures: int
    rate_per_hour: float | None
    rhythm: tuple[float, ...]  # how busy each UTC hour is against the mean; empty: nothing learnt yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule in force, with what it found in the last 14 days, by day, the oldest first."""

    id: str
    name: str
    severity: str
    enabled: bool
    shadow: bool
    query: str
    channels: tuple[str, ...]
    tags: tuple[str, ...]
    owner: str | None
    note: str | None
    days: tuple[int, ...]
    relevant: int
    not_relevant: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a request was not answered (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str


NOUNS = (Span, Channel, Match, Story, Version, StoryDetail, Clause, Step, Why, Alert, Source, Rule, Problem)


def schema_of(kind: type) -> dict[str, Any]:
    """Return the JSON schema of one of the nouns; others are referred to by name."""
    hints = get_type_hints(kind)
    names = [one.name for one in fields(kind)]
    return {
        "type": "object",
        "description": (kind.__doc__ or "").strip(),
        "properties": {name: _schema(hints[name]) for name in names},
        "required": names,
        "additionalProperties": False,
    }


def _schema(hint: Any) -> dict[str, Any]:
    if hint in _PLAIN:
        return dict(_PLAIN[hint])
    if is_dataclass(hint):
        return {"$ref": f"#/components/schemas/{getattr(hint, '__name__', '')}"}
    origin, inner = get_origin(hint), get_args(hint)
    if origin is tuple:
        return {"type": "array", "items": _schema(inner[0])}
    if origin in {Union, UnionType}:
        return {"anyOf": [_schema(one) for one in inner]}
    raise TypeError(f"no schema for {hint!r}")


def plain(value: Any) -> Any:
    """Return a noun as JSON has it."""
    if is_dataclass(value):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value
