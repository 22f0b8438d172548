from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rules.fold import fold
from alerts.rules.terms import tokens_of
from alerts.story import Outlet, Story
from alerts.tuning.wording import COMMON, spelled, terms_of
from tests.fakes import NOON

OUTLET = Outlet(id="wire", name="Wire", host="wire.example")


def story(title: str, text: str = "") -> Story:
    return Story(id=1, outlet=OUTLET, url=None, title=title, text=text, seen=NOON)


def test_words_and_neighbours_come_without_what_is_everywhere() -> None:
    assert terms_of(story("The fruit juice of Brazil")) == {"fruit", "juice", "brazil", "fruit juice"}


def test_neighbours_do_not_cross_a_comma() -> None:
    assert "juice prices" not in terms_of(story("Fruit juice, prices"))


def test_of_han_only_neighbours_are_terms() -> None:
    assert terms_of(story("稀土管制")) == {"稀 土", "土 管", "管 制"}


def test_what_is_known_alone_is_left_out_and_beside_a_word_it_stays() -> None:
    found = terms_of(story("Quad bike race"), ["Quad"])
    assert "quad" not in found
    assert {"bike", "quad bike"} <= found


@pytest.mark.parametrize(
    ("term", "written"), [("fruit juice", "fruit juice"), ("稀 土", "稀土"), ("f 35 jet", "f 35 jet")]
)
def test_a_term_is_written_as_people_do(term: str, written: str) -> None:
    assert spelled(term) == written


@given(st.text(max_size=80), st.text(max_size=200))
def test_every_term_can_be_searched_for_and_is_found_in_its_story(title: str, text: str) -> None:
    there = f"{fold(title)}\n{fold(text)}"
    for term in terms_of(story(title, text)):
        assert f" {term} " in there
        assert " ".join(tokens_of(spelled(term))) == term
        assert not all(word in COMMON for word in term.split())
