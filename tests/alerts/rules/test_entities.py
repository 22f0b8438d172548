from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from alerts.errors import Level
from alerts.rules.entities import compile_entities
from tests.alerts.rules.specs import entity

if TYPE_CHECKING:
    from alerts.rules.spec import EntitySpec


def found(*specs: EntitySpec) -> list[tuple[Level, str]]:
    return [(problem.level, problem.message) for problem in compile_entities(specs)[1]]


def test_an_entity_stands_for_all_its_names_in_every_language() -> None:
    entities, problems = compile_entities(
        [entity("rare_earths", en=("rare earth",), ja=("レアアース",), fr=("terre rare",))]
    )
    assert problems == []
    assert entities["rare_earths"].label == "Rare_Earths"
    assert {" rare earths ", " レアアース ", " terres rare ", " terre rares "} & set(
        entities["rare_earths"].patterns
    ) == {
        " rare earths ",
        " レアアース ",
        " terre rares ",
    }


def test_a_name_in_two_languages_is_searched_for_once() -> None:
    entities, problems = compile_entities([entity("france", en=("France",), fr=("France",))])
    assert problems == []
    assert entities["france"].patterns == (" france ", " frances ")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (entity("japan"), "the entity japan has no aliases"),
        (entity("japan", en=("Japan",), ja=()), 'the entity japan has no aliases for "ja"'),
        (entity("japan", "!!"), 'the alias "!!" has no letter or digit to search for'),
        (entity("japan", "japan*"), 'a wildcard (* or ?) as in "japan*" is not yet available'),
        (entity("japan", "x" * 201), "the alias is too long"),
        (entity("the japan", "Japan"), '"the japan" cannot be written as $name'),
    ],
)
def test_an_entity_with_an_error_is_left_out(spec: EntitySpec, message: str) -> None:
    entities, problems = compile_entities([spec])
    assert entities == {}
    assert [(problem.level, problem.message) for problem in problems] == [(Level.ERROR, message)]


def test_two_entities_with_one_name_are_an_error_at_the_second() -> None:
    entities, (problem,) = compile_entities([entity("japan", "Japan", line=3), entity("japan", "Nippon", line=7)])
    assert problem.message == "there are two entities called japan"
    assert problem.place.line == 7
    assert "config.yaml:3:1" in str(problem.hint)
    assert " japan " in entities["japan"].patterns


@pytest.mark.parametrize(
    ("alias", "message"),
    [
        ("RAA", '"RAA" also finds the lower-case word "raa"'),
        ("REE", '"REE" also finds the lower-case word "ree"'),
        ("ООН", '"ООН" also finds the lower-case word "оон"'),
        ("AT&T", 'punctuation is ignored: "AT&T" finds every "at t"'),
        ("C++", 'punctuation is ignored: "C++" finds every "c"'),
    ],
)
def test_a_name_that_finds_too_much_is_a_warning(alias: str, message: str) -> None:
    assert found(entity("thing", alias)) == [(Level.WARNING, message)]


@pytest.mark.parametrize("alias", ["AUKUS", "G7", "F-35", "U.S.", "Japan", "日本", "EU summit"])
def test_other_names_are_fine(alias: str) -> None:
    assert found(entity("thing", alias)) == []


def test_a_name_of_two_entities_is_a_warning_at_the_second() -> None:
    _, (problem,) = compile_entities([entity("japan", "Tokyo"), entity("tokyo", "Edo", "TOKYO!", line=7)])
    assert (problem.level, problem.place.line) == (Level.WARNING, 8)
    assert problem.message == 'the alias "TOKYO!" also belongs to $japan'


def test_names_without_a_letter_are_not_called_shared() -> None:
    assert [level for level, _ in found(entity("one", "!!"), entity("two", "??"))] == [Level.ERROR, Level.ERROR]
