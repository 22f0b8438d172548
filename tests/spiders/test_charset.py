import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiders.charset import charset_of, decoded, legible

RUSSIAN = "Министерство обороны подписало соглашение о поставках редкоземельных металлов"
JAPANESE = "防衛省は重要鉱物の輸出管理について発表した。協定の署名は来週になる。"
CHINESE = "国防部就关键矿产出口管制发表声明,协议将于下周签署"
TAIWANESE = "國防部就關鍵礦產出口管制發表聲明,協議將於下週簽署"
KOREAN = "국방부는 핵심 광물 수출 통제에 대해 발표했다. 협정은 다음 주에 서명된다"
FRENCH = "Le ministère de la Défense a signé un accord avancé à l’étranger, déjà très critiqué par l’opposition"
CZECH = "Ministerstvo obrany podepsalo dohodu o dodávkách vzácných kovů, příští rok začnou první společné zkoušky"
TURKISH = "Savunma Bakanlığı kritik madenler için anlaşma imzaladı, görüşmeler önümüzdeki hafta sürecek"
GREEK = "Το υπουργείο Άμυνας υπέγραψε συμφωνία για τα κρίσιμα ορυκτά, ανακοίνωσε η κυβέρνηση"
HEBREW = "משרד הביטחון חתם על הסכם חדש בנושא מחצבים קריטיים"
ARABIC = "وقعت وزارة الدفاع اتفاقية بشأن المعادن النادرة مع شركائها في المنطقة"
THAI = "กระทรวงกลาโหมลงนามข้อตกลงว่าด้วยแร่ธาตุสำคัญ"

CHARSETS = [  # name, text, the source's language
    ("utf-8", FRENCH, "fr"),
    ("utf-16", RUSSIAN, "ru"),
    ("windows-1252", FRENCH, "fr"),
    ("iso-8859-1", FRENCH.replace("’", "'"), "fr"),
    ("windows-1250", CZECH, "cs"),
    ("windows-1251", RUSSIAN, "ru"),
    ("koi8-r", RUSSIAN, "ru"),
    ("windows-1253", GREEK, "el"),
    ("windows-1254", TURKISH, "tr"),
    ("windows-1255", HEBREW, "he"),
    ("windows-1256", ARABIC, "ar"),
    ("tis-620", THAI, "th"),
    ("shift_jis", JAPANESE, "ja"),
    ("euc-jp", JAPANESE, "ja"),
    ("iso-2022-jp", JAPANESE, "ja"),
    ("gb2312", CHINESE, "zh"),
    ("big5", TAIWANESE, "zh"),
    ("euc-kr", KOREAN, "ko"),
]


def feed(text: str, declared: str | None) -> str:
    declaration = f' encoding="{declared}"' if declared else ""
    return f'<?xml version="1.0"{declaration}?><rss><channel><item><title>{text}</title></item></channel></rss>'


@pytest.mark.parametrize(("charset", "text", "language"), CHARSETS)
def test_a_charset_that_the_document_declares_is_used(charset: str, text: str, language: str) -> None:
    assert text in decoded(feed(text, charset).encode(charset))
    assert language


@pytest.mark.parametrize(("charset", "text", "language"), CHARSETS)
def test_a_charset_that_only_the_header_names_is_used(charset: str, text: str, language: str) -> None:
    assert text in decoded(feed(text, None).encode(charset), f"text/xml; charset={charset}")
    assert language


@pytest.mark.parametrize("charset", ["utf-8", "windows-1251", "koi8-r", "koi8-u", "cp866", "iso-8859-5"])
@pytest.mark.parametrize("text", ["Россия и Япония обсудили договор", "ООН о мире", "Иран"])
def test_short_cyrillic_texts_that_declare_nothing_are_read_by_their_letters(charset: str, text: str) -> None:
    assert text in decoded(feed(text, None).encode(charset), "text/xml", "ru")


