from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alerts.routing.spec import MatchSpec, RouteSpec
from alerts.rules.ruleset import compile_rules
from alerts.rules.spec import OnlySpec
from alerts.sight import blind
from tests.alerts.rules.specs import rule
from tests.fakes import outlet

if TYPE_CHECKING:
    from alerts.rules.ruleset import Rule

KYODO = outlet(id="kyodo", host="english.kyodo.example")


def named(name: str, **changes: Any) -> tuple[Rule, ...]:
    return compile_rules((), [rule("Japan", name, **changes)])[0].rules


def test_a_rule_whose_gates_name_the_source_or_its_host_loses_sight() -> None:
    by_id, by_host = OnlySpec(sources=("Kyodo",)), OnlySpec(sources=("kyodo.example", "afp"))
    assert blind(KYODO, (*named("a", only=by_id), *named("b", only=by_host)), (), {}) == ("a", "b")
    assert blind(outlet(id="afp", host="afp.example"), named("a", only=by_id), (), {}) == ()


def test_a_rule_whose_stories_came_mostly_from_it_loses_sight() -> None:
    mostly = {"a": {"kyodo": 3, "afp": 2}}
    assert blind(KYODO, named("a"), (), mostly) == ("a",)
    assert blind(KYODO, named("a"), (), {"a": {"kyodo": 2, "afp": 2}}) == ()
    assert blind(KYODO, named("a"), (), {"a": {"kyodo": 1}}) == ()
    assert blind(KYODO, named("b"), (), mostly) == ()


def test_a_route_that_names_the_source_blinds_its_rules_or_its_channels() -> None:
    to_rules = RouteSpec(match=MatchSpec(sources=("kyodo",), rules=("a",)), to=("#asia",))
    to_all = RouteSpec(match=MatchSpec(sources=("kyodo",)), to=("#asia",), also=("audit",))
    assert blind(KYODO, named("a"), (to_rules,), {}) == ("a",)
    assert blind(KYODO, named("a"), (to_all, to_all), {}) == ("the route to #asia, audit",)


def test_a_rule_that_tells_nobody_sees_for_nobody() -> None:
    only = OnlySpec(sources=("kyodo",))
    assert blind(KYODO, (*named("a", only=only, enabled=False), *named("b", only=only, shadow=True)), (), {}) == ()
