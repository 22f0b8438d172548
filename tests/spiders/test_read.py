import gzip

import pytest

from alerts.errors import FetchError
from spiders.read import read
from tests.server import rss
from tests.spiders.made import document, source, stories

FEED = rss("First", "Second")
NEWS = "<urlset xmlns:news='urn:news'><url><loc>https://news.example/a</loc><news:news><news:title>Pact</news:title></news:news></url></urlset>"
LINES = "https://news.example/a\nhttps://news.example/b\n"
JSON = '{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "title": "Pact"}]}'
PAGE = stories("Ministers sign a pact", "Minerals are running very short", "A third story of today")


@pytest.mark.parametrize(
    ("kind", "body", "dialect", "noted"),
    [
        ("feed", FEED, "rss20", False),
        ("feed", JSON, "json11", False),
        ("feed", NEWS, "newsmap", True),
        ("sitemap", NEWS, "newsmap", False),
        ("sitemap", LINES, "urls", False),
        ("sitemap", FEED, "rss20", True),
        ("listing", PAGE, "listing", False),
        ("listing", FEED, "rss20", True),
        ("listing", NEWS, "newsmap", True),
        ("auto", FEED, "rss20", False),
        ("auto", NEWS, "newsmap", False),
        ("auto", LINES, "urls", False),
        ("auto", PAGE, "listing", False),
    ],
)
def test_a_document_is_read_as_what_it_is_and_another_kind_than_expected_is_noted(
    kind: str, body: str, dialect: str, noted: bool
) -> None:
    reading = read(document(body), source(kind))
    assert reading.dialect == dialect
    assert reading.entries
    assert bool(reading.notes) is noted
    assert not noted or reading.notes[0].startswith(f"kind: {kind}, but it is a ")


def test_a_packed_document_is_unpacked_first() -> None:
    assert read(document(gzip.compress(NEWS.encode())), source("sitemap")).entries[0].title == "Pact"
    broken = read(document(gzip.compress(FEED.encode() * 3)[:-9]), source("feed"))
    assert broken.notes[0] == "the gzip file breaks off"


@pytest.mark.parametrize("kind", ["feed", "sitemap"])
def test_a_page_in_the_place_of_a_feed_is_refused_with_the_feeds_that_it_names(kind: str) -> None:
    page = '<html><head><link rel="alternate" type="application/rss+xml" href="/rss.xml"></head><body>Moved'
    with pytest.raises(FetchError) as caught:
        read(document(page), source(kind))
    assert caught.value.reason == "html"
    assert caught.value.detail == f"a web page, not a {kind}; the page names https://news.example/rss.xml"


def test_a_page_that_names_no_feed_is_refused_all_the_same() -> None:
    with pytest.raises(FetchError, match="names none: is the address right"):
        read(document("<html><body>Not found"), source("feed"))


@pytest.mark.parametrize(
    ("kind", "body", "reason"),
    [
        ("feed", "", "empty"),
        ("listing", " ", "empty"),
        ("sitemap", "<svg/>", "not-a-feed"),
        ("auto", "Service unavailable", "not-a-feed"),
        ("feed", '{"error": 1}', "not-a-feed"),
        ("listing", '{"error": 1}', "not-a-feed"),
        ("listing", "Service unavailable", "not-a-page"),
        ("listing", PAGE[:300], "drift"),
    ],
)
def test_what_cannot_be_read_is_named(kind: str, body: str, reason: str) -> None:
    with pytest.raises(FetchError) as caught:
        read(document(body), source(kind))
    assert caught.value.reason == reason
