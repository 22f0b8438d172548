import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiders.signs import without_signs

SENTENCE = "The towns agreed on a timetable on Monday."


@pytest.mark.parametrize(
    "line",
    [
        "Advertisement",
        "READ MORE",
        "You may also like...",
        "■関連記事",
        "相关阅读：",
        "اقرأ أيضا",
        "อ่านเพิ่มเติม",
        "Lesen Sie auch",
        "Читайте также:",
        "Les også: Another story of today",
        "Tags: zirconium, lithium",
        "延伸閱讀：別的新聞",
        "Sign up for our newsletter and never miss a story",
        "Follow us on Facebook and WhatsApp",
        "|---|---|",
        "_____",
    ],
)
def test_lines_of_the_page_are_taken_out(line: str) -> None:
    assert without_signs(f"{SENTENCE}\n\n{line}\n\n{SENTENCE}") == f"{SENTENCE}\n\n{SENTENCE}"


@pytest.mark.parametrize(
    "line",
    [
        "Read more books, the minister told pupils on Monday.",
        "Related products: none of these words begins a box in the middle of a sentence",
        "Advertisement rules were tightened.",
        "Readers can sign up for the newsletter of the harbour.",
        "Comments by the mayor were not published.",
        "Subscribers to the ferry pay less.",
        "Iron | 14 | 15",
        "標籤價格上漲百分之五",
    ],
)
def test_sentences_that_only_begin_like_them_stay(line: str) -> None:
    assert without_signs(line) == line


@given(st.lists(st.text(max_size=40), max_size=5).map("\n\n".join))
def test_only_whole_lines_go(text: str) -> None:
    kept = without_signs(text)
    lines = text.split("\n\n")
    assert all(line in lines for line in kept.split("\n\n")) or kept == ""
