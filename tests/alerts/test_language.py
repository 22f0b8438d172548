from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.language import ENOUGH, identify, primary

FRENCH = "Le ministère annonce un accord sur les terres rares avec le Japon avant la fin de l'année"
ENGLISH = "The ministry announced an agreement on rare earths with Japan before the end of the year"
RUSSIAN = "Министерство объявило о соглашении с Японией по редкоземельным металлам до конца года"


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("ja", "日本とフランスが円滑化協定に署名"),
        ("ja", "ﾆｭｰｶﾚﾄﾞﾆｱで暴動"),
        ("zh", "中国收紧稀土出口管制"),
        ("zh", "中國收緊稀土出口管制"),
        ("ko", "희토류 수출 통제 강화"),
        ("th", "จีนเข้มงวดการส่งออกแร่หายาก"),
        ("el", "Συμφωνία για τις σπάνιες γαίες"),
        ("he", "הסכם על מתכות נדירות"),
        ("ka", "იშვიათი მიწების შეთანხმება"),
        ("hy", "Համաձայնագիր հազվագյուտ հողերի մասին"),
        ("km", "កិច្ចព្រមព្រៀង"),
        ("ta", "அரிய மண் ஏற்றுமதி"),
    ],
)
def test_a_script_of_one_language_tells_it_at_once_whatever_the_source_says(language: str, title: str) -> None:
    assert identify(title, "", None) == (language, "script")
    assert identify(title, "", "en-us") == (language, "script")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", FRENCH),
        ("en", ENGLISH),
        ("ru", RUSSIAN),
        ("de", "Das Ministerium kündigt vor Jahresende ein Abkommen mit Japan über seltene Erden an"),
        ("es", "El ministerio anuncia un acuerdo con Japón sobre las tierras raras antes de fin de año"),
        ("ar", "أعلنت الوزارة عن اتفاق مع اليابان بشأن المعادن النادرة قبل نهاية العام"),
        ("fa", "وزارتخانه از توافقی با ژاپن درباره عناصر کمیاب تا پایان سال خبر داد"),
        ("uk", "Міністерство оголосило про угоду з Японією щодо рідкісноземельних металів до кінця року"),
        ("hi", "मंत्रालय ने साल के अंत से पहले जापान के साथ दुर्लभ खनिजों पर समझौते की घोषणा की"),
    ],
)
def test_the_words_tell_the_language_even_against_the_source(language: str, text: str) -> None:
    assert identify("", text, None) == (language, "text")
    assert identify("", text, "pt") == (language, "text")


def test_words_that_could_be_of_either_language_leave_it_to_the_source() -> None:
    assert identify("Macron Tokyo", "", "fr-FR") == ("fr", "source")
    assert identify("Macron Tokyo", "", "en_US") == ("en", "source")


def test_a_source_cannot_make_cyrillic_english() -> None:
    language, basis = identify("Москва", "", "en-us")
    assert language != "en"
    assert basis != "source"


@pytest.mark.parametrize("title", ["", "2026", "10:30 — 12:45", "https://example.org/the-agreement-on-rare-earths"])
def test_without_words_only_the_source_can_say(title: str) -> None:
    assert identify(title, "", None) == (None, "unknown")
    assert identify(title, "", "ja") == ("ja", "source")


def test_a_japanese_headline_may_be_all_kanji_when_the_source_says_so() -> None:
    assert identify("日仏首脳会談", "", None) == ("zh", "script")
    assert identify("日仏首脳会談", "", "ja-jp") == ("ja", "script")


def test_a_long_text_of_han_alone_is_chinese_whatever_the_source_says() -> None:
    assert identify("", "中国收紧稀土出口管制日本表示关切" * 5, "ja") == ("zh", "script")


def test_one_quoted_kana_does_not_make_a_chinese_text_japanese() -> None:
    assert identify("", "中国的商店招牌上常见の字这是一种流行的写法许多顾客觉得很亲切", None) == ("zh", "script")


def test_a_latin_name_inside_does_not_hide_the_script() -> None:
    assert identify("ASML、日本への輸出を拡大", "", "en") == ("ja", "script")


def test_a_rare_language_is_believed_only_from_a_source() -> None:
    luxembourgish = "D'Regierung huet en Accord mat Japan iwwer selten Äerd ugekënnegt, virum Enn vum Joer"
    assert identify("", luxembourgish, "lb") == ("lb", "text")
    assert identify("", luxembourgish, None)[0] != "lb"


def test_yiddish_shares_the_hebrew_script() -> None:
    assert identify("די רעגירונג האָט געמאָלדן", "", "yi") == ("yi", "script")


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


def test_only_the_beginning_of_a_long_text_is_looked_at() -> None:
    assert identify("", FRENCH + " " * ENOUGH + ENGLISH * 50, None) == ("fr", "text")


@given(st.text(max_size=60), st.text(max_size=60), st.one_of(st.none(), st.text(max_size=8)))
def test_any_text_gets_a_language_that_is_a_primary_subtag_or_none(title: str, text: str, said: str | None) -> None:
    language, basis = identify(title, text, said)
    assert (language is None) is (basis == "unknown")
    assert language is None or primary(language) == language


def test_the_model_is_not_loaded_before_a_text_needs_it() -> None:
    code = "import sys, alerts.language; print('py3langid' in sys.modules or 'numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
