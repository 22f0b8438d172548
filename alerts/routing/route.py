"""Which channels hear of a match: the rule's own, or those of the first route that takes it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from alerts.errors import Level, Problem
from alerts.routing.facts import covers, missed
from alerts.routing.spec import RouteSpec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from alerts.routing.facts import Facts
    from alerts.routing.spec import GroupSpec

_NO_ROUTE = RouteSpec()


class By(StrEnum):
    """What named the channels."""

    RULE = "rule"
    ROUTE = "route"
    DEFAULTS = "defaults"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """Where a match goes, and why."""

    channels: tuple[str, ...]
    by: By
    route: int | None  # which route took it, counted from 1; None: none did
    spec: RouteSpec  # its `also`, `group`, `style` and `template` hold, whatever named the channels
    passed: tuple[str, ...] = ()  # of each route before it, the first thing that it asks for in vain

    @property
    def says(self) -> str:
        """Why, for people."""
        took = f"route {self.route} took it" if self.route else "no route took it"
        match self.by:
            case By.RULE:
                return f"the rule's own `to:`; {took}"
            case By.ROUTE:
                return f"route {self.route} is the first that took it"
            case By.DEFAULTS:
                return f"`defaults.to`: {took}{' and names no channel' * bool(self.route)}"
            case _:
                return f"neither the rule, nor a route, nor `defaults:` names a channel: {took}"


def route(routes: Sequence[RouteSpec], facts: Facts, own: Sequence[str], defaults: Sequence[str]) -> Routed:
    """Return where a match goes: the first route that takes it counts.

    ``own`` is the rule's own `to:`, which comes before the route's; ``defaults`` is what `defaults.to` says.
    """
    passed: list[str] = []
    number, spec = None, _NO_ROUTE
    for place, candidate in enumerate(routes, 1):
        lacking = next(missed(candidate.match, facts), None)
        if lacking is None:
            number, spec = place, candidate
            break
        passed.append(lacking)
    named = ((By.RULE, own), (By.ROUTE, spec.to), (By.DEFAULTS, defaults))
    by, channels = next((pair for pair in named if pair[1]), (By.NOBODY, ()))
    return Routed(channels=tuple(dict.fromkeys(channels)), by=by, route=number, spec=spec, passed=tuple(passed))


def unreachable(routes: Sequence[RouteSpec]) -> Iterator[tuple[int, int]]:
    """Yield each route that can never take anything, with the earlier one that takes all of it, counted from 1."""
    for later, spec in enumerate(routes):
        for earlier in range(later):
            if covers(routes[earlier].match, spec.match):
                yield later + 1, earlier + 1
                break


def lint(routes: Sequence[RouteSpec]) -> Iterator[Problem]:
    """Yield a warning for each route that can never take anything; routes without a place are passed over."""
    for later, earlier in unreachable(routes):
        at, before = routes[later - 1].at, routes[earlier - 1].at
        if at is not None:
            line = f" (line {before.line})" if before is not None and before.file == at.file else ""
            message = f"route {later} never takes anything: route {earlier}{line} takes all of it before"
            yield Problem(at, message, "move it above that one, or remove it", Level.WARNING)


def flush_at(group: GroupSpec, oldest: datetime, flushed: datetime | None) -> datetime:
    """Return when messages that wait for company are told.

    ``oldest`` is when the first that waits came, ``flushed`` when a message of the group was told last. As in
    Alertmanager's dispatcher, the first waits for `wait` and later ones for the end of `interval`; what came
    longer ago than that, before a restart, is due at once.
    """
    first = oldest + group.wait
    return first if flushed is None else max(first, flushed + group.interval)
