from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.cluster.terms import BLANK, TITLE, WORDS, terms


def test_terms_are_stems_and_the_title_counts_more() -> None:
    counted = terms("Exporters protest", "The exporter protests. Exports fell.")
    assert counted["export"] == TITLE + 2
    assert counted["protes"] == TITLE + 1
    assert counted["the"] == 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("輸出規制、発表", {"輸出", "出規", "規制", "発表"}),  # no pair across the comma
        ("レアアース", {"レアアース"}),
        ("정상회담", {"정상", "상회", "회담"}),
        ("ลงนาม", {"ลงน", "งนา", "นาม"}),
        ("Île-de-France", {"ile", "de", "france"}),
        ("Переговоры", {"перего"}),
        ("والرئيس الرئيس", {"رئيس"}),  # "and the president", "the president"
        ("日", {"日"}),
        ("… — !", set()),
    ],
)
def test_terms_of_every_script(text: str, found: set[str]) -> None:
    assert set(terms("", text)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("12 dead after a fire", {"12 dead"}),
        ("on June 12, 2008", {"june 12", "12 2008"}),  # across the comma
        ("am 12. Dezember", {"am 12", "12 dezemb"}),
        ("magnitude 6.4", {"magnit 6", "6 4"}),
        ("12人死亡", {"12 人"}),
        ("twelve dead", set()),
        ("2008", set()),
    ],
)
def test_a_number_is_a_term_with_either_neighbour(text: str, found: set[str]) -> None:
    assert {term for term in terms("", text) if BLANK in term} == found
    assert {term for term, count in terms(text, "").items() if BLANK in term and count == TITLE} == found


@given(st.text(), st.text())
def test_terms_have_no_blank_but_those_of_numbers(title: str, text: str) -> None:
    for term in terms(title, text):
        assert term.split(BLANK) == term.split()
        assert BLANK not in term or any(part[0].isdigit() for part in term.split(BLANK))


def test_only_the_beginning_of_a_long_text_is_read() -> None:
    long = " ".join(f"w{number}" for number in range(3 * WORDS))
    assert terms("", long).total() == WORDS
    assert "w0" in terms("", long)
