from hypothesis import given
from hypothesis import strategies as st

from spiders.cuts import KEPT, MEANINGS, MOST, SHOWN, Cut, Why, bounded, cut_of, summary


def test_a_cut_keeps_all_its_words_on_one_line_and_shows_their_beginning() -> None:
    text = "Most read\n\n" + "another headline " * 30
    cut = cut_of(Why.HEADED, text)
    assert cut.words.startswith("Most read another headline")
    assert (len(cut.words), cut.words[-1], cut.letters) == (SHOWN, "…", len(" ".join(text.split())))
    assert cut.is_whole
    assert cut_of(Why.LABEL, "Share") == Cut(why=Why.LABEL, text="Share", letters=5)


def test_the_summary_counts_by_sign_and_is_empty_for_nothing() -> None:
    assert summary([]) == ""
    cuts = [cut_of(why, "x") for why in (Why.LABEL, Why.BESIDE, Why.LABEL)]
    assert summary(cuts) == "1 beside, 2 label"


def test_every_sign_is_explained() -> None:
    assert set(MEANINGS) == set(Why)


@given(st.lists(st.tuples(st.sampled_from(Why), st.integers(1, 30_000)), max_size=MOST + 20))
def test_what_is_kept_has_its_room_and_nothing_is_lost_uncounted(made: list[tuple[Why, int]]) -> None:
    cuts = [cut_of(why, "x" * length) for why, length in made]
    kept = bounded(cuts)
    assert sum(len(one.text) for one in kept) <= KEPT
    assert len(kept) <= MOST + len(Why)
    assert summary(kept) == summary(cuts)
    assert sum(one.letters for one in kept) == sum(one.letters for one in cuts)
    worded = [one for one in kept if one.text]
    assert all(one.is_whole or len(one.text) == SHOWN for one in worded)


def test_first_come_is_first_kept_and_what_is_too_long_by_its_beginning() -> None:
    first, long, last = (cut_of(Why.BOX, letter * many) for letter, many in (("a", 500), ("b", KEPT), ("c", 700)))
    assert bounded([first, long, last]) == (first, Cut(why=Why.BOX, text="b" * SHOWN, letters=KEPT), last)
