from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.cluster import copy_key, fingerprint

TITLE = "Japan and France sign reciprocal access agreement"
TEXT = "Tokyo and Paris signed the pact on Monday after three years of talks."


def test_copies_share_a_key_whatever_their_typography() -> None:
    key = copy_key(TITLE, TEXT)
    assert key is not None
    assert len(key) == 16
    assert copy_key(TITLE.upper(), TEXT.replace("Monday after", "Monday, after\n")) == key
    assert copy_key(f"“{TITLE}”", unicodedata.normalize("NFD", TEXT.removesuffix("."))) == key


def test_another_text_or_title_has_another_key() -> None:
    assert copy_key(TITLE, TEXT) != copy_key(TITLE, TEXT.replace("Monday", "Tuesday"))
    assert copy_key(TITLE, TEXT) != copy_key(f"{TITLE} today", TEXT)
    assert copy_key(f"{TITLE} Tokyo", TEXT) != copy_key(TITLE, f"Tokyo {TEXT}")


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Press conference", ""),
        ("Press conference", "Read more on our site."),
        ("記者会見", "外務大臣会見記録。"),
        ("แถลงข่าว", ""),
        ("", ""),
        ("- - - - - - - - - - - - -", ". . . . . . . . . . . . . . ."),
    ],
)
def test_texts_too_short_to_tell_have_no_key(title: str, text: str) -> None:
    assert copy_key(title, text) is None


@pytest.mark.parametrize(
    ("title", "text"),
    [
        (TITLE, "The pact was signed on Monday."),
        ("日仏が円滑化協定に署名", "両国政府は月曜日に東京で署名した。"),
        ("ญี่ปุ่นและฝรั่งเศสลงนามข้อตกลงการเข้าถึงซึ่งกันและกัน", "ลงนามเมื่อวันจันทร์ที่กรุงโตเกียว"),
        ("한일 정상회담", "양국 정상은 월요일 서울에서 만나 경제 안보 협력 방안을 논의하고 공동 성명을 냈다"),
    ],
)
def test_a_headline_with_a_sentence_is_enough_in_every_script(title: str, text: str) -> None:
    assert copy_key(title, text) is not None


@given(st.text(), st.text())
def test_a_fingerprint_ignores_spacing_and_unicode_form_only(title: str, text: str) -> None:
    spaced = " \n".join(["", *unicodedata.normalize("NFD", title).split(), ""])
    assert fingerprint(title, text) == fingerprint(spaced, text)
    assert fingerprint(f"{title}.", text) != fingerprint(title, text)
    assert fingerprint(title, f"{text} more") != fingerprint(title, text)


def test_a_fingerprint_keeps_case_and_the_border_of_title_and_text() -> None:
    assert fingerprint("a b", "c") != fingerprint("a", "b c")
    assert fingerprint("A", "") != fingerprint("a", "")
    assert len(fingerprint("", "")) == 16
