from __future__ import annotations

import gc
import weakref

import pytest

from alerts.errors import Level
from alerts.rules.printing import print_query
from alerts.rules.ruleset import RuleSet, compile_rules
from alerts.story import Severity
from tests.alerts.rules.specs import entity, problems_of, rule, rules
from tests.fakes import story

JAPAN = entity("japan", "Japan", "Tokyo")


def test_a_match_carries_what_the_rule_says() -> None:
    spec = rule("$japan", "pact", severity=Severity.HIGH, tags=("minerals",), to=("#a",), owner="Ann", note="why")
    ruleset, problems = compile_rules([JAPAN], [spec])
    assert problems == ()
    (match,) = ruleset.match(story("Japan signs"))
    assert (match.rule, match.name, match.severity, match.tags) == ("pact", "Pact", Severity.HIGH, ("minerals",))
    (compiled,) = ruleset.rules
    assert (compiled.id, compiled.name, compiled.to, compiled.owner, compiled.note) == (
        "pact",
        "Pact",
        ("#a",),
        "Ann",
        "why",
    )
    assert print_query(compiled.query) == "$japan"


def test_matches_come_in_the_order_of_the_file() -> None:
    ruleset = rules("signs", "japan", "absent", "pact", "japan AND signs")
    found = ruleset.match(story("Japan signs pact"))
    assert [match.rule for match in found] == ["rule-0", "rule-1", "rule-3", "rule-4"]


def test_a_disabled_rule_is_checked_but_never_matches() -> None:
    specs = [rule("japan", "off", enabled=False), rule("japan", "on")]
    ruleset, _ = compile_rules([], specs)
    assert [match.rule for match in ruleset.match(story("Japan"))] == ["on"]
    assert [spec.id for spec in ruleset.rules] == ["off", "on"]
    assert compile_rules([], [rule("a AND", enabled=False)])[1]


def test_an_empty_set_matches_nothing() -> None:
    assert RuleSet.empty().match(story("Japan")) == ()
    assert RuleSet.empty().rules == ()


def test_every_problem_is_told_at_once_in_the_order_of_the_file() -> None:
    found = problems_of(
        "$japn AND titel:x",
        "a AND b OR c",
        "treaty NEAR/5",
        entities=(JAPAN, entity("empty", line=5)),
    )
    assert [(problem.place.line, problem.level, problem.message) for problem in found] == [
        (1, Level.WARNING, "no rule uses the entity japan"),
        (5, Level.ERROR, "the entity empty has no aliases"),
        (5, Level.WARNING, "no rule uses the entity empty"),
        (11, Level.ERROR, "no entity, list or query is called $japn"),
        (11, Level.ERROR, 'unknown field "titel:"'),
        (21, Level.ERROR, "AND and OR are mixed without parentheses"),
        (31, Level.ERROR, "a term is missing before the end"),
    ]
    assert found[3].hint == "did you mean $japan?"
    assert found[3].excerpt == "$japn AND titel:x\n^"


def test_a_name_like_no_other_gets_no_guess() -> None:
    (problem,) = [found for found in problems_of("$zzz", entities=(JAPAN,)) if found.level is Level.ERROR]
    assert problem.hint == "define it under entities:, lists: or queries:"


def test_two_rules_of_one_name_are_an_error() -> None:
    ruleset, (problem,) = compile_rules([], [rule("treaty", "pact", line=3), rule("accord", "pact", line=7)])
    assert problem.level is Level.ERROR
    assert problem.message == "there are two rules called pact"
    assert problem.place.line == 7
    assert len(ruleset.rules) == 1


def test_a_rule_needs_an_id() -> None:
    assert [problem.message for problem in compile_rules([], [rule("a", " ")])[1]] == ["the rule's id is empty"]


def test_what_compiled_is_kept_beside_errors() -> None:
    specs = [rule("$broken", "one"), rule("NOT b", "two"), rule("$japan", "three")]
    ruleset, problems = compile_rules([JAPAN, entity("broken")], specs)
    assert problems
    assert [compiled.id for compiled in ruleset.rules] == ["three"]


def test_an_entity_named_only_by_a_broken_rule_is_not_called_unused() -> None:
    assert [problem.level for problem in problems_of("$japan AND", entities=(JAPAN,))] == [Level.ERROR]


def test_a_phrase_that_lives_by_its_punctuation_is_a_warning() -> None:
    (problem,) = problems_of("japan AND AT&T")
    assert (problem.level, problem.place.column) == (Level.WARNING, 21)


def test_the_revision_names_the_content_and_not_its_place() -> None:
    first = compile_rules([JAPAN], [rule("$japan")])[0].revision
    assert first == compile_rules([entity("japan", "Japan", "Tokyo", line=99)], [rule("$japan", line=200)])[0].revision
    assert len(first) == 12


@pytest.mark.parametrize(
    "other",
    [
        compile_rules([entity("japan", "Japan")], [rule("$japan")]),
        compile_rules([JAPAN], [rule("$japan", severity=Severity.HIGH)]),
        compile_rules([JAPAN], [rule("$japan", to=("#x",))]),
        compile_rules([JAPAN], [rule("$japan", enabled=False)]),
        compile_rules([JAPAN], [rule("$japan OR b")]),
        compile_rules([], []),
    ],
)
def test_the_revision_changes_with_the_content(other: tuple[RuleSet, object]) -> None:
    assert compile_rules([JAPAN], [rule("$japan")])[0].revision != other[0].revision


def test_a_replaced_set_leaves_nothing_behind() -> None:
    ruleset = rules("japan")
    gone = weakref.ref(ruleset)
    del ruleset
    gc.collect()
    assert gone() is None
