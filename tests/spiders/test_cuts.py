from spiders.cuts import MEANINGS, SHOWN, Cut, Why, cut_of, summary


def test_a_cut_keeps_the_beginning_on_one_line_and_the_length_of_all() -> None:
    text = "Most read\n\n" + "another headline " * 30
    cut = cut_of(Why.HEADED, text)
    assert cut.words.startswith("Most read another headline")
    assert (len(cut.words), cut.words[-1], cut.letters) == (SHOWN, "…", len(text))
    assert cut_of(Why.LABEL, "Share") == Cut(why=Why.LABEL, words="Share", letters=5)


def test_the_summary_counts_by_sign_and_is_empty_for_nothing() -> None:
    assert summary([]) == ""
    cuts = [cut_of(why, "x") for why in (Why.LABEL, Why.BESIDE, Why.LABEL)]
    assert summary(cuts) == "1 beside, 2 label"


def test_every_sign_is_explained() -> None:
    assert set(MEANINGS) == set(Why)
