from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.story import Field, Span
from crawler.console.views import HEADLINE, ago, marked, source_tile, spark, spell, story_row
from crawler.console.views_story import paragraphs_of
from tests.fakes import NOON, story

TEXTS = st.text(max_size=60)
PLACES = st.lists(st.tuples(st.integers(0, 70), st.integers(0, 70)), max_size=8)


@given(TEXTS, PLACES)
def test_marking_loses_and_adds_nothing(text: str, places: list[tuple[int, int]]) -> None:
    found = marked(text, places)
    assert "".join(one.text for one in found) == text
    assert all(one.text for one in found)


@given(TEXTS, PLACES)
def test_what_is_marked_is_what_lies_in_a_place(text: str, places: list[tuple[int, int]]) -> None:
    hits = [one.hit for one in marked(text, places) for _ in one.text]
    assert hits == [any(start <= at < end for start, end in places) for at in range(len(text))]


@given(st.lists(st.text(alphabet="ab \n", max_size=8), max_size=5).map("\n\n".join), PLACES)
def test_paragraphs_keep_every_mark(text: str, places: list[tuple[int, int]]) -> None:
    shown = paragraphs_of(text, places)
    assert "".join(one.text for each in shown for one in each) == text.replace("\n\n", "") or "\n\n\n" in text


def test_a_mark_across_paragraphs_stands_in_both() -> None:
    first, second = paragraphs_of("one two\n\nthree", [(4, 14)])
    assert [(one.text, one.hit) for one in (*first, *second)] == [("one ", False), ("two", True), ("three", True)]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "now"), (59, "59s ago"), (60, "1m ago"), (7200, "2h ago"), (200_000, "2d ago"), (-30, "in 30s")],
)
def test_moments_are_told_from_now(seconds: int, said: str) -> None:
    assert ago(NOON - timedelta(seconds=seconds), NOON) == said


@pytest.mark.parametrize(
    ("size", "said"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (52_428_800, "50 MiB"), (1 << 31, "2.0 GiB")]
)
def test_sizes_are_spelt_for_people(size: int, said: str) -> None:
    assert spell(size) == said


@given(st.lists(st.integers(0, 10_000), max_size=30))
def test_a_bar_is_seen_wherever_something_is(values: list[int]) -> None:
    drawn = spark(values, "")
    assert len(drawn.bars) == len(values)
    assert all((bar > 0) is (value > 0) and bar <= 100 for bar, value in zip(drawn.bars, values, strict=True))


def test_a_story_row_shows_the_part_with_the_words() -> None:
    text = "filler " * 100 + "the treaty was signed. " + "more " * 100
    at = text.index("treaty")
    row = story_row(story("A title", text), (), [Span(Field.TEXT, at, at + 6)])
    assert [one.text for one in row.snippet if one.hit] == ["treaty"]
    assert (row.before, row.after) == (True, True)
    assert row.late == "5m"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "http://a b.example", "https://user@evil.example/", None])
def test_a_link_that_is_not_safe_to_click_is_none(url: str | None) -> None:
    assert story_row(story(url=url), ()).link is None


def test_how_sources_do_is_one_number() -> None:
    assert source_tile({"ok": 3, "new": 1, "disabled": 9}).value == "4/4"
    assert source_tile({"ok": 3, "failing": 1}).tone == "bad"
    assert source_tile({"ok": 3, "silent": 1}).note == "1 silent"
    assert source_tile({}).note == "none configured"


@pytest.mark.parametrize("place", [0, 1_500, 2_995])
def test_a_headline_without_end_is_cut_around_its_words(place: int) -> None:
    row = story_row(story("x" * 3_000), (), [Span(Field.TITLE, place, place + 5)])
    assert sum(len(one.text) for one in row.title) <= HEADLINE + 4
    assert [one.text for one in row.title if one.hit] == ["x" * 5]
    assert "…" in "".join(one.text for one in row.title)
