"""What the user wrote about who gets a message and when."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import time, timedelta
    from zoneinfo import ZoneInfo

    from alerts.errors import Place
    from alerts.rules.spec import Rate
    from alerts.story import Severity

EVERY_DAY = frozenset(range(7))


class Style(StrEnum):
    """How much a card says."""

    FULL = "full"
    COMPACT = "compact"


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchSpec:
    """What a route asks for; an empty one takes everything. Of each list, one is enough."""

    severity: Severity | None = None  # this level or higher
    tags: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()  # ids, or hosts with their sub-domains
    tier: int | None = None  # of this tier or a better (lower) one
    countries: tuple[str, ...] = ()  # of the outlet, lower case
    languages: tuple[str, ...] = ()  # of the story; "zh" includes "zh-hant"
    owner: tuple[str, ...] = ()  # of the rule


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSpec:
    """How long messages wait for company before they are told together."""

    wait: timedelta  # before the first message
    interval: timedelta  # between two messages


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteSpec:
    """A route as written."""

    match: MatchSpec = MatchSpec()
    to: tuple[str, ...] = ()  # none: those of `defaults.to`
    also: tuple[str, ...] = ()  # notifiers beside Slack, whatever the rule's own `to:` says
    group: GroupSpec | None = None
    style: Style | None = None  # None: as `cards.style` says
    template: str | None = None
    at: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """A window of local time in which channels are told nothing; it begins on the days that are named."""

    name: str
    channels: tuple[str, ...] = ()  # none: all
    start: time
    end: time  # not after `start`: on the next day
    days: frozenset[int] = EVERY_DAY  # 0 is Monday
    zone: ZoneInfo
    but: Severity | None = None  # this level or higher is told nevertheless; None: nothing is


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalateSpec:
    """Whom to tell when nobody acknowledges a message."""

    severity: Severity  # this level or higher
    unless_acked: timedelta
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestSpec:
    """A summary at a time of the day."""

    name: str
    at: time  # local
    days: frozenset[int] = EVERY_DAY
    zone: ZoneInfo
    to: tuple[str, ...]
    rules: tuple[str, ...] | None = None  # None: all
    empty: bool = False  # sent even when there is nothing to tell


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingSpec:
    """All of it."""

    routes: tuple[RouteSpec, ...] = ()
    quiet_hours: tuple[QuietHours, ...] = ()
    budget: Rate | None = None  # of each channel; None: any number
    escalate: tuple[EscalateSpec, ...] = ()
    digests: tuple[DigestSpec, ...] = ()
