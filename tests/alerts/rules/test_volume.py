from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from alerts.errors import Level
from alerts.rules.ruleset import RuleSet, compile_rules
from alerts.rules.spec import OnlySpec, Rate, StreamSpec
from alerts.rules.volume import LEAST, MOST_TEXT, volume
from tests.alerts.rules.specs import alias, entity, rule, saved_query, term_list
from tests.fakes import story

if TYPE_CHECKING:
    from alerts.story import Story

US = entity("us", "United States", alias("US", needs="trade"))


def compiled(*whens: str, **changes: Any) -> RuleSet:
    specs = [rule(when, f"rule-{number}", line=10 * number + 10, **changes) for number, when in enumerate(whens)]
    names = [US], specs, [term_list("metals", "gold", "tin")], [saved_query("talks", "met OR spoke")]
    ruleset, problems = compile_rules(*names)
    assert not [problem for problem in problems if problem.level is Level.ERROR]
    return ruleset


def hundred(**shares: int) -> list[Story]:
    """A hundred stories, of which so many hold each of these words."""
    return [story("It", " ".join(word for word, share in shares.items() if number < share)) for number in range(100)]


def said(*whens: str, stories: list[Story], **changes: Any) -> list[str]:
    return [problem.message for problem in volume(compiled(*whens, **changes), stories)]


def test_a_rule_that_holds_for_more_than_a_tenth_is_named_with_its_words() -> None:
    (problem,) = volume(compiled("gold OR tin"), hundred(gold=21, Tin=5))
    assert (
        problem.message == 'the rule rule-0 holds for 21 of the last 100 stories, most often by "gold" (21), "tin" (5)'
    )
    assert (problem.level, problem.place.line, problem.place.column) == (Level.WARNING, 11, 11)
    assert problem.hint
    assert said("gold OR tin", stories=hundred(gold=10, tin=5)) == []


def test_the_words_of_a_name_are_counted_one_by_one() -> None:
    message = 'the rule rule-0 holds for 40 of the last 100 stories, most often by "us" (40)'
    assert said("$us", stories=hundred(US=60, trade=40)) == [message]


def test_a_common_term_that_is_held_in_check_is_none_until_it_checks_nothing() -> None:
    hint = " is in 51 of the last 100 stories, and hardly narrows the rule rule-0"
    for when in ("gold AND tin", "gold NEAR/5 tin", "gold SENT tin", "$metals AND talks", "ATLEAST/2 gold"):
        assert said(when, stories=hundred(gold=50)) == []
        found = said(when, stories=hundred(gold=51))
        assert [message.replace(" of $metals", "") for message in found] == [f'"gold"{hint}']


def test_a_common_term_behind_not_is_told_from_a_fifth() -> None:
    assert said("talks NOT gold", stories=hundred(gold=20)) == []
    message = '"gold" is in 21 of the last 100 stories, and the rule rule-0 passes over all of them'
    assert said("talks NOT (gold, tin)", stories=hundred(gold=21)) == [message]


def test_a_common_term_that_only_gates_hold_in_check_is_told_from_a_fifth() -> None:
    message = '"gold" is in 21 of the last 100 stories, and only its gates keep the rule rule-0 from them'
    assert said("gold", stories=hundred(gold=21), only=OnlySpec(languages=("fr",))) == [message]


def test_a_saved_query_is_told_where_the_rule_names_it() -> None:
    (problem,) = volume(compiled("$talks AND tin", only=OnlySpec(languages=("fr",))), hundred(met=60))
    assert problem.message.startswith('"met" is in 60 of the last 100 stories')
    assert (problem.place.line, problem.place.column) == (11, 11)


def test_a_place_is_that_in_the_rule_itself_though_another_asks_for_the_same_term() -> None:
    (problem,) = volume(compiled("title:gold AND tin", "talks AND zinc NOT gold"), hundred(gold=60))
    assert (problem.place.line, problem.place.column) == (21, 11 + len("talks AND zinc NOT "))


def test_a_term_is_told_once_whatever_its_case() -> None:
    assert len(said("gold AND tin", "GOLD AND talks", stories=hundred(gold=60))) == 1


def test_only_the_field_is_counted_that_the_rule_looks_in() -> None:
    assert said("title:gold", stories=hundred(gold=90)) == []
    assert said("title:it AND body:tin", stories=hundred(gold=90)) != []


@pytest.mark.parametrize("when", ["/g.ld/", "gol*", "=gold"])
def test_terms_of_every_kind_are_measured(when: str) -> None:
    assert len(said(f"{when} AND tin", stories=hundred(gold=60))) == 1


@pytest.mark.parametrize(
    ("when", "changes"),
    [
        ("source:reuters", {}),
        ("tag:it OR url:example OR author:it", {}),
        ("gold", {"stream": StreamSpec(count=Rate(count=5, per=timedelta(hours=1)))}),
        ("gold", {"enabled": False}),
    ],
)
def test_what_wants_all_of_a_source_or_counts_stories_is_left_alone(when: str, changes: dict[str, Any]) -> None:
    assert said(when, stories=hundred(gold=100), **changes) == []


def test_too_few_stories_say_nothing() -> None:
    assert said("gold", stories=hundred(gold=100)[: LEAST - 1]) == []


def test_no_more_text_is_looked_at_than_takes_a_moment() -> None:
    long = story("gold", "x" * (MOST_TEXT // LEAST // 2 - len("gold")))
    (message,) = said("gold", stories=[long] * 10 * LEAST)
    assert f"{2 * LEAST} of the last {2 * LEAST} stories" in message
