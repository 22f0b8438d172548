from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.card import clean
from alerts.graphemes import JOINER, joins, last_cut, may_cut
from alerts.slack.elements import escape

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
ASTRONAUT = "\U0001f469\U0001f3fd\u200d\U0001f680"  # coloured
RAINBOW = "\U0001f3f3\ufe0f\u200d\U0001f308"
HEART = "\u2764\ufe0f\u200d\U0001f525"
JAPAN, FRANCE = "\U0001f1ef\U0001f1f5", "\U0001f1eb\U0001f1f7"
WHOLES = [FAMILY, ASTRONAUT, RAINBOW, HEART, JAPAN, FRANCE, "e\u0301", "\u0915\u093f", "\u1112\u1161\u11ab", "x", "日"]


@pytest.mark.parametrize("whole", WHOLES)
def test_what_is_seen_as_one_character_is_cut_nowhere(whole: str) -> None:
    text = f"a{whole}b"
    assert [at for at in range(len(text) + 1) if may_cut(text, at)] == [0, 1, len(text) - 1, len(text)]


@given(st.lists(st.sampled_from(WHOLES), min_size=1, max_size=30), st.integers(0, 200))
def test_a_cut_leaves_whole_characters(wholes: list[str], limit: int) -> None:
    text = "".join(wholes)
    starts = {sum(map(len, wholes[:count])) for count in range(len(wholes) + 1)}
    end = last_cut(text, min(limit, len(text)))
    assert end in starts
    assert end == max(start for start in starts if start <= limit)


@given(st.text(max_size=80), st.integers(0, 80))
def test_any_text_is_cut_near_to_where_it_should_be(text: str, limit: int) -> None:
    end = min(limit, len(text))
    assert max(end - 40, 0) <= last_cut(text, end) <= end


@pytest.mark.parametrize("whole", [FAMILY, ASTRONAUT, RAINBOW, HEART, JAPAN])
def test_emoji_stay_joined_when_a_text_is_made_clean_and_shortened(whole: str) -> None:
    assert clean(f"Talks {whole} begin", 80) == f"Talks {whole} begin"
    for limit in range(2, 60):
        for cut in (clean(whole * 20, limit), escape(whole * 20, limit)):
            assert len(cut) <= limit
            assert cut.removesuffix("…").replace(whole, "") == ""


@pytest.mark.parametrize(
    "text",
    ["pay\u200dpal", "\U0001f468\u200d", "\u200d\U0001f468", "a\u200d\U0001f468", "\U0001f468\u200da", "\u200d" * 9],
)
def test_a_joiner_that_joins_no_emoji_is_hidden_and_goes(text: str) -> None:
    assert clean(text, 80) == text.replace(JOINER, "")


def test_of_several_joiners_one_joins_and_none_is_hidden() -> None:
    man, woman = "\U0001f468", "\U0001f469"
    assert clean(f"{man}\u200d\u200d{woman}", 80) == f"{man}\u200d{woman}"
    assert clean(f"{man}\u200d\u200b{woman}", 80) == f"{man}{woman}"


@given(st.text(max_size=3), st.text(max_size=3))
def test_only_pictures_are_joined(before: str, after: str) -> None:
    if joins(before, after):
        assert unicodedata.category(after[0]) in {"So", "Cn", "Sk"}


def test_who_piles_marks_on_a_letter_has_them_cut() -> None:
    assert len(clean("a" + "\u0301" * 500, 60)) == 60
