from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.language_codes import NAMES, TOLD, canonical, doubt_of, doubt_of_source, guess, includes, primary


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        *(("pt-BR", "pt"), ("zh_Hant", "zh"), ("EN", "en"), (" fr ", "fr"), ("nb-no", "no"), ("iw", "he")),
        *(("eng", "en"), ("yue-hk", "zh"), ("jp", "ja"), ("fil", "tl"), ("gsw", "gsw")),
        *(("", None), (None, None), ("english", None), ("und", None), ("x-private", None), ("e", None), ("12", None)),
    ],
)
def test_a_tag_is_reduced_to_the_language_that_texts_get(tag: str | None, code: str | None) -> None:
    assert primary(tag) == code


@pytest.mark.parametrize(
    ("tag", "canon"),
    [
        *(("zh", "zh"), ("zh-TW", "zh-hant"), ("zh_HK", "zh-hant"), ("zh-Hant-CN", "zh-hant"), ("zh-mo", "zh-hant")),
        *(("zh-CN", "zh-hans"), ("zh-sg", "zh-hans"), ("zh-Hans", "zh-hans"), ("yue-hk", "zh-hant"), ("cn", "zh")),
        *(("pt-BR", "pt"), ("nb", "no"), ("sr-Latn", "sr"), ("ja-JP", "ja"), ("und", None)),
    ],
)
def test_only_chinese_keeps_its_script(tag: str, canon: str | None) -> None:
    assert canonical(tag) == canon


@pytest.mark.parametrize(
    ("wanted", "language", "meets"),
    [
        ("zh", "zh-hant", True),
        ("zh", "zh-hans", True),
        ("zh", "zh", True),
        ("zh-hant", "zh-hant", True),
        ("ZH_Hant", "zh-hant", True),
        ("zh-tw", "zh-hant", True),
        ("zh-hant", "zh-hans", False),
        ("zh-hant", "zh", False),
        ("pt-br", "pt", True),
        ("nb", "no", True),
        ("no", "nn", True),
        ("jp", "ja", True),
        ("en", "fr", False),
        ("e", "en", False),
        ("en", None, False),
        ("und", None, False),
    ],
)
def test_a_language_meets_what_asks_for_it_however_that_is_written(
    wanted: str, language: str | None, meets: bool
) -> None:
    assert includes(wanted, language) is meets


@pytest.mark.parametrize("tag", ["en", "EN", "zh-hant", "zh_Hans", "zh", "nb", "eng", "fil", "cmn", "cmn-hant", "lad"])
def test_what_is_meant_and_can_be_told_is_not_doubted(tag: str) -> None:
    assert doubt_of(tag) is None


@pytest.mark.parametrize(
    ("tag", "message", "hint"),
    [
        ("pt-br", '"pt-br" is read as pt: words tell the language, not the country or script', "write pt"),
        ("sr-latn", '"sr-latn" is read as sr: words tell the language', "write sr"),
        ("zh-tw", '"zh-tw" is read as zh-hant: characters tell the script, not the country', "write zh-hant"),
        ("zh-hant-hk", '"zh-hant-hk" is read as zh-hant', "write zh-hant"),
        ("jp", '"jp" is read as ja: jp is the code of a country', "write ja"),
        ("nn", '"nn" is read as no: words do not tell the two apart', "write no"),
        ("xx", 'the words of no story tell that it is in "xx"', "codes are such as en"),
        ("jap", 'the words of no story tell that it is in "jap"', "did you mean ja?"),
        ("und", 'the words of no story tell that it is in "und"', "codes are such as en"),
    ],
)
def test_a_tag_that_says_more_than_can_be_told_is_doubted(tag: str, message: str, hint: str) -> None:
    doubt = doubt_of(tag)
    assert doubt
    assert doubt[0].startswith(message)
    assert doubt[1].startswith(hint)


def test_a_language_that_a_source_is_said_to_have_can_be_asked_for() -> None:
    assert doubt_of("gsw")
    assert doubt_of("gsw", ["de", "gsw-CH"]) is None


def test_a_source_may_be_in_any_language_that_there_is() -> None:
    assert [doubt_of_source(tag) for tag in ("gsw", "ti", "pt-br", "nb", "jp")] == [None] * 5
    assert doubt_of_source("xx") == ('"xx" is the code of no language', "codes are such as en or ja")


@pytest.mark.parametrize(
    ("word", "code"),
    [("Japanese", "ja"), ("japan", "ja"), ("frnech", "fr"), ("klingon", None), ("ja", None), ("", None)],
)
def test_a_name_is_understood_well_enough_for_a_hint(word: str, code: str | None) -> None:
    assert guess(word) == code


def test_every_name_leads_to_a_code_that_words_tell() -> None:
    assert set(NAMES.values()) <= TOLD
    assert all(canonical(code) == code for code in TOLD)


@given(st.text(max_size=12), st.text(max_size=12))
def test_no_tag_is_too_odd(wanted: str, language: str) -> None:
    canon = canonical(language)
    assert canonical(canon) == canon
    assert includes(wanted, language) is includes(wanted, canon)
    doubt_of(wanted)
    doubt_of_source(wanted)
