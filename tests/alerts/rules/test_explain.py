from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from alerts.rules.explain import Explanation, explain
from alerts.rules.printing import print_query
from alerts.rules.ruleset import compile_rules
from alerts.rules.spec import OnlySpec, RaiseSpec
from alerts.story import Severity
from tests.alerts.rules.specs import alias, entity, rule, text
from tests.alerts.rules.test_oracle import ENTITIES as ORACLE_ENTITIES
from tests.alerts.rules.test_oracle import LISTS, PARAGRAPHS, QUERIES, written
from tests.fakes import NOON, outlet, story

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alerts.rules.nodes import Node
    from tests.alerts.rules.test_oracle import Paragraphs

ENTITIES = (
    entity("japan", "Japan"),
    entity("france", "France", except_=("Tour de France",)),
    entity("raa", alias("RAA", case="exact", needs="troops", within="sentence")),
    entity("bread", fr=(alias("pain", lang_only=True),)),
)


def explained(when: str, body: str, title: str = "", **changes: Any) -> Explanation:
    return explain(compile_rules(ENTITIES, [rule(when)])[0], "rule", story(title, body, **changes)).query


def reasons(tree: Explanation) -> Iterator[str]:
    if tree.reason:
        yield tree.reason
    for part in tree.parts:
        yield from reasons(part)


@pytest.mark.parametrize(
    ("when", "title", "body", "reason"),
    [
        ("japan NEAR/2 france", "", "Japan one two three France", "NEAR/2 failed: closest 4 words"),
        ("japan PRE/2 france", "", "France Japan", "PRE/2 failed: never in this order"),
        ("japan NEAR/2 france", "Japan", "France", "NEAR/2 failed: never both in title or in text"),
        ("japan NOT NEAR/2 film", "", "Japan film", "NOT NEAR/2 failed: no mention of the left side stands alone"),
        ("japan SENT france", "", "Japan. France.", "SENT failed: both are there, in no sentence together"),
        ("ATLEAST/3 japan", "", "Japan, Japan", "ATLEAST/3 failed: found 2"),
        ("DISTINCT/2 (tin, zinc)", "", "tin, tin", "DISTINCT/2 failed: found 1"),
        ("title:japan", "", "Japan", "found elsewhere only: “Japan”"),
        ("=RAA", "", "the raa", "written otherwise: “raa”"),
        ("$france", "", "Tour de France", "every mention lies inside an exception: “Tour de France”"),
        ("$raa", "", "The RAA met.", "“RAA” needs troops within sentence"),
        ("$bread", "", "pain", "“pain” counts in fr only, and the story is in another language"),
        ("source:bbc.co.uk", "", "x", "the story has reuters and reuters.example"),
        ("japan NOT film", "", "Japan film", "what must not be there is there"),
    ],
)
def test_a_miss_says_how_near_it_was(when: str, title: str, body: str, reason: str) -> None:
    tree = explained(when, body, title)
    assert not tree.holds
    assert reason in list(reasons(tree))


def test_each_part_shows_its_truth_and_its_words() -> None:
    tree = explained("$japan AND (pact OR deal) NOT title:film", "The pact of Japan")
    assert list(tree.lines()) == [
        "✓ $japan AND (pact OR deal) AND title:(NOT film): “pact”, “Japan”",
        "  ✓ $japan: “Japan”",
        "  ✓ pact OR deal: “pact”",
        "    ✓ pact: “pact”",
        "    ✗ deal",
        "  ✓ title:(NOT film)",
        "    ✓ NOT film",
        "      ✗ film",
    ]


def test_a_verdict_tells_gates_and_severity_too() -> None:
    spec = rule(
        "japan",
        only=OnlySpec(max_age=timedelta(hours=1)),
        raise_=(RaiseSpec(to=Severity.HIGH, when=text("title:japan")),),
    )
    rules = compile_rules([], [spec])[0]
    late = story("Japan", published=NOON - timedelta(hours=2), outlet=outlet())
    verdict = explain(rules, "rule", late)
    assert verdict.query.holds
    assert not verdict.holds
    assert verdict.gate == "max_age: published 2:00:00 before it was seen"
    assert verdict.severity is Severity.HIGH
    assert [(to, tree.holds) for to, tree in verdict.raises] == [(Severity.HIGH, True)]
    with pytest.raises(KeyError):
        explain(rules, "other", late)


@given(tree=QUERIES, text=PARAGRAPHS)
def test_an_explanation_says_what_matching_does(tree: Node, text: Paragraphs) -> None:
    rules, _ = compile_rules(ORACLE_ENTITIES, [rule(print_query(tree))], LISTS)
    told = story("Then", "\n\n".join(map(written, text)))
    for compiled in rules.rules:
        verdict = explain(rules, compiled.id, told)
        assert verdict.holds is bool(rules.match(told))
        assert list(verdict.query.lines())
