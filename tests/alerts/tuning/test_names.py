from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.tuning.names import MOST_WORDS, folded_name, is_headline, is_name, name_before, names_in


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            "The deal was signed by the Ministry of Foreign Affairs on Monday.",
            ["Ministry of Foreign Affairs", "Monday"],
        ),
        ("Talks began, said Kim Min-seok, the envoy.", ["Kim Min-seok"]),
        ("日本でレアアースの開発", ["レアアース"]),
        ("nothing here has a name", []),
    ],
)
def test_names_are_capitalised_within_a_sentence(text: str, names: list[str]) -> None:
    assert list(names_in(text)) == names


@pytest.mark.parametrize(
    ("line", "headline"),
    [
        ("Rare Earth Prices Soar As China Curbs Exports", True),
        ("Rare earth prices soar as China curbs exports", False),
        ("Kim Min-seok", False),
        ("", False),
    ],
)
def test_capitals_of_a_headline_say_nothing(line: str, headline: bool) -> None:
    assert is_headline(line) is headline


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("under the Reciprocal Access Agreement ", "Reciprocal Access Agreement"),
        ("dans l'Accord d'Accès Réciproque", "l'Accord d'Accès Réciproque"),
        ("両国は円滑化協定", "両国は円滑化協定"[-5:]),
        ("it was said of the", None),
        ("", None),
    ],
)
def test_a_name_is_found_where_a_text_ends(text: str, name: str | None) -> None:
    assert name_before(text) == name


@given(st.text(max_size=200))
def test_whatever_is_written_names_are_short_pieces_of_it(text: str) -> None:
    for name in names_in(text):
        assert len(name.split()) <= MOST_WORDS
    if found := name_before(text):
        assert is_name(found)
        assert folded_name(found)


@pytest.mark.parametrize("text", ["the", "12", "a", "", "of the", "…"])
def test_what_names_nobody(text: str) -> None:
    assert not is_name(text)
