from __future__ import annotations

from typing import Any

import pytest

from alerts.errors import Level
from alerts.rules.ruleset import compile_rules
from alerts.rules.spec import OnlySpec, RaiseSpec
from alerts.story import Severity
from tests.alerts.rules.specs import alias, entity, problems_of, rule, saved_query, term_list, text


@pytest.mark.parametrize(
    ("when", "column", "message", "hint"),
    [
        ("japan AND AT&T", 21, '"AT&T" is found in any case', 'write ="AT&T"'),
        ("japan AND the", 21, '"the" stands in nearly every story', None),
        ("japan AND 2026", 21, '"2026" is a bare number', None),
        ("min* AND japan", 11, '"min*" finds every word that begins so', None),
        ("japan AND treaty NOT japan", 11, "this can never hold: it asks for the same thing", None),
        ("lang:en AND lang:(fr, de) AND japan", 29, "this can never hold: a story has one lang", "lang:(a OR b)"),
        ("japan AND section:asia", 29, "section: is not yet available", "tag: looks in"),
        ("(rare earth, gallium, Rare-Earth)", 33, '"Rare-Earth" finds the same as "rare earth"', None),
    ],
)
def test_what_is_seldom_meant_is_a_warning(when: str, column: int, message: str, hint: str | None) -> None:
    (problem,) = problems_of(when)
    assert (problem.level, problem.place.column) == (Level.WARNING, column)
    assert message in problem.message
    assert hint is None or hint in str(problem.hint)


@pytest.mark.parametrize(
    "when",
    [
        '="AT&T"',
        "U.S.",
        "sign*",
        "lang:en AND lang:en-gb AND japan",
        "lang:en AND japan",
        "source:the AND japan",
        "(japan, france)",
        "title:treaty NOT treaty",
        '"Procter & Gamble"',
    ],
)
def test_what_may_be_meant_is_none(when: str) -> None:
    assert problems_of(when) == ()


def test_unused_names_are_warnings_and_those_that_names_use_are_not() -> None:
    found = problems_of(
        "$used",
        entities=(
            entity("deep", alias("RAA", needs="$inner")),
            entity("idle", "Peru"),
            entity("packed", "x", pack="p"),
        ),
        lists=(term_list("inner", "troops"), term_list("spare", "tin")),
        queries=(saved_query("used", "$deep OR zinc"), saved_query("left", "$spare")),
    )
    assert {problem.message for problem in found} == {
        "no rule uses the entity idle",
        "no rule uses the list spare",
        "no rule uses the query left",
    }


def test_an_exception_or_a_need_answers_for_a_short_name() -> None:
    short = entity("short", alias("RAA", case="exact"), alias("REE", needs="mine"), "仏", except_=("仏教",))
    assert problems_of("$short", entities=(short,)) == ()


def test_two_aliases_that_say_the_same_are_a_warning() -> None:
    (problem,) = problems_of("$x", entities=(entity("x", "Nouvelle-Calédonie", "nouvelle caledonie"),))
    assert problem.message == '"nouvelle caledonie" finds the same as "Nouvelle-Calédonie"'


def test_a_raise_that_raises_nothing_is_a_warning() -> None:
    step = RaiseSpec(to=Severity.NOTICE, when=text("title:japan", 5))
    (problem,) = compile_rules([], [rule("japan", severity=Severity.HIGH, raise_=(step,))])[1]
    assert problem.message == "this raises nothing: the rule's severity is high already"


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ("japan AND pact", "pact AND Japan", "this rule finds the same as the rule one"),
        ("japan", "japan AND pact", "this rule finds nothing that is not found by the rule one"),
        ("japan OR peru OR chile", "chile OR japan", "this rule finds nothing that is not found by the rule one"),
        ("(japan OR peru) AND pact", "japan AND pact AND troops", "this rule finds nothing that is not found by"),
    ],
)
def test_a_rule_inside_another_is_a_warning(first: str, second: str, message: str) -> None:
    (problem,) = compile_rules([], [rule(first, "one"), rule(second, "two", line=20)])[1]
    assert message in problem.message
    assert problem.place.line == 21


@pytest.mark.parametrize(
    "changes",
    [
        {"to": ("#other",)},
        {"severity": Severity.CRITICAL},
        {"raise_": (RaiseSpec(to=Severity.CRITICAL, when=text("troops")),)},
    ],
)
def test_a_rule_that_tells_others_or_more_is_none(changes: dict[str, Any]) -> None:
    assert compile_rules([], [rule("japan", "one"), rule("japan AND pact", "two", **changes)])[1] == ()


def test_a_rule_behind_a_gate_covers_nothing() -> None:
    gated = rule("japan", "one", only=OnlySpec(languages=("en",)))
    assert compile_rules([], [gated, rule("japan AND pact", "two")])[1] == ()
