from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from alerts.language import ENOUGH, identify
from alerts.language_codes import SAME, TOLD, canonical

FRENCH = "Le ministère annonce un accord sur les terres rares avec le Japon avant la fin de l'année"
ENGLISH = "The ministry announced an agreement on rare earths with Japan before the end of the year"
RUSSIAN = "Министерство объявило о соглашении с Японией по редкоземельным металлам до конца года"


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("ja", "日本とフランスが円滑化協定に署名"),
        ("ja", "ﾆｭｰｶﾚﾄﾞﾆｱで暴動"),
        ("zh-hans", "中国收紧稀土出口管制"),
        ("zh-hant", "中國收緊稀土出口管制"),
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
    assert identify("", "中国收紧稀土出口管制日本表示关切" * 5, "ja") == ("zh-hans", "script")


def test_one_quoted_kana_does_not_make_a_chinese_text_japanese() -> None:
    assert identify("", "中国的商店招牌上常见の字这是一种流行的写法许多顾客觉得很亲切", None) == ("zh-hans", "script")


def test_a_latin_name_inside_does_not_hide_the_script() -> None:
    assert identify("ASML、日本への輸出を拡大", "", "en") == ("ja", "script")


def test_a_rare_language_is_believed_only_from_a_source() -> None:
    luxembourgish = "D'Regierung huet en Accord mat Japan iwwer selten Äerd ugekënnegt, virum Enn vum Joer"
    assert identify("", luxembourgish, "lb") == ("lb", "text")
    assert identify("", luxembourgish, None)[0] != "lb"


def test_yiddish_shares_the_hebrew_script() -> None:
    assert identify("די רעגירונג האָט געמאָלדן", "", "yi") == ("yi", "script")


@pytest.mark.parametrize(
    ("title", "said", "language"),
    [
        ("中國收緊稀土出口管制", "zh-CN", "zh-hant"),
        ("中国收紧稀土出口管制", "zh-TW", "zh-hans"),
        ("台北下雨", "zh-TW", "zh-hant"),
        ("台北下雨", "zh_Hans_CN", "zh-hans"),
        ("台北下雨", "zh", "zh"),
        ("台北下雨", None, "zh"),
        ("台北下雨", "en", "zh"),
        ("法国大雨", None, "zh-hans"),  # one letter is enough where the source says nothing
        ("法國大雨", None, "zh-hant"),
        ("法国大雨", "zh-hk", "zh-hant"),  # but not against its word
        ("2026", "zh-Hant", "zh-hant"),
    ],
)
def test_chinese_has_the_script_of_its_letters_else_that_of_the_source(
    title: str, said: str | None, language: str
) -> None:
    assert identify(title, "", said)[0] == language


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("fr", "Gallium, germanium : Pékin serre"),
        ("mn", "Токиод Макрон"),
        ("no", "Macron i Tokyo"),
        ("cs", "Macron v Tokiu"),
        ("sr", "Makron u Tokiju"),
        ("fa", "مکرون در توکیو"),
        ("gsw", "Macron z Tokio"),  # the model knows nothing of it
    ],
)
def test_a_terse_headline_is_in_the_language_that_its_source_says(said: str, title: str) -> None:
    assert identify(title, "", said)[0] == said


@pytest.mark.parametrize(
    ("said", "title"), [("en", "Москва"), ("ru", "Macron Tokyo"), ("ar", "Macron i Tokyo"), ("ja", "Macron Tokyo")]
)
def test_a_source_is_not_believed_about_letters_that_its_language_does_not_use(said: str, title: str) -> None:
    assert identify(title, "", said)[0] != said


def test_only_the_beginning_of_a_long_text_is_looked_at() -> None:
    assert identify("", FRENCH + " " * ENOUGH + ENGLISH * 50, None) == ("fr", "text")


@given(st.text(max_size=60), st.text(max_size=60), st.one_of(st.none(), st.text(max_size=8)))
def test_any_text_gets_a_language_in_its_canonical_form_or_none(title: str, text: str, said: str | None) -> None:
    language, basis = identify(title, text, said)
    assert (language is None) is (basis == "unknown")
    assert language is None or canonical(language) == language


def test_every_language_that_the_model_knows_can_be_asked_for() -> None:
    labels = {label for label, _ in LanguageIdentifier.from_model_file(MODEL_FILE).rank("words")} - {"zxx"}
    assert {SAME.get(label, label) for label in labels} <= TOLD


def test_the_model_is_not_loaded_before_a_text_needs_it() -> None:
    code = "import sys, alerts.language; print('py3langid' in sys.modules or 'numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
