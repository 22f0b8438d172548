from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from crawler.cli.tables import Column, Fitted

COLUMNS = (
    Column(heading="rule", keep=True),
    Column(heading="says"),
    Column(heading="n", right=True, keep=True),
    Column(heading="state", keep=True),
)
WORDS = st.text("abcdefgh", min_size=1, max_size=30)
CELLS = st.lists(WORDS, max_size=12).map(" ".join)


def shown(rows: list[tuple[str, ...]], width: int) -> str:
    out = io.StringIO()
    Console(file=out, width=width, highlight=False).print(Fitted(COLUMNS, rows))
    return out.getvalue()


@given(st.lists(st.tuples(WORDS, CELLS, st.integers(0, 10**6).map(str), WORDS), max_size=6), st.integers(60, 200))
def test_no_word_is_broken_and_no_line_is_too_long(rows: list[tuple[str, ...]], width: int) -> None:
    text = shown(rows, width)
    assert max(map(len, text.splitlines()), default=0) <= width
    found = text.split()
    for row in rows:
        for cell in row:
            assert all(word in found for word in cell.split())


@pytest.mark.parametrize(("width", "first"), [(80, "rule  says"), (40, "reciprocal-access-agreement")])
def test_where_columns_have_no_room_each_row_is_a_paragraph(width: int, first: str) -> None:
    text = shown([("reciprocal-access-agreement", "found much of late", "7", "on trial")], width)
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert lines[0].startswith(" ".join(first.split()))
    if width == 40:
        assert lines[1:] == ["says found much of late · n 7", "state on trial"]


def test_an_empty_cell_says_nothing_in_a_paragraph() -> None:
    assert "says" not in shown([("reciprocal-access-agreement-negotiations-of-today", "", "7", "on")], 60)
