from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rules.terms import (
    has_wildcard,
    has_word,
    is_plain,
    needs_its_signs,
    patterns_of,
    patterns_of_plain,
    tokens_of,
    weakness,
)


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
        ("レアアース", {" レアアース ", " レア アース "}),
        ("レア・アース", {" レア アース ", " レアアース "}),
        ("ホンダ", {" ホンダ "}),
        ("ジャーナル", {" ジャーナル ", " ジャー ナル "}),
        ("cooperation", {" cooperation ", " cooperations ", " co operation ", " co operations "}),
        ("design", {" design ", " designs "}),
        ("희토류", {" 희토류"}),
        ("รัสเซีย", {"รัสเซีย"}),
        ("Япония", {" япония "}),
        ("Yahoo!", {" yahoo ", " yahoos "}),
        ("!?", set()),
    ],
)
def test_a_term_stands_for_its_spellings(term: str, patterns: set[str]) -> None:
    assert set(patterns_of(term)) == patterns


@pytest.mark.parametrize(
    "term", ["semiconductor ban", "レアアース", "F35", "treaty", "Nouvelle-Calédonie", "日本", "L'accord"]
)
def test_plain_terms_stand_for_the_same_when_taken_together(term: str) -> None:
    assert patterns_of_plain([term, "tin"]) == [patterns_of(term), patterns_of("tin")]


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


_WORD = st.text(st.sampled_from("abesxyzoéÀßœŉþłЯыйコアー日本の가나F35"), min_size=1, max_size=6)
_PLAIN_TERM = st.tuples(_WORD, st.lists(st.tuples(st.sampled_from(" '’-"), _WORD), max_size=2)).map(
    lambda parts: parts[0] + "".join(sign + word for sign, word in parts[1])
)


@given(st.lists(_PLAIN_TERM.filter(is_plain), min_size=1))
def test_plain_terms_have_the_same_patterns_one_by_one_and_all_at_once(terms: list[str]) -> None:
    assert patterns_of_plain(terms) == list(map(patterns_of, terms))


@given(_PLAIN_TERM.filter(is_plain))
def test_nothing_is_to_be_said_of_a_plain_term(term: str) -> None:
    assert has_word(term)
    assert not has_wildcard(term)
    assert not needs_its_signs(term)
    assert weakness(term) is None


@pytest.mark.parametrize("term", ["AT&T", "U.S.", "sign*", "C++", "a  b", " a", "", "a" * 201])
def test_a_term_with_more_to_it_is_not_plain(term: str) -> None:
    assert not is_plain(term)
