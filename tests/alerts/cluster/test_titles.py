from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.cluster.shingles import tokens
from alerts.cluster.titles import title_ratio

TITLES = st.lists(st.text("abcø港", min_size=1, max_size=4), max_size=8)


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        ("Port strike ends", "Port strike ends after nine days", 100, 100),
        ("Minister resigns over port strike", "Port strike: minister resigns", 90, 100),
        ("Minister resigns over port strike", "Rain delays the cup final", 0, 50),
        ("港湾スト終了", "港湾スト、9日ぶり終了", 100, 100),
        ("", "Port strike ends", 0, 0),
        ("", "", 0, 0),
    ],
)
def test_what_one_title_adds_counts_little(one: str, other: str, least: float, most: float) -> None:
    assert least <= title_ratio(tokens(one), tokens(other)) <= most


@given(TITLES, TITLES)
def test_rapidfuzz_counts_the_same(one: list[str], other: list[str]) -> None:
    fuzz = pytest.importorskip("rapidfuzz.fuzz")
    assert title_ratio(one, other) == pytest.approx(fuzz.token_set_ratio(" ".join(one), " ".join(other)))


@given(TITLES, TITLES)
def test_the_order_of_titles_and_words_makes_no_difference(one: list[str], other: list[str]) -> None:
    assert title_ratio(one, other) == title_ratio(other, one) == title_ratio(one[::-1], other)
