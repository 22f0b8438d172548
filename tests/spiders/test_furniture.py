import pytest

from spiders.article import extract
from tests.spiders import pages
from tests.spiders.made import document, source

URL = "https://news.example/coast/ferry-timetable"
KINDS = tuple(pages.furniture(pages.ENGLISH))
FRAMES = ("article", "divs", "itemprop", "sections")


def text_of(markup: str, *, fast: bool = False) -> str:
    return extract(document(markup, url=URL), source(), fast=fast).text


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("kind", KINDS)
def test_no_furniture_between_the_paragraphs_is_read(kind: str, frame: str) -> None:
    box = pages.furniture(pages.ENGLISH)[kind]
    assert text_of(pages.page(pages.ENGLISH, between=box, frame=frame)) == "\n\n".join(pages.ENGLISH.paragraphs)


@pytest.mark.parametrize("kind", KINDS)
def test_no_furniture_after_the_body_is_read(kind: str) -> None:
    box = pages.furniture(pages.ENGLISH)[kind]
    assert text_of(pages.page(pages.ENGLISH, after=box)) == "\n\n".join(pages.ENGLISH.paragraphs)


@pytest.mark.parametrize("tongue", pages.TONGUES, ids=lambda tongue: tongue.code)
def test_a_page_full_of_furniture_is_read_in_every_script(tongue: pages.Tongue) -> None:
    boxes = "".join(pages.furniture(tongue).values())
    for markup in (pages.page(tongue, between=boxes), pages.page(tongue, after=boxes, frame="divs")):
        assert text_of(markup) == "\n\n".join(tongue.paragraphs)
        assert text_of(markup, fast=True) == "\n\n".join(tongue.paragraphs)


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("tongue", pages.TONGUES, ids=lambda tongue: tongue.code)
def test_a_brief_of_two_sentences_is_not_filled_up_with_furniture(tongue: pages.Tongue, frame: str) -> None:
    brief = "".join(f"<p>{text}</p>" for text in tongue.paragraphs[:2])
    for box in pages.furniture(tongue).values():
        text = text_of(pages.page(tongue, body=brief, after=box, frame=frame))
        assert text == "\n\n".join(tongue.paragraphs[:2])


PARAGRAPHS = pages.ENGLISH.paragraphs
BLOCKS = (
    (
        "<ul><li>Two boats on weekdays</li><li>One boat on Sundays</li></ul>",
        ("Two boats on weekdays", "One boat on Sundays"),
    ),
    ("<table><tr><th>Town</th><th>Boats</th></tr><tr><td>Northport</td><td>14</td></tr></table>", ("Northport", "14")),
    (
        "<blockquote><p>We have waited for this for sixty years.</p></blockquote>",
        ("We have waited for this for sixty years.",),
    ),
    ("<h2>Rough seas in February</h2>", ("Rough seas in February",)),
    ("<h2 id='trending-harbours'>Which harbours are most popular</h2>", ("Which harbours are most popular",)),
    (
        "<p class='article__teaser-text'>The towns want more guests in spring.</p>",
        ("The towns want more guests in spring.",),
    ),
    (
        "<p>The rules: <a href='/law/1'>the ferry act</a> and the harbour act, said its lawyers on Tuesday.</p>",
        ("The rules: the ferry act and the harbour act, said its lawyers on Tuesday.",),
    ),
    (
        "<div class='text'>A paragraph without its own mark stands in a box.</div>",
        ("A paragraph without its own mark",),
    ),
)


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize(("block", "words"), BLOCKS)
def test_what_belongs_to_the_article_stays(block: str, words: tuple[str, ...], frame: str) -> None:
    text = text_of(pages.page(pages.ENGLISH, between=block, frame=frame))
    assert all(part in text for part in (*words, *PARAGRAPHS))


@pytest.mark.parametrize("name", ["related", "article-share", "content-with-sidebar", "newsletter", "promo"])
def test_a_name_does_not_make_a_box_of_the_article(name: str) -> None:
    body = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
    assert text_of(pages.page(pages.ENGLISH, body=f"<div class='{name}'>{body}</div>")) == "\n\n".join(PARAGRAPHS)
    each = "".join(f"<div class='{name}'><p>{text}</p></div>" for text in PARAGRAPHS)
    assert text_of(pages.page(pages.ENGLISH, body=each, frame="divs")) == "\n\n".join(PARAGRAPHS)


def test_a_heading_that_links_to_its_own_page_stays() -> None:
    body = f"<h2><a href='{URL}'>The timetable in short</a></h2>" + "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
    assert "The timetable in short" in text_of(pages.page(pages.ENGLISH, body=body))
