import json
from datetime import UTC, datetime
from typing import Any

import pytest

from alerts.story import DateNote
from spiders import facts
from spiders.markup import tree_of
from tests.spiders.made import document, source

URL = "https://www.news.example/world/pact"
MORNING = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)


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
        ("<title>Japan - a pact for everybody here</title>", "", "Japan - a pact for everybody here"),
        ("<title>Pact signed</title>", "", "Pact signed"),
        ("", "<h1>Pact signed</h1>", "Pact signed"),
        ("", "", ""),
    ],
)
def test_the_title_is_the_headline_and_not_the_site(head: str, body: str, title: str) -> None:
    assert facts.title_of(page(head, body)) == title


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (told(datePublished="2026-11-24T08:30:00Z"), ""),
        (told(datePublished="2026-11-24 08:30") + meta("article:published_time", "2026-11-24T09:30:00+01:00"), ""),
        (told(datePublished="2026-11-24", dateCreated="2026-11-24T08:30:00Z"), ""),
        ('<meta name="DC.date.issued" content="2026-11-24T08:30:00Z">', ""),
        ('<meta itemprop="datePublished" content="2026-11-24T08:30:00Z">', ""),
        ("", '<p><time itemprop="datePublished" datetime="2026-11-24T08:30:00Z">now</time>'),
        ("", '<article><time datetime="2026-11-24T08:30:00Z">x</time><time datetime="2026-11-24T08:30:00Z">x</time>'),
        ("", "<time pubdate>24 Nov 2026 08:30 GMT</time>"),
    ],
)
def test_the_date_is_that_of_the_first_witness_with_a_zone(head: str, body: str) -> None:
    assert facts.published_of(page(head, body), source()) == (MORNING, None)


@pytest.mark.parametrize(
    "body",
    [
        '<article><time datetime="2026-11-24T08:30:00Z">x</time><time datetime="2026-11-20T08:30:00Z">x</time>',
        '<aside><time datetime="2026-11-24T08:30:00Z">x</time></aside>',
        "<p>24 November 2026 08:30 GMT</p>",
        "",
    ],
)
def test_a_date_is_never_guessed(body: str) -> None:
    assert facts.published_of(page("", body), source()) == (None, DateNote.MISSING)


def test_a_date_that_cannot_be_used_is_named() -> None:
    assert facts.published_of(page(told(datePublished="soon")), source()) == (None, DateNote.UNREADABLE)
    assert facts.published_of(page(told(datePublished="2027-11-24T08:30:00Z")), source()) == (None, DateNote.FUTURE)


@pytest.mark.parametrize(
    ("head", "body", "authors"),
    [
        (told(author={"name": "Ann Lee"}), "", ("Ann Lee",)),
        (told(author=[{"name": "Ann Lee"}, {"name": "Ann Lee"}, "Bob Ray"]), "", ("Ann Lee", "Bob Ray")),
        (told(author="https://news.example/ann") + meta("author", "By Ann Lee"), "", ("Ann Lee",)),
        ('<meta name="author" content="ann@news.example">', "<a rel=author>Ann <b>Lee</b></a>", ("Ann Lee",)),
        ("", '<span itemprop="author">Ann Lee</span>', ("Ann Lee",)),
        ("", "", ()),
    ],
)
def test_authors_are_names(head: str, body: str, authors: tuple[str, ...]) -> None:
    assert facts.authors_of(page(head, body)) == authors


@pytest.mark.parametrize(
    ("head", "canonical"),
    [
        (
            '<link rel="canonical" href="https://news.example/world/pact-1?utm_source=x">',
            "https://news.example/world/pact-1",
        ),
        ('<link rel="canonical" href="/world/pact-1">', "https://www.news.example/world/pact-1"),
        (
            '<link rel="canonical" href="https://news.example/">' + meta("og:url", "/world/pact-2"),
            "https://www.news.example/world/pact-2",
        ),
        ('<link rel="canonical" href="https://wire.example/pact">', URL),
        ('<link rel="canonical" href="javascript:x">', URL),
        ('<link rel="canonical">', URL),
        ("", URL),
    ],
)
def test_a_page_may_name_its_own_address_but_no_other_site_s_and_no_front_page(head: str, canonical: str) -> None:
    assert facts.canonical_of(page(head)) == canonical


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
