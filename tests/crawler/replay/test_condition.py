from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import ExpressionError
from crawler.replay.condition import NAMES, FailOn, parse

NUMBERS = {"gained": 3.0, "lost": 0.0, "unchanged": 9.0, "matches": 40.0, "messages": 12.0, "per_day": 0.4}


@pytest.mark.parametrize(
    ("written", "holds"),
    [
        ("lost>0", False),
        ("lost >= 0", True),
        (" gained == 3 ", True),
        ("per_day<0.5", True),
        ("messages<=11", False),
        ("matches>39.5", True),
    ],
)
def test_a_condition_is_asked_of_the_numbers(written: str, holds: bool) -> None:
    assert parse(written).holds(NUMBERS) is holds


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "names no number"),
        (">3", "names no number"),
        ("lots>0", "did you mean lost?"),
        ("volume>0", "there are gained, lost"),
        ("lost", "compared with nothing"),
        ("lost=0", "'=' is no sign"),
        ("lost>", "is no number"),
        ("lost>-1", "is no number"),
        ("lost>0 or gained>0", "is no number"),
        ("lost>1e9", "is no number"),
    ],
)
def test_what_cannot_be_understood_says_the_way_out(written: str, said: str) -> None:
    with pytest.raises(ExpressionError, match=said.replace("?", r"\?")):
        parse(written)


@given(st.sampled_from(NAMES), st.sampled_from([">", ">=", "<", "<=", "=="]), st.integers(0, 10_000))
def test_what_is_written_is_read_again(name: str, sign: str, number: int) -> None:
    one = FailOn(name=name, sign=sign, number=number)
    assert parse(str(one)) == one


@given(st.text(max_size=30))
def test_nothing_else_is_raised_whatever_is_written(written: str) -> None:
    with suppress(ExpressionError):
        assert parse(written).name in NAMES
