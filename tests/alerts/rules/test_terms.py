from __future__ import annotations

import pytest

from alerts.rules.terms import patterns_of, tokens_of, weakness


@pytest.mark.parametrize(
    ("term", "patterns"),
    [
        ("rare earth", {" rare earth ", " rare earths "}),
        ("treaty", {" treaty ", " treaties ", " treatys "}),
        ("embargo", {" embargo ", " embargos ", " embargoes "}),
        ("sanctions", {" sanctions ", " sanctionses "}),
        ("co-operation", {" co operation ", " co operations ", " cooperation ", " cooperations "}),
        ("F-35", {" f 35 ", " f 35s ", " f35 ", " f35s "}),
        ("F35", {" f 35 ", " f 35s ", " f35 ", " f35s "}),
        ("A4", {" a4 ", " a4s "}),
        ("U.S.", {" u s "}),
        ("日本", {" 日 本 "}),
        ("レアアース", {" レアアース "}),
        ("희토류", {" 희토류"}),
        ("รัสเซีย", {"รัสเซีย"}),
        ("Япония", {" япония "}),
        ("Yahoo!", {" yahoo ", " yahoos "}),
        ("!?", set()),
    ],
)
def test_a_term_stands_for_its_spellings(term: str, patterns: set[str]) -> None:
    assert set(patterns_of(term)) == patterns


def test_the_plain_spelling_comes_first() -> None:
    assert patterns_of("co-operation")[0] == " co operation "


def test_a_term_is_the_same_composed_and_decomposed() -> None:
    assert patterns_of("réciproque") == patterns_of("re\u0301ciproque")
    assert tokens_of("か\u3099") == ("が",)


@pytest.mark.parametrize(("term", "left"), [("AT&T", "at t"), ("C++", "c"), ("R&D", "r d"), ("C#", "c")])
def test_a_term_that_lives_by_its_punctuation_is_weak(term: str, left: str) -> None:
    assert weakness(term) == left


@pytest.mark.parametrize("term", ["U.S.", "Procter & Gamble", "Yahoo!", "F-35", "EU", "l'or", "日本", "(日)"])
def test_other_terms_are_not(term: str) -> None:
    assert weakness(term) is None
