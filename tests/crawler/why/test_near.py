from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rules.explain import explain
from alerts.rules.ruleset import compile_rules
from crawler.why.near import Miss, miss_of
from tests.alerts.rules.specs import alias, entity, rule
from tests.fakes import story

ENTITIES = (entity("raa", alias("RAA", case="exact", needs="troops", within="sentence")),)


def missed(when: str, text: str) -> Miss:
    rules, _ = compile_rules(ENTITIES, [rule(when)])
    return miss_of(explain(rules, "rule", story("", text)).query)


@pytest.mark.parametrize(
    ("when", "text", "missing", "found"),
    [
        ("a1 AND b1 AND c1", "a1 b1", ["c1"], 2),
        ("a1 AND b1 AND c1", "a1", ["b1", "c1"], 1),
        ("a1 AND b1", "x", ["a1", "b1"], 0),
        ("a1 AND (b1, c1)", "a1", ["(b1, c1)"], 1),
        ("(a1, b1)", "x", ["(a1, b1)"], 0),
        ("(a1 AND b1 AND c1) OR (d1 AND e1)", "d1 a1 x", ["e1"], 1),
        ("(a1 AND b1) OR c1", "x", ["(a1 AND b1) OR c1"], 0),
        ("a1 AND b1 NOT c1", "a1 b1 c1", ["NOT c1"], 2),
        ("a1 NEAR/1 b1", "a1 x y z b1", ["a1 NEAR/1 b1"], 2),
        ("a1 NEAR/1 b1", "a1", ["b1"], 1),
        ("title:a1", "a1", ["title:a1"], 1),
        ("$raa", "RAA", ["=RAA"], 1),
        ('"red green blue"', "red x", ['"red green blue"'], 0),
        ('"red green"', "green red", ['"red green"'], 1),
        ("DISTINCT/3 (a1, b1, c1, d1)", "a1 b1", ["DISTINCT/3 (a1, b1, c1, d1)"], 2),
    ],
)
def test_what_is_missing_at_least(when: str, text: str, missing: list[str], found: int) -> None:
    miss = missed(when, text)
    shown = [one.text.strip("()") for one in miss.missing]
    assert (shown, miss.found) == ([one.strip("()") for one in missing], found)


def test_only_what_must_not_be_there_excludes() -> None:
    assert missed("a1 NOT b1", "a1 b1").is_excluded
    assert not missed("a1 AND c1 NOT b1", "a1 b1").is_excluded
    assert not missed("a1", "a1").is_excluded


@given(st.lists(st.sampled_from(["a1", "b1", "c1", "d1", "x", "y"]), max_size=8).map(" ".join))
@pytest.mark.parametrize("when", ["a1 AND (b1 OR c1) NOT d1", "(a1 NEAR/2 b1) OR (c1 AND NOT title:d1)", "a1 AND b1"])
def test_nothing_is_missing_exactly_when_the_query_holds(when: str, text: str) -> None:
    rules, _ = compile_rules((), [rule(when)])
    told = story("", text or "x")
    assert (not missed(when, text or "x").missing) == explain(rules, "rule", told).query.holds
