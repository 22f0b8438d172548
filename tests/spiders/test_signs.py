import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiders.cuts import Why
from spiders.signs import is_headline, sifted, without_signs

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
        "Also interesting: The mayor resigns",
        "Lesen Sie auch Bürgermeister tritt zurück",
        "À lire aussi : Le maire démissionne",
        "Te puede interesar: Renuncia el alcalde",
        "【関連記事】市長が辞任",
        "相关阅读：市长辞职",
        "[관련기사] 시장 사퇴",
        "Читайте также: мэр ушёл",
        "اقرأ أيضا: استقالة رئيس البلدية",
        "All about ferries. Subscribe to our newsletter today.",
        "Jetzt Newsletter abonnieren",
        "Inscrivez-vous à notre newsletter pour tout savoir",
        "Suscríbete a nuestro boletín",
        "订阅我们的电子报",
        "公式LINEの友だち追加はこちら",
        "뉴스레터를 구독하세요",
        "Подпишитесь на наш канал в Telegram",
        "اشترك في نشرتنا البريدية",
        "Partagez cet article",
        "We and our partners use cookies to measure things.",
        "Diese Website verwendet Cookies, um zu messen.",
        "#ferries #harbour",
        "Photo: Reuters",
        "© AFP",
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
        "Also interesting was what the mayor did not say.",
        "Share prices of Facebook fell after the news.",
        "Get the support of your friends and colleagues first.",
        "We need a law on ferries, said the mayor.",
        "By Monday, the towns had agreed.",
        "Photo agencies were not invited.",
        "اشترك الوزير في المباحثات مع قناة السويس",
        "#Conclusion",
        "Further figures: none",
    ],
)
def test_sentences_that_only_begin_like_them_stay(line: str) -> None:
    assert without_signs(line) == line


@pytest.mark.parametrize(
    "line",
    [
        "By Jane Doe, Defence Correspondent | Photo: Reuters",
        "Jane Doe in Tokyo",
        "Von Anna Schmidt",
        "文：森川千夏",
        "Автор: Ольга Белова",
        "Published 3 March 2026, 10:45 GMT",
        "Stand: 03.03.2026, 10:45 Uhr",
        "LONDON, March 3 (Reuters)",
        "Home > World > Asia",
    ],
)
def test_who_wrote_it_and_when_goes_at_the_head_of_a_text_only(line: str) -> None:
    text, cuts = sifted(f"{line}\n\n{SENTENCE}", ["Jane Doe"])
    assert (text, [cut.why for cut in cuts]) == (SENTENCE, [Why.BYLINE])
    below = "\n\n".join([SENTENCE] * 8 + [line])
    assert sifted(below, ["Jane Doe"]) == (below, [])


@pytest.mark.parametrize("line", ["By Northport and the sea", "Von Bergen nach Tal", "WHO SAID WHAT, AND WHY"])
def test_a_crosshead_at_the_head_is_no_byline(line: str) -> None:
    assert without_signs(f"{line}\n\n{SENTENCE}") == f"{line}\n\n{SENTENCE}"


def test_headlines_go_with_their_heading_and_a_lone_line_stays() -> None:
    listed = "Most read\n\nMayor resigns\n\nWhy does it rain?\n\n"
    text, cuts = sifted(f"{SENTENCE}\n\n{listed}{SENTENCE}")
    assert text == f"{SENTENCE}\n\n{SENTENCE}"
    assert [cut.why for cut in cuts] == [Why.HEADED] * 3
    assert without_signs(f"Most read\n\nHow it began\n\n{SENTENCE}") == f"How it began\n\n{SENTENCE}"


def test_comments_go_to_the_end_where_the_article_stands_before_them() -> None:
    article = "\n\n".join([SENTENCE] * 10)
    assert without_signs(f"{article}\n\nComments (2)\n\nNo!\n\nI was there.") == article
    assert without_signs(f"Comments (2)\n\n{article}") == article


@given(st.text(max_size=200))
def test_a_headline_is_short_and_opens_nothing(line: str) -> None:
    assert not is_headline(f"{line}:")
    assert not is_headline(line + "x" * 141)


@given(st.lists(st.text(max_size=40), max_size=5).map("\n\n".join))
def test_only_whole_lines_go(text: str) -> None:
    kept = without_signs(text)
    lines = text.split("\n\n")
    assert all(line in lines for line in kept.split("\n\n")) or kept == ""
