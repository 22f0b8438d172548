import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiders import clean


@pytest.mark.parametrize(
    ("markup", "title"),
    [
        ("Japan &amp; France sign", "Japan & France sign"),
        ("Japan &amp;amp; France sign", "Japan & France sign"),
        ("L&#8217;accord d&amp;#8217;acc\u00e8s", "L\u2019accord d\u2019acc\u00e8s"),
        ("<b>Rare</b> <i>earths</i>", "Rare earths"),
        ("&lt;b&gt;Rare&lt;/b&gt; earths", "Rare earths"),
        ("Line<br/>break", "Line break"),
        ("<Breaking> Pact signed", "<Breaking> Pact signed"),
        ("GDP < 2 % and rates > 3 %", "GDP < 2 % and rates > 3 %"),
        ("  spaces\n\tand\u00a0more ", "spaces and more"),
        ("bell\x07 and\x00 null", "bell and null"),
        ("<script>alert(1)</script>Quiet", "Quiet"),
        ("\u65e5\u4ecf\u304c<\u901f\u5831>\u5354\u5b9a", "\u65e5\u4ecf\u304c<\u901f\u5831>\u5354\u5b9a"),
    ],
)
def test_a_title_is_one_line_of_plain_text(markup: str, title: str) -> None:
    assert clean.title_of(markup) == title


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One.</p><p>Two.</p>", "One.\n\nTwo."),
        ("<p>One\nline</p>\n\n\n<div>Two</div>", "One line\n\nTwo"),
        ("One<br>Two<br><br>Three", "One\nTwo\n\nThree"),
        ("One\n\nTwo\nlines", "One\n\nTwo lines"),
        ("Plain &amp; simple", "Plain & simple"),
        ("<style>p{}</style><p>Seen</p><script>x()", "Seen"),
        ("<ul><li>a</li><li>b</li></ul>", "a\n\nb"),
        ("&lt;p&gt;Escaped &amp;amp; twice&lt;/p&gt;", "Escaped & twice"),
        ("a<!-- hidden -->b", "ab"),
        ("<![CDATA[<p>kept</p>]]>", "kept"),
        ('<a href="x">link</a>ed', "linked"),
        ("<p>unclosed <b>tags", "unclosed tags"),
        ("<o:p>Office</o:p> text<br>", "Office text"),
        ("1 < 2 <p>and</p>", "1 < 2\n\nand"),
        ("", ""),
    ],
)
def test_a_text_keeps_its_paragraphs_and_loses_its_markup(markup: str, text: str) -> None:
    assert clean.text_of(markup) == text


def test_a_text_full_of_unclosed_tags_costs_linear_time() -> None:
    assert clean.text_of("<a " * 100_000 + "<p>") != ""


@pytest.mark.parametrize(
    ("text", "length", "unspaced"),
    [
        ("Two words, it\u2019s three", 5, False),
        ("協定に署名 in Tokyo", 7, False),
        ("協定に署名", 5, True),
        ("서울 협정", 2, False),
        ("", 0, False),
    ],
)
def test_the_length_of_a_text_is_in_words_or_in_letters_where_no_spaces_part_them(
    text: str, length: int, unspaced: bool
) -> None:
    assert (clean.length_of(text), clean.is_unspaced(text)) == (length, unspaced)


def test_what_is_cut_ends_at_a_word_and_says_so() -> None:
    assert clean.cut("one two three four", 15) == "one two three\u2026"
    assert clean.cut("x" * 30, 10) == "x" * 9 + "\u2026"
    assert clean.cut("short", 5) == "short"


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_what_comes_out_is_nfc_that_every_store_can_hold(markup: str) -> None:
    for text in (clean.title_of(markup), clean.text_of(markup)):
        assert text.encode("utf-8").decode() == text
        assert unicodedata.is_normalized("NFC", text)
        assert "\x00" not in text
        assert "\n\n\n" not in text
