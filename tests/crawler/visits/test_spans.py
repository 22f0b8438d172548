from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.visits.spans import roughly, spoken


@pytest.mark.parametrize(
    ("seconds", "exact", "rough"),
    [
        (0, "0s", "0s"),
        (48, "48s", "48s"),
        (90, "90s", "90s"),
        (900, "15m", "15m"),
        (1_000, "16m40s", "16m"),
        (3_600, "1h", "1h"),
        (4_830, "80m30s", "1h20m"),
        (36_000, "10h", "10h"),
        (50_000, "833m20s", "13h"),
        (86_400, "1d", "24h"),
        (1_000_000, "16666m40s", "12d"),
    ],
)
def test_spans_are_written_as_people_write_them(seconds: int, exact: str, rough: str) -> None:
    assert (spoken(timedelta(seconds=seconds)), roughly(timedelta(seconds=seconds))) == (exact, rough)


@given(st.timedeltas(timedelta(days=-1), timedelta(days=4_000)))
def test_a_rough_span_is_short(span: timedelta) -> None:
    assert 2 <= len(roughly(span)) <= 5