@pytest.mark.parametrize(("charset", "text", "language"), CHARSETS)
@pytest.mark.parametrize("header", ["text/xml; charset=ISO-8859-1", "text/xml; charset=us-ascii", "text/xml"])
def test_a_server_that_adds_its_default_to_everything_changes_nothing(
    charset: str, text: str, language: str, header: str
) -> None:
    assert text in decoded(feed(text, charset).encode(charset), header)
    assert language


@pytest.mark.parametrize(("charset", "text", "language"), CHARSETS)
@pytest.mark.parametrize("claimed", ["utf-8", None])
def test_a_wrong_or_missing_declaration_is_seen_through_when_the_language_is_known(
    charset: str, text: str, language: str, claimed: str | None
) -> None:
    assert text in decoded(feed(text, claimed).encode(charset), language=language)


@pytest.mark.parametrize(
    ("charset", "text", "language"), [row for row in CHARSETS if row[0] not in {"windows-1252", "iso-8859-1", "utf-8"}]
)
def test_latin_1_is_not_believed_where_letters_are_no_latin_ones(charset: str, text: str, language: str) -> None:
    if language in {"cs", "tr"}:
        return  # a Latin script: nothing in the bytes contradicts, and only the declaration can be asked
    assert text in decoded(feed(text, "iso-8859-1").encode(charset), "text/xml; charset=iso-8859-1", language)


@pytest.mark.parametrize("charset", ["windows-1251", "koi8-r", "shift_jis", "euc-jp", "gb2312", "big5", "euc-kr"])
def test_without_any_hint_the_bytes_of_other_scripts_tell(charset: str) -> None:
    text = next(text for name, text, _ in CHARSETS if name == charset)
    assert text in decoded(feed(text, None).encode(charset))


def test_without_any_hint_a_western_text_is_western() -> None:
    assert FRENCH in decoded(feed(FRENCH, None).encode("cp1252"))


def test_bytes_that_are_utf_8_are_so_whatever_is_declared() -> None:
    assert charset_of(feed(FRENCH, "iso-8859-1").encode(), "text/xml; charset=windows-1251") == "utf-8"


def test_a_text_that_breaks_off_within_a_letter_stays_utf_8() -> None:
    assert charset_of("Défense é".encode()[:-1], "text/html; charset=iso-8859-1") == "utf-8"


def test_a_few_broken_letters_do_not_cost_the_others() -> None:
    body = (FRENCH * 60).encode() + b"\xe9\xff"
    assert decoded(body, "text/html; charset=utf-8").startswith(FRENCH)


def test_a_page_s_meta_is_heard() -> None:
    page = f'<html><head><meta http-equiv=Content-Type content="text/html; charset=koi8-r"><p>{RUSSIAN}'
    assert RUSSIAN in decoded(page.encode("koi8-r"))
    assert RUSSIAN in decoded(page.replace("koi8-r", "windows-1251").encode("cp1251"))


def test_wide_text_without_a_mark_is_seen() -> None:
    assert decoded("<rss>é</rss>".encode("utf-16-be")) == "<rss>é</rss>"
    assert decoded("<rss>é</rss>".encode("utf-16-le")) == "<rss>é</rss>"


@pytest.mark.parametrize("name", ["utf-16", "no-such-charset", "?", ""])
def test_a_declaration_that_cannot_be_is_passed_over(name: str) -> None:
    assert FRENCH in decoded(feed(FRENCH, name).encode("cp1252"), f"text/xml; charset={name}")


@given(st.binary(max_size=400), st.sampled_from(["", "text/xml; charset=euc-jp", "text/xml; charset="]))
def test_any_bytes_are_decoded(body: bytes, header: str) -> None:
    assert "\ufeff" not in decoded(body, header)[:1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a&#xD800;b&#55296;c&#0;d&#x1F;e&#x110000;f&#99999999;", "abcdef"),
        ("&#233;&#xe9;&#9;&#x1F600;&#xFFFD;&amp;&#;&#x;", "&#233;&#xe9;&#9;&#x1F600;&#xFFFD;&amp;&#;&#x;"),
        ("&#12ab;", "&#12ab;"),
        ("plain", "plain"),
    ],
)
def test_references_to_no_character_are_dropped(text: str, expected: str) -> None:
    assert legible(text) == expected
