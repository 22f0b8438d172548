from __future__ import annotations

import pytest

from tests.alerts.imports.makers import carried, changed, reduced, refused


@pytest.mark.parametrize(
    ("query", "ours"),
    [
        ('"rare earths" AND China', '"rare earths" AND China'),
        (
            'lithium AND (mine OR "open pit") NOT (battery OR "AA battery")',
            'lithium AND (mine OR "open pit") AND NOT (battery OR "AA battery")',
        ),
        ("gallium or germanium and export", "gallium OR (germanium AND export)"),
        ("Japan NEAR France", "Japan NEAR/5 France"),
        ("Japan NEAR/10 France", "Japan NEAR/11 France"),
        ("(Tokyo OR Japan) ONEAR/3 (Paris OR France)", "(Tokyo OR Japan) PRE/4 (Paris OR France)"),
        ("Tokyo ONEAR accord", "Tokyo PRE/5 accord"),
        ('title:"New Caledonia" AND nickel', 'title:"New Caledonia" AND nickel'),
        ("ingress:(riot* OR unrest)", "lead:(riot* OR unrest)"),
        ("“critical minerals” AND “supply chain”", '"critical minerals" AND "supply chain"'),
        ("NOT film AND japan", "NOT film AND japan"),
        ("EU* AND tariff", r"/(?i)\bEU\w*\b/ AND tariff"),
        ("internat?onal AND 日本", "internat?onal AND 日本"),
        ("a NEAR/2 b NEAR/4 c", "a NEAR/3 b NEAR/5 c"),
        ('(lithium NEAR/4 (price OR cost*)) AND title:"Chile"', "lithium NEAR/5 (price OR cost*) AND title:Chile"),
        ("レアアース AND (輸出 OR 規制)", "レアアース AND (輸出 OR 規制)"),
    ],
)
def test_what_meltwater_can_say_is_carried(query: str, ours: str) -> None:
    assert carried("meltwater", query) == ours


def test_a_preference_for_the_sentence_shown_is_dropped_with_a_word() -> None:
    ours, warning = changed("meltwater", "nickel AND (mine OR smelter)^9")
    assert ours == "nickel AND (mine OR smelter)"
    assert warning == "1:29 the preference ^ only chooses the sentence shown, and was dropped"


def test_words_without_an_operator_are_read_as_and() -> None:
    assert changed("meltwater", "nickel mine") == ("nickel AND mine", "1:8 side by side was read as AND")


def test_an_unknown_field_is_left_out_and_named() -> None:
    assert reduced("meltwater", "nickel AND sourceReach:(high)") == (
        "nickel",
        "1:12 the field sourceReach: was left out",
    )


def test_and_inside_a_proximity_is_spread_with_a_word() -> None:
    ours, warning = changed("meltwater", "accord NEAR/4 (japan AND france)")
    assert ours == "accord NEAR/5 japan AND accord NEAR/5 france"
    assert "not all at one place" in warning


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("nickel AND", "1:11 a term is missing at the end"),
        ("(nickel", "1:1 this bracket is never closed"),
        ("nickel)", "1:7 this bracket was never opened"),
        ('"nickel', "1:1 this quotation mark is never closed"),
        ("title:nickel NEAR mine", "1:14 this proximity has a NOT or a field on one side"),
        ("AND nickel", "1:1 a term is missing before this"),
        ("NOT nickel", "1:1 the query was left out: a query cannot consist only of NOT: it would match every story"),
        ("(" * 200 + "nickel", "1:102 more than 100 brackets inside one another"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(query: str, error: str) -> None:
    assert refused("meltwater", query) == [error]
