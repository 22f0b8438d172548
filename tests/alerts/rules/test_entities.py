from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from alerts.errors import Level
from alerts.rules.ruleset import compile_rules
from tests.alerts.rules.specs import entity, rule, rules
from tests.fakes import story

if TYPE_CHECKING:
    from alerts.errors import Problem
    from alerts.rules.spec import EntitySpec


def problems(*specs: EntitySpec) -> tuple[Problem, ...]:
    """Compile entities, each named by a rule of its own."""
    using = [rule(f"$x AND ${spec.id.value}", f"rule-{number}") for number, spec in enumerate(specs)]
    return tuple(
        problem
        for problem in compile_rules(specs, using)[1]
        if problem.place.line < 10 and "no rule uses" not in problem.message
    )


def found(*specs: EntitySpec) -> list[tuple[Level, str]]:
    return [(problem.level, problem.message) for problem in problems(*specs)]


def test_an_entity_stands_for_all_its_names_in_every_language() -> None:
    earths = entity("rare_earths", en=("rare earth",), ja=("レアアース",), fr=("terre rare",))
    assert found(earths) == []
    for text in ("Rare earths", "レアアースの", "terres rare", "terre rares"):
        assert bool(rules("$rare_earths", entities=(earths,)).match(story(text))) is (text != "terres rare")


def test_a_name_in_two_languages_is_no_trouble() -> None:
    assert found(entity("france", en=("France",), fr=("France",))) == []


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (entity("japan"), "the entity japan has no aliases"),
        (entity("japan", en=("Japan",), ja=()), 'the entity japan has no aliases for "ja"'),
        (entity("japan", "!!"), 'the alias "!!" has no letter or digit to search for'),
        (entity("japan", "ja*"), '"ja*" would find too much'),
        (entity("japan", "j*pan"), 'the * in "j*pan" stands before the end'),
        (entity("japan", "x" * 201), "the alias is too long"),
        (entity("the japan", "Japan"), '"the japan" cannot be written as $name'),
    ],
)
def test_an_entity_with_an_error_is_left_out(spec: EntitySpec, message: str) -> None:
    assert found(spec) == [(Level.ERROR, message)]


def test_two_entities_with_one_name_are_an_error_at_the_second() -> None:
    (problem,) = problems(entity("japan", "Japan", line=3), entity("japan", "Nippon", line=7))
    assert problem.message == "there are two entities called japan"
    assert problem.place.line == 7
    assert "config.yaml:3:1" in str(problem.hint)


@pytest.mark.parametrize(
    ("alias", "message"),
    [
        ("RAA", '"RAA" also finds the lower-case word "raa"'),
        ("REE", '"REE" also finds the lower-case word "ree"'),
        ("ООН", '"ООН" also finds the lower-case word "оон"'),
        ("AT&T", '"AT&T" also finds "at&t" and "AT & T": its signs must stand there, its capitals and blanks need not'),
        ("C++", '"C++" also finds "c++": its signs must stand there, its capitals and blanks need not'),
        ("仏", '"仏" is a single character, and is found inside every word that holds it'),
        ("min*", '"min*" finds every word that begins so'),
        ("the", '"the" stands in nearly every story'),
        ("2026", '"2026" is a bare number, which stands in many stories'),
    ],
)
def test_a_name_that_finds_too_much_is_a_warning(alias: str, message: str) -> None:
    assert found(entity("thing", alias)) == [(Level.WARNING, message)]


@pytest.mark.parametrize("alias", ["AUKUS", "G7", "F-35", "U.S.", "Japan", "日本", "EU summit"])
def test_other_names_are_fine(alias: str) -> None:
    assert found(entity("thing", alias)) == []


def test_a_name_of_two_entities_is_a_warning_at_the_second() -> None:
    (problem,) = problems(entity("japan", "Tokyo"), entity("tokyo", "Edo", "TOKYO!", line=7))
    assert (problem.level, problem.place.line) == (Level.WARNING, 8)
    assert problem.message == 'the alias "TOKYO!" also belongs to $japan'


def test_names_without_a_letter_are_not_called_shared() -> None:
    assert [level for level, _ in found(entity("one", "!!"), entity("two", "??"))] == [Level.ERROR, Level.ERROR]
