from hypothesis import given
from hypothesis import strategies as st

from crawler.cli.differences import Kind, Piece, paragraphs, unified

OLD = "The boat leaves at nine.\n\nTickets cost four pounds.\n\nNobody knows the captain."
NEW = "The boat leaves at nine.\n\nTickets cost five pounds today.\n\nA dog may come along."
TEXTS = st.lists(st.text("ab .ф日", max_size=12), max_size=6).map("\n\n".join)


def test_words_that_came_and_went_are_told_apart_and_the_rest_stays() -> None:
    first, second, *others = paragraphs(OLD, NEW)
    assert first == (Piece(Kind.KEPT, "The boat leaves at nine."),)
    assert Piece(Kind.REMOVED, "four") in second
    assert Piece(Kind.ADDED, "five") in second
    assert others == [
        (Piece(Kind.ADDED, "A dog may come along."),),
        (Piece(Kind.REMOVED, "Nobody knows the captain."),),
    ]


def test_scripts_without_spaces_are_compared_by_character() -> None:
    (pieces,) = paragraphs("船は九時に出る。", "船は十時に出る。")
    assert pieces == (
        Piece(Kind.KEPT, "船は"),
        Piece(Kind.REMOVED, "九"),
        Piece(Kind.ADDED, "十"),
        Piece(Kind.KEPT, "時に出る。"),
    )


@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_off_their_difference(old: str, new: str) -> None:
    found = list(paragraphs(old, new))
    for text, other in ((old, Kind.ADDED), (new, Kind.REMOVED)):
        told = ("".join(one.text for one in pieces if one.kind is not other) for pieces in found)
        assert sorted(filter(str.strip, told)) == sorted(part for part in text.split("\n\n") if part.strip())


def test_very_long_paragraphs_are_shown_whole() -> None:
    old, new = "word " * 4_000, "word " * 3_999 + "end"
    assert [one.kind for (*pieces,) in paragraphs(old, new) for one in pieces] == [Kind.REMOVED, Kind.ADDED]


def test_the_unified_form_is_that_of_diff() -> None:
    lines = unified(OLD, NEW, old_name="version 1", new_name="version 2")
    assert lines[:2] == ["--- version 1", "+++ version 2"]
    assert "-Tickets cost four pounds." in lines
    assert "+A dog may come along." in lines
    assert " The boat leaves at nine." in lines
