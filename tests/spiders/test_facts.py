import json
from typing import Any

import pytest

from spiders import facts
from spiders.markup import tree_of
from tests.spiders.made import document

URL = "https://www.news.example/world/pact"


def page(head: str = "", body: str = "<p>x</p>", attributes: str = "") -> facts.Page:
    read = document(f"<!doctype html><html {attributes}><head>{head}</head><body>{body}</body></html>", url=URL)
    return facts.Page.of(tree_of(read), read)


def told(kind: Any = "NewsArticle", **values: Any) -> str:
    return f'<script type="application/ld+json">{json.dumps({"@type": kind} | values)}</script>'


def meta(name: str, content: str) -> str:
    return f'<meta property="{name}" content="{content}">'


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>Pact signed | The Example</title>", "<h1>Pact signed</h1>", "Pact signed"),
        (meta("og:title", "Pact signed"), "<h1>The Example</h1><h1> Pact  <b>signed</b></h1>", "Pact signed"),
        (told(headline="Pact &amp; signature"), "<h1>Section</h1>", "Pact & signature"),
        (meta("og:title", "Pact signed"), "<h1>Section</h1>", "Pact signed"),
        ("<title>Pact signed \u2013 The Example</title>" + meta("og:site_name", "The Example"), "", "Pact signed"),
        ("<title>The Example | Pact signed</title>" + meta("og:site_name", "The Example"), "", "Pact signed"),
        ("<title>Pact signed after long talks - Example</title>", "", "Pact signed after long talks"),
        (meta("og:title", "Pact signed | The Example") + meta("og:site_name", "The Example"), "", "Pact signed"),
        (meta("og:site_name", "The Example") + "<title>Pact - The Example</title>", "<h1>The Example</h1>", "Pact"),
        ("<title>Japan - a pact for everybody here</title>", "", "Japan - a pact for everybody here"),
        ("<title>Pact signed</title>", "", "Pact signed"),
        ("", "<h1>Pact signed</h1>", "Pact signed"),
        ("", "", ""),
    ],
)
def test_the_title_is_the_headline_and_not_the_site(head: str, body: str, title: str) -> None:
    assert facts.title_of(page(head, body)) == title


@pytest.mark.parametrize(
    ("head", "body", "authors"),
    [
        (told(author={"name": "Ann Lee"}), "", ("Ann Lee",)),
        (told(author=[{"name": "Ann Lee"}, {"name": "Ann Lee"}, "Bob Ray"]), "", ("Ann Lee", "Bob Ray")),
        (told(author="https://news.example/ann") + meta("author", "By Ann Lee"), "", ("Ann Lee",)),
        ('<meta name="author" content="ann@news.example">', "<a rel=author>Ann <b>Lee</b></a>", ("Ann Lee",)),
        ("", '<span itemprop="author">Ann Lee</span>', ("Ann Lee",)),
        ("", '<div itemprop="author">Ann <p>Editor</p><b itemprop="name">Ann Lee</b></div>', ("Ann Lee",)),
        ("", '<p class="article-byline">By Ann Lee and Bob de Ray | 24 November 2026</p>', ("Ann Lee", "Bob de Ray")),
        ("", '<a class="AuthorName">Ann Lee</a>', ("Ann Lee",)),
        ("", '<div class="author">Our team of reporters: politics</div>', ()),
        ("", '<aside><p class="author">Ann Lee</p></aside>', ()),
        ("", "", ()),
    ],
)
def test_authors_are_names(head: str, body: str, authors: tuple[str, ...]) -> None:
    assert facts.authors_of(page(head, body)) == authors


@pytest.mark.parametrize(
    ("head", "attributes", "language"),
    [
        ("", 'lang="fr-FR"', "fr-fr"),
        (told(inLanguage={"name": "ja"}), "", "ja"),
        (meta("og:locale", "pt_BR"), "", "pt-br"),
        ('<meta http-equiv="Content-Language" content="de, en">', 'lang=" "', "de"),
        ("", "", None),
    ],
)
def test_the_language_is_the_declared_one(head: str, attributes: str, language: str | None) -> None:
    assert facts.language_of(page(head, "<p>x", attributes)) == language


@pytest.mark.parametrize(
    ("head", "paywalled"),
    [
        (told(isAccessibleForFree=False), True),
        (told(isAccessibleForFree="false"), True),
        (told(isAccessibleForFree="https://schema.org/False"), True),
        (told(isAccessibleForFree=True, hasPart={"@type": "WebPageElement", "isAccessibleForFree": "False"}), True),
        (told(hasPart=[{"isAccessibleForFree": False}, "x"]), True),
        (told(isAccessibleForFree="True"), False),
        (told("WebSite", isAccessibleForFree=False), False),
        (told("WebPage", isAccessibleForFree=False), True),
        ('<meta itemprop="isAccessibleForFree" content="false">', True),
        (meta("article:content_tier", "locked"), True),
        (meta("article:content_tier", "free"), False),
        ("", False),
    ],
)
def test_a_paywall_is_known_by_what_the_page_says(head: str, paywalled: bool) -> None:
    assert facts.is_paywalled(page(head)) is paywalled


def test_section_and_site_are_named() -> None:
    both = page(meta("article:section", "World &amp; Asia") + meta("og:site_name", " The  Example "))
    assert (facts.section_of(both), facts.site_name_of(both)) == ("World & Asia", "The Example")
    publisher = page(told(["NewsArticle", "Thing"], publisher={"name": "The Example"}, articleSection="World"))
    assert (facts.section_of(publisher), facts.site_name_of(publisher)) == ("World", "The Example")
    assert (facts.section_of(page()), facts.site_name_of(page())) == (None, None)


@pytest.mark.parametrize(
    ("head", "image"),
    [
        (meta("og:image", "/a.jpg"), "https://www.news.example/a.jpg"),
        (told(image=[{"@type": "ImageObject", "url": "https://cdn.example/a.jpg"}]), "https://cdn.example/a.jpg"),
        (told(image="data:image/png;base64,x", thumbnailUrl="/b.jpg"), "https://www.news.example/b.jpg"),
        (meta("og:image", "http://[::1"), None),
        ("", None),
    ],
)
def test_the_picture_has_an_address(head: str, image: str | None) -> None:
    assert facts.image_of(page(head)) == image


def test_of_several_articles_that_of_the_page_is_asked_first() -> None:
    other = told(url="https://www.news.example/other", headline="Other", wordCount="70")
    own = told(mainEntityOfPage={"@id": f"{URL}?x=1"}, headline="Own", wordCount=700)
    read = page(other + own)
    assert [facts.text_in(item, "headline") for item in read.articles] == ["Own", "Other"]
    assert facts.word_count_of(read) == 700
    assert facts.word_count_of(page(told(wordCount="many"))) is None


def test_live_posts_are_no_articles_of_the_page() -> None:
    posts = [{"@type": "BlogPosting", "headline": "Post"}]
    read = page(told("LiveBlogPosting", headline="Live", liveBlogUpdate=posts))
    assert [facts.text_in(item, "headline") for item in read.articles] == ["Live"]
