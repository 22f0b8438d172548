from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.cluster.shingles import tokens
from alerts.cluster.updates import Change, Extent, compare
from alerts.story import Field, Span

TITLE = "Port strike ends after nine days"
WORDS_OF_ONE = ("left", "its", "berth", "with", "grain", "for", "harbour", "on", "day", "under", "pilot", "lost")
SENTENCES = [f"Ship {' '.join(f'{word}{number}' for word in WORDS_OF_ONE)}." for number in range(30)]
TEXT = " ".join(SENTENCES)


def change(new_text: str, new_title: str = TITLE, text: str = TEXT) -> Change:
    return compare(title=TITLE, text=text, new_title=new_title, new_text=new_text)


def added(found: Change, new_text: str) -> list[str]:
    return [new_text[span.start : span.end] for span in found.added]


def test_spacing_is_no_change() -> None:
    found = change(TEXT.replace(" ", "\n"))
    assert (found.extent, found.reason, found.added) == (Extent.SAME, "the same words", ())


def test_added_sentences_are_told() -> None:
    new = TEXT.replace(
        SENTENCES[3], f"{SENTENCES[3]} Two dockers were hurt when a crane fell into the basin on Tuesday."
    )
    found = change(f"{new}\n\nThis story was updated.")
    assert found.extent is Extent.CHANGED
    assert added(found, new + "\n\nThis story was updated.") == [
        "Two dockers were hurt when a crane fell into the basin on Tuesday.",
        "This story was updated.",
    ]
    assert found.reason == "5% new, 1% gone, 2 sentences added"


def test_a_corrected_word_is_minor_and_adds_no_sentence() -> None:
    found = change(TEXT.replace("lost3", "sunk", 1))
    assert (found.extent, found.added) == (Extent.MINOR, ())
    assert 0 < found.new_share < 0.02


def test_a_short_sentence_among_many_is_minor_but_told() -> None:
    new = f"{TEXT} Two died."
    found = change(new)
    assert (found.extent, added(found, new)) == (Extent.MINOR, ["Two died."])
    assert found.reason == "1% new, 0% gone, 1 sentence added"


def test_a_cut_is_minor() -> None:
    found = change(" ".join(SENTENCES[:15]))
    assert (found.extent, found.added, found.new_share) == (Extent.MINOR, (), 0)
    assert 0.4 < found.gone_share < 0.6


@pytest.mark.parametrize("new_text", [TEXT, TEXT.replace("lost3", "sunk", 1)])
def test_another_title_over_nearly_the_same_text(new_text: str) -> None:
    found = change(new_text, new_title="Strike over")
    assert found.extent is Extent.TITLE_ONLY
    assert found.reason.startswith("another title, ")
    assert change(TEXT + " Two died.", new_title="Strike over", text=SENTENCES[0]).extent is Extent.CHANGED


def test_texts_come_and_go() -> None:
    assert added(change(TEXT, text=""), TEXT) == SENTENCES
    gone = change("")
    assert (gone.extent, gone.new_share, gone.gone_share) == (Extent.MINOR, 0, 1)


def test_the_sentence_that_holds_the_matched_words_is_quoted() -> None:
    first, second = "A crane fell into the basin.", "Two dockers were hurt."
    new = f"{TEXT} {first} {second}"
    found = change(new)
    assert added(found, new) == [first, second]

    def quoted(words: str, field: Field = Field.TEXT) -> list[str]:
        start = new.rindex(words)
        return [new[span.start : span.end] for span in found.quoted([Span(field, start, start + len(words))])]

    assert quoted("dockers") == [second]
    assert quoted("basin. Two") == [first, second]
    assert quoted("crane", Field.TITLE) == []
    assert quoted("grain3 ") == []


WORDS = st.lists(st.sampled_from(["the", "port", "strike", "ends", "港", "no"]), min_size=1, max_size=9)
PROSE = st.lists(WORDS.map(lambda found: " ".join(found).capitalize() + "."), max_size=6).map(" ".join)


@given(PROSE, PROSE)
def test_added_sentences_are_not_in_the_old_text(old: str, new: str) -> None:
    before = f" {' '.join(tokens(old))} "
    found = change(new, text=old)
    for sentence in added(found, new):
        assert f" {' '.join(tokens(sentence))} " not in before
    assert list(found.added) == sorted(found.added)
    assert found.quoted(found.added) == found.added


@given(PROSE)
def test_a_text_adds_nothing_to_itself(text: str) -> None:
    assert change(text, new_title="Strike over", text=text).added == ()
    assert change(text, text=text).extent is Extent.SAME
