from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import Level, Place
from alerts.routing.route import By, Routed, flush_at, lint, route, unreachable
from alerts.routing.spec import GroupSpec, MatchSpec, RouteSpec, Style
from alerts.story import Severity
from tests.alerts.routing.makers import facts
from tests.alerts.routing.test_facts import FACTS, SPECS
from tests.fakes import NOON

if TYPE_CHECKING:
    from alerts.routing.facts import Facts

CRITICAL = RouteSpec(match=MatchSpec(severity=Severity.CRITICAL), to=("#duty",), also=("pagerduty",))
TREATIES = RouteSpec(match=MatchSpec(tags=("treaties",)), to=("#treaties",), style=Style.COMPACT)
REST = RouteSpec(to=("#rest",))


def routed(routes: list[RouteSpec], own: tuple[str, ...] = (), **changes: Any) -> Routed:
    return route(routes, facts(**changes), own, ("#news",))


def test_the_first_route_that_takes_a_match_counts() -> None:
    routes = [CRITICAL, TREATIES, REST]
    assert routed(routes, severity=Severity.CRITICAL).channels == ("#duty",)
    assert routed(routes).channels == ("#treaties",)
    assert routed(routes, tags=frozenset()).channels == ("#rest",)


def test_the_routes_before_say_what_they_asked_for_in_vain() -> None:
    found = routed([CRITICAL, TREATIES, REST])
    assert (found.by, found.route) == (By.ROUTE, 2)
    assert found.passed == ("severity: high is below critical",)
    assert found.says == "route 2 is the first that took it"


def test_a_rule_names_its_channels_itself_and_keeps_the_rest_of_its_route() -> None:
    found = routed([CRITICAL, TREATIES], own=("#mine", "#mine"), severity=Severity.CRITICAL)
    assert (found.channels, found.spec.also, found.by) == (("#mine",), ("pagerduty",), By.RULE)
    assert found.says == "the rule's own `to:`; route 1 took it"


def test_a_route_without_channels_leaves_them_to_the_defaults() -> None:
    found = routed([RouteSpec(style=Style.COMPACT)])
    assert (found.channels, found.spec.style, found.by) == (("#news",), Style.COMPACT, By.DEFAULTS)
    assert found.says == "`defaults.to`: route 1 took it and names no channel"
    assert routed([]).says == "`defaults.to`: no route took it"


def test_where_nobody_names_a_channel_it_says_so() -> None:
    found = route([CRITICAL], facts(), (), ())
    assert (found.channels, found.by) == ((), By.NOBODY)
    assert found.says == "neither the rule, nor a route, nor `defaults:` names a channel: no route took it"


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        ([REST, CRITICAL], [(2, 1)]),
        ([CRITICAL, REST], []),
        ([TREATIES, CRITICAL, TREATIES, REST, REST], [(3, 1), (5, 4)]),
        ([RouteSpec(match=MatchSpec(severity=Severity.NOTICE)), CRITICAL], [(2, 1)]),
    ],
)
def test_a_route_behind_one_that_takes_all_of_it_is_never_reached(
    routes: list[RouteSpec], expected: list[tuple[int, int]]
) -> None:
    assert list(unreachable(routes)) == expected


@given(st.lists(SPECS.map(lambda spec: RouteSpec(match=spec)), max_size=4), FACTS)
def test_nothing_ever_takes_the_route_that_is_called_unreachable(routes: list[RouteSpec], one: Facts) -> None:
    never = {later for later, _ in unreachable(routes)}
    assert route(routes, one, (), ()).route not in never


def test_the_warning_stands_at_the_route_and_names_the_other() -> None:
    places = [Place("config.yaml", line, 5) for line in (10, 11)]
    routes = [RouteSpec(to=("#rest",), at=places[0]), RouteSpec(match=CRITICAL.match, at=places[1])]
    (problem,) = lint(routes)
    assert (problem.place, problem.level) == (places[1], Level.WARNING)
    assert problem.message == "route 2 never takes anything: route 1 (line 10) takes all of it before"
    assert problem.hint == "move it above that one, or remove it"


def test_a_route_from_no_file_is_not_warned_of() -> None:
    assert list(lint([REST, CRITICAL])) == []


def test_company_is_waited_for_once_and_then_in_intervals() -> None:
    group = GroupSpec(wait=timedelta(seconds=30), interval=timedelta(minutes=5))
    assert flush_at(group, NOON, None) == NOON + group.wait
    assert flush_at(group, NOON, NOON - timedelta(minutes=1)) == NOON + timedelta(minutes=4)
    assert flush_at(group, NOON, NOON - timedelta(hours=1)) == NOON + group.wait
