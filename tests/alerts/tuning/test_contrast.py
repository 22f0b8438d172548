from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from alerts.tuning.contrast import Contrast, contrast, contrast_counts, without_parts

STORIES = st.lists(st.frozensets(st.sampled_from(["bike", "fruit juice", "mine", "export", "war"])), max_size=12)


def by_term(found: list[Contrast]) -> dict[str, float]:
    return {one.term: one.z for one in found}


def test_what_one_set_has_and_the_other_has_not_tells_them_apart() -> None:
    here = [{"bike", "race"}, {"bike", "win"}, {"bike", "race"}]
    there = [{"talks", "win"}, {"talks"}, {"talks", "ship"}]
    first, *_, last = contrast(here, there)
    assert (first.term, first.here, first.there) == ("bike", 3, 0)
    assert (last.term, last.here, last.there) == ("talks", 0, 3)
    assert by_term(contrast(here, there))["win"] == 0


@given(STORIES, STORIES)
def test_the_other_way_round_every_sign_turns(here: list[frozenset[str]], there: list[frozenset[str]]) -> None:
    forth, back = by_term(contrast(here, there)), by_term(contrast(there, here))
    assert forth.keys() == back.keys()
    assert all(abs(forth[term] + back[term]) < 1e-9 for term in forth)


@given(STORIES, STORIES)
def test_counts_alone_say_the_same(here: list[frozenset[str]], there: list[frozenset[str]]) -> None:
    ours, theirs = (Counter(term for story in some for term in story) for some in (here, there))
    assert contrast_counts(ours, len(here), theirs, len(there)) == contrast(here, there)


@given(st.integers(1, 20), st.integers(2, 10))
def test_more_evidence_makes_it_surer(stories: int, times: int) -> None:
    few = contrast([{"bike"}] * stories, [{"talks"}] * stories)[0]
    many = contrast([{"bike"}] * stories * times, [{"talks"}] * stories * times)[0]
    assert few.term == many.term == "bike"
    assert many.z > few.z


def test_a_term_in_every_story_tells_nothing() -> None:
    assert by_term(contrast([{"a"}], [{"a"}])) == {"a": 0}


def test_of_terms_in_the_same_stories_the_longer_stays() -> None:
    here = [{"quad bike", "bike", "quad"}, {"quad bike", "bike", "quad"}]
    kept = list(without_parts(contrast(here, [{"quad"}]), 9))
    assert [one.term for one in kept if one.z > 0] == ["quad bike"]


def test_no_more_are_given_than_asked_for() -> None:
    assert len(list(without_parts(contrast([{"a b", "c d", "e f"}], [{"x"}]), 2))) == 2
