from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alerts.rules.fold import fold
from alerts.search.text import searchable, tokens

# Letters of many scripts, with what stands between and upon them.
TEXTS = st.text(
    st.sampled_from(
        "aAzé1ß ıŒ-'.,()|\"* \n・、。「」ー米日協定レアゃﾚﾞ稀土핵심광물น้ำมไทยລາວកខမြန်والصينשלום\u0301\u3099Яйक्ष½㈱０"
    )
    | st.characters(),
    max_size=60,
)


@pytest.mark.parametrize(
    ("text", "indexed"),
    [
        ("Rare-earths, U.S. NAÏVE", "rare earths u s naive"),
        ("重要鉱物", "重要 要鉱 鉱物 物"),
        ("米", "米"),
        ("稀 土", "稀土 土"),
        ("協定。日米", "協定 定 日米 米"),
        ("レアアース", "レア アア アー ース ス"),
        ("ﾚｱｱｰｽ", "レア アア アー ース ス"),
        ("ガガ", "ガガ ガ"),
        ("か", "か"),
        ("が", "が"),
        ("EU協定", "eu 協定 定"),
        ("핵심광물 협정을", "핵심 심광 광물 물 협정 정을 을"),
        ("ＥＵ　１２", "eu 12"),
        ("المعادن والصين", "معادن صين"),
        ("الله", "الله"),
        ("🙂 & — …", ""),
    ],
)
def test_a_text_becomes_tokens(text: str, indexed: str) -> None:
    assert searchable(text) == indexed


@given(TEXTS)
@example("والصين والصين")
def test_tokens_and_the_indexed_text_are_the_same(text: str) -> None:
    assert " ".join(token.text for token in tokens(fold(text))) == searchable(text)


@given(TEXTS)
def test_nothing_is_left_that_a_query_or_a_tokenizer_could_take_for_a_sign(text: str) -> None:
    for char in searchable(text):
        assert char == " " or not char.isascii() or char.isalnum()
    assert searchable(text) == " ".join(searchable(text).split())


@given(TEXTS)
def test_tokens_stand_in_order_inside_the_folded_text(text: str) -> None:
    folded = fold(text)
    found = list(tokens(folded))
    for token in found:
        assert 0 <= token.start < token.head <= token.end <= len(folded)
        assert folded[token.start] != " "
        assert folded[token.end - 1] != " "
    assert [token.start for token in found] == sorted({token.start for token in found})
