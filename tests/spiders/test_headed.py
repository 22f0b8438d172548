import pytest
from lxml import html

from spiders.article import extract
from spiders.cuts import Why
from spiders.headed import by_words
from spiders.measure import measured, text_in
from tests.spiders.layouts import ENGLISH
from tests.spiders.made import document, source

URL = "https://bay.example/coast/old-lighthouse-opens"
PARAGRAPHS = "".join(f"<p>{text}</p>" for text in ENGLISH.paragraphs)
LINK = '<a href="/news/7001-elsewhere">Minister denies a deal with neighbours</a>'


def cut(markup: str) -> list[tuple[str, Why]]:
    root = html.document_fromstring(f"<html><body><h1>{ENGLISH.title}</h1>{markup}</body></html>")
    return [(text_in(element), why) for element, why in by_words(measured(root, "/coast/old-lighthouse-opens"))]


def text_of(markup: str) -> str:
    page = f"<html><body><h1>{ENGLISH.title}</h1>{markup}</body></html>"
    return extract(document(page, url=URL), source()).text


@pytest.mark.parametrize(
    ("markup", "why"),
    [
        ("<div><p>Trending now</p><p>1. A headline of today</p><p>2. Will it rain?</p></div>", Why.HEADED),
        ("<dl><dt>Most read</dt><dd>A headline of today</dd></dl>", Why.HEADED),
        ("<div><span>Lo más leído</span><ul><li>Un titular de hoy</li></ul></div>", Why.HEADED),
        (f"<p><b>Read also:</b> {LINK}</p>", Why.READ_ALSO),
        (f"<p>Lesen Sie auch {LINK}</p>", Why.READ_ALSO),
        ("<div><h3>3 comments</h3><p>I was there. It was cold.</p></div>", Why.COMMENTS),
        ("<div><h3>Join the conversation</h3><p>I was there. It was cold.</p></div>", Why.COMMENTS),
        ("<div><p>We use cookies for this and that.</p><button>Accept all</button></div>", Why.CONSENT),
        ("<div><div><img src='a.jpg'></div><div>A ship at sea. Photo: Ann Lee/Reuters</div></div>", Why.CAPTION),
        (f"<p>{LINK} | {LINK} | {LINK}</p>", Why.LINKS),
    ],
)
def test_what_is_written_over_a_box_or_in_a_line_puts_it_beside_the_article(markup: str, why: Why) -> None:
    found = cut(PARAGRAPHS + markup)
    assert {one for _, one in found} == {why}
    assert ENGLISH.paragraphs[0] not in " ".join(words for words, _ in found)


@pytest.mark.parametrize(
    "markup",
    [
        "<p><strong>Latest</strong> figures show that the sea is rising.</p>",
        "<h2>Related</h2><p>The word stands over a paragraph of the article here, which goes on for a while.</p>",
        "<h2>Most read</h2><p>A lone line without a stop</p><p>And then the article goes on, sentence by sentence.</p>",
        f"<p>Who is curious can {LINK} read more of it in another paper, said the head of the society.</p>",
        "<p>Comments were closed.</p><p>Nobody minded, for nobody had anything to say about a lighthouse.</p>",
        "<div><p>Cookies are baked in the kitchen of the keeper.</p><p>He likes them with ginger.</p></div>",
        "<table><tr><th>Ship</th></tr><tr><td><a href='/s/1'>Rose of the sea</a></td><td>1911</td></tr></table>",
    ],
)
def test_the_article_keeps_what_only_resembles_such_boxes(markup: str) -> None:
    assert cut(PARAGRAPHS + markup) == []


def test_a_list_under_a_heading_ends_where_the_article_goes_on() -> None:
    markup = (
        "<h4>Most read</h4><ul><li>A headline of today</li><li>Another one</li></ul><h4>How it began</h4><p>A tale.</p>"
    )
    assert [words for words, _ in cut(PARAGRAPHS + markup)] == ["Most read", "A headline of today Another one"]


def test_comments_without_a_box_go_to_the_end_if_the_article_stands_before() -> None:
    below = "<h3>2 comments</h3><p>I was there. It was cold.</p><p>Me too.</p>"
    assert text_of(PARAGRAPHS + below) == "\n\n".join(ENGLISH.paragraphs)
    assert ENGLISH.paragraphs[4] in text_of(below + PARAGRAPHS)


def test_a_table_for_layout_loses_its_columns_and_a_table_of_data_keeps_its_cells() -> None:
    column = "".join(f"<p>{LINK}</p>" for _ in range(4))
    layout = f"<table><tr><td>{PARAGRAPHS}</td><td>{column}</td></tr></table>"
    assert text_of(layout) == "\n\n".join(ENGLISH.paragraphs)
    data = f"<table><tr><td>Ship</td><td>{LINK}</td></tr><tr><td>Other ship</td><td>{LINK}</td></tr></table>"
    assert (column, Why.COLUMN) not in cut(PARAGRAPHS + data)
    assert cut(PARAGRAPHS + data) == []


def test_a_page_of_nothing_but_such_headings_takes_no_more_time_than_others() -> None:
    nest = "<div><b>Most read</b>" * 3_000 + "</div>" * 3_000
    flat = "<h3>Most read</h3><p>A headline</p>" * 3_000
    assert ENGLISH.paragraphs[0] in text_of(PARAGRAPHS + nest)
    assert ENGLISH.paragraphs[0] in text_of(PARAGRAPHS + flat)
