from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.search.marks import best_slice, spans
from alerts.search.query import parse, phrase
from tests.fakes import story


@pytest.mark.parametrize(
    ("written", "text", "marked"),
    [
        ("rare-earths", "Rare earths, “rare-earths” and RARE EARTH", ["Rare earths", "rare-earths"]),
        ("cafe", "Le CAFÉ", ["CAFÉ"]),
        ("sanction*", "sanctioned by unsanctioned sanctions", ["sanctioned", "sanctions"]),
        ("レアアース", "「レアアース」と ﾚｱｱｰｽ", ["レアアース", "ﾚｱｱｰｽ"]),
        ("協定", "日米協定、協 定", ["協定", "協 定"]),
        ("米", "日米と米国", ["米", "米"]),
        ("광물", "핵심광물을", ["광물"]),
        ("الصين", "والصين", ["والصين"]),
        ("น้ำมัน", "ราคาน้ำมันขึ้น", ["น้ำมัน"]),
        ("a b", "b x a", ["b", "a"]),
        ("a -b", "a b", ["a"]),
        ("a OR ab", "ab a", ["ab", "a"]),
        ("日米 米協", "日米協定", ["日米協"]),
        ("œuvre", "Son œuvre", ["œuvre"]),
        ("title:a", "a", []),
    ],
)
def test_the_words_found_are_marked_as_the_story_has_them(written: str, text: str, marked: list[str]) -> None:
    told = story("Nothing", text)
    assert [span.of(told) for span in spans(tuple(parse(written).phrases()), told)] == marked


def test_each_field_is_marked_in_the_title_first() -> None:
    told = story("b a", "a b")
    found = spans(tuple(parse("title:a b").phrases()), told)
    assert [(str(span.field), span.of(told)) for span in found] == [("title", "b"), ("title", "a"), ("text", "b")]


@given(st.text(st.sampled_from("ab1é 日米協レーﾚﾞ광물น้ำال.,-œ½㈱ß") | st.characters(), max_size=40))
def test_a_text_that_is_looked_for_in_itself_is_found_there(text: str) -> None:
    found = phrase(text)
    if found is not None:
        assert spans([found], story("", text))


def test_a_short_text_is_shown_whole() -> None:
    assert best_slice("a short text", [(2, 7)], 20) == (0, 12)


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        ([], "w10 w11 w12 w13 w14"),
        (["w10"], "w10 w11 w12 w13 w14"),
        (["w11", "w30", "w32"], "w29 w30 w31 w32 w33"),
        (["w58"], "w55 w56 w57 w58 w59"),
    ],
)
def test_the_part_of_a_long_text_is_shown_where_most_was_found(found: list[str], shown: str) -> None:
    text = " ".join(f"w{number}" for number in range(10, 60))
    start, end = best_slice(text, [(text.index(word), text.index(word) + 3) for word in found], 22)
    assert text[start:end] == shown


@given(
    st.text("ab 日", max_size=120),
    st.lists(st.tuples(st.integers(0, 120), st.integers(1, 30)), max_size=6),
    st.integers(5, 60),
)
def test_a_slice_is_not_wider_than_asked_and_shows_what_fits(
    text: str, places: list[tuple[int, int]], width: int
) -> None:
    inside = sorted((start, min(start + size, len(text))) for start, size in places if start < len(text))
    start, end = best_slice(text, inside, width)
    assert 0 <= start <= end <= len(text)
    assert end - start <= width
    if any(last - first <= width for first, last in inside):
        assert any(start <= first and last <= end for first, last in inside)
