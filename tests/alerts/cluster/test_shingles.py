from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.cluster.shingles import hashes, shared, tokens, words

RUNS = st.lists(st.sampled_from(["port", "strike", "ends", "in", "港", "ท"]), max_size=30)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The U.S. won't sign — yet.", ["the", "u", "s", "won", "t", "sign", "yet"]),
        ("ＡＢＣ　２０２６年", ["abc", "2026", "年"]),
        ("港湾スト・終了へ", ["港", "湾", "ス", "ト", "終", "了", "へ"]),
        ("ｶﾞｿﾘﾝ", ["ガ", "ソ", "リ", "ン"]),
        ("ท่าเรือ", ["ท", "า", "เ", "ร", "อ"]),
        ("항만 파업이 끝났다", ["항만", "파업이", "끝났다"]),
        ("हड़ताल समाप्त हुई।", ["हड़ताल", "समाप्त", "हुई"]),
        ("Ọ̀rọ̀ İstanbul", ["ọ̀rọ̀", "i̇stanbul"]),
        ("GPT4を使う", ["gpt4", "を", "使", "う"]),
        ("a \ud800b", ["a", "b"]),
        ("…", []),
        ("", []),
    ],
)
def test_words_of_every_script(text: str, found: list[str]) -> None:
    assert tokens(text) == [unicodedata.normalize("NFKC", token) for token in found]


@given(st.text())
def test_tokens_are_the_same_in_every_unicode_form_and_found_again(text: str) -> None:
    found = tokens(text)
    assert tokens(unicodedata.normalize("NFC", text)) == found
    assert tokens(unicodedata.normalize("NFD", text)) == found
    assert tokens(unicodedata.normalize("NFKD", text)) == found
    assert tokens(" ".join(found)) == found


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_full_width_letters_are_letters(text: str) -> None:
    assert tokens(text.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)})) == tokens(text)


def test_letters_of_scripts_without_blanks_are_parts_of_words() -> None:
    assert words(tokens("Port strike ends")) == 3
    assert words(tokens("港湾スト終了")) == 3
    assert words(["ท"] * 10) == pytest.approx(2)
    assert words(["တ"] * 10) == pytest.approx(2)


@given(RUNS, st.integers(1, 8))
def test_hashes_stand_for_the_runs_of_tokens(found: list[str], width: int) -> None:
    runs = {tuple(found[place : place + width]) for place in range(max(1, len(found) - width + 1))} - {()}
    told = hashes(found, width)
    assert told.size == len(runs)
    assert told.tolist() == sorted(set(told.tolist()))


@given(RUNS, RUNS)
def test_shared_hashes_are_shared_runs(one: list[str], other: list[str]) -> None:
    def runs(found: list[str]) -> set[tuple[str, ...]]:
        return {tuple(found[place : place + 3]) for place in range(max(1, len(found) - 2))} - {()}

    assert shared(hashes(one, 3), hashes(other, 3)) == len(runs(one) & runs(other))


def test_of_endless_words_the_beginning_counts() -> None:
    assert hashes(["a" * 64]).tolist() == hashes(["a" * 9999]).tolist() != hashes(["a" * 63]).tolist()


def test_hashes_are_the_same_in_every_process() -> None:
    told = hashes(["the", "port", "strike", "ends", "on", "friday"])
    assert told.tolist() == [10269175763261188900, 14667136767394275191]
    assert hashes([]).dtype == told.dtype == np.uint64
