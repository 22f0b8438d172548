"""Which rules lose sight when a source says nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.rules.facts import is_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from alerts.routing.spec import RouteSpec
    from alerts.rules.ruleset import Rule
    from alerts.story import Outlet

PAST = timedelta(days=30)  # of which it counts where a rule's stories came from
_FEWEST = 2  # stories of a source, for a rule to live by it


def blind(
    outlet: Outlet,
    rules: Iterable[Rule],
    routes: Iterable[RouteSpec],
    brought: Mapping[str, Mapping[str, int]],
) -> tuple[str, ...]:
    """Return the ids of rules that need a source, and the routes that do, in their order.

    A rule needs one that its gates name, and one that most of its stories of PAST came from: ``brought`` counts them
    by rule and source. A rule that is switched off or on trial sees for nobody.
    """
    routed = [route for route in routes if _names(route.match.sources, outlet)]
    by_route = {rule for route in routed for rule in route.match.rules}
    needing = [
        rule.id
        for rule in rules
        if rule.enabled
        and not rule.shadow
        and (_names(rule.only.sources, outlet) or rule.id in by_route or _lives_by(brought.get(rule.id, {}), outlet.id))
    ]
    channels = (f"the route to {', '.join((*route.to, *route.also))}" for route in routed if not route.match.rules)
    return (*needing, *dict.fromkeys(channels))


def _names(names: Sequence[str], outlet: Outlet) -> bool:
    return any(is_source(outlet, name.lower()) for name in names)


def _lives_by(brought: Mapping[str, int], source: str) -> bool:
    own = brought.get(source, 0)
    return own >= _FEWEST and 2 * own > sum(brought.values())
