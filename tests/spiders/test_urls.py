import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spiders.urls import canonical, site_of


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://News.Example:80/a?utm_source=rss&id=7#top", "http://news.example/a?id=7"),
        ("https://news.example:443", "https://news.example/"),
        ("https://news.example:8443/a", "https://news.example:8443/a"),
        ("https://news.example./a", "https://news.example/a"),
        ("https://user:secret@news.example/a", "https://news.example/a"),
        ("https://b\u00fccher.example/stra\u00dfe?q=\u00e9", "https://xn--bcher-kva.example/stra%C3%9Fe?q=%C3%A9"),
        ("https://news.example/a b", "https://news.example/a%20b"),
        ("https://news.example/a%20b?x=%E3%81%82", "https://news.example/a%20b?x=%E3%81%82"),
        ("https://news.example/?b=2&a=1&fbclid=x&a=0", "https://news.example/?b=2&a=1&a=0"),
        ("https://news.example/?at_medium=RSS&at_campaign=rss", "https://news.example/"),
        ("https://news.example/?attitude=1&cmpid=x", "https://news.example/?attitude=1"),
        ("https://[2001:DB8::1]/a", "https://[2001:db8::1]/a"),
        ("  https://news.example/a\n", "https://news.example/a"),
    ],
)
def test_two_links_to_one_page_compare_equal(url: str, expected: str) -> None:
    assert canonical(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "mailto:a@news.example",
        "ftp://news.example/a",
        "//",
        "https://",
        "https://exa mple.com/",
        "https://news.example:99999/",
        "https://[::1/",
        "https://news.example/" + "x" * 5_000,
        "https://" + "\u00e9" * 80 + ".example/",
        "relative/only",
    ],
)
def test_what_is_no_web_address_is_none(url: str) -> None:
    assert canonical(url) is None


def test_relative_links_are_resolved() -> None:
    assert canonical("../a?x=1", "https://news.example/rss/feed.xml") == "https://news.example/a?x=1"
    assert canonical("//cdn.example/a", "https://news.example/") == "https://cdn.example/a"


@given(st.one_of(st.text(), st.from_regex(r"https?://[\w.\-\[\]:@%]{1,20}(:\d{1,5})?/[^\s]{0,20}(\?[^\s]{0,20})?")))
@example("http://a/%zz?utm_=1&&b#c")
@example("http://a.EXAMPLE.:080/;x?y?z")
def test_the_canonical_form_is_its_own_canonical_form(url: str) -> None:
    once = canonical(url)
    assert once is None or canonical(once) == once


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.news.example.co.uk/a", "example.co.uk"),
        ("https://NEWS.example.org:8080/a", "example.org"),
        ("https://ann.github.io/", "ann.github.io"),
        ("https://www.news.example/", "news.example"),
        ("http://localhost/", "localhost"),
        ("http://127.0.0.1:8000/", "127.0.0.1"),
        ("http://[::1]/", "::1"),
        ("http://[::1", ""),
        ("", ""),
    ],
)
def test_a_site_is_what_one_can_register(url: str, site: str) -> None:
    assert site_of(url) == site
